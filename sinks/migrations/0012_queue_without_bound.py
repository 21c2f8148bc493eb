from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def _let_any_number_wait(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    # 0 was the default, which bound no workers; now a number does.
    apps.get_model("sinks", "Sink").objects.filter(queue=0).update(queue=None)


def _count_from_zero(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("sinks", "Sink").objects.filter(queue=None).update(queue=0)


class Migration(migrations.Migration):

    dependencies = [
        ('sinks', '0011_help_of_bodies'),
    ]

    operations = [
        migrations.AlterField(
            model_name='sink',
            name='queue',
            field=models.PositiveIntegerField(blank=True, help_text='How many more may wait for their turn; beyond, requests get 429. Left empty: none on a server, any number on workers.', null=True),
        ),
        migrations.RunPython(_let_any_number_wait, _count_from_zero),
    ]
