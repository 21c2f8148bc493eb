from django.db import migrations


class Migration(migrations.Migration):

    # Not in the migration before: PostgreSQL does not alter a table whose rows the same transaction changed.
    dependencies = [
        ('sinks', '0024_providers'),
    ]

    operations = [
        migrations.RemoveField(model_name='sink', name='signature'),
        migrations.RemoveField(model_name='sink', name='signature_algorithm'),
        migrations.RemoveField(model_name='sink', name='signature_encoding'),
        migrations.RemoveField(model_name='sink', name='signature_header'),
        migrations.RemoveField(model_name='sink', name='signature_prefix'),
    ]
