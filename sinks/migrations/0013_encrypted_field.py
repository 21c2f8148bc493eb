from django.db import migrations

import sinks.access.encryption


class Migration(migrations.Migration):

    dependencies = [
        ('sinks', '0012_queue_without_bound'),
    ]

    operations = [
        migrations.AlterField(model_name='sink', name=name, field=sinks.access.encryption.EncryptedField(blank=True, editable=False))
        for name in ('encrypted_token', 'encrypted_secrets', 'encrypted_verify_token')
    ]
