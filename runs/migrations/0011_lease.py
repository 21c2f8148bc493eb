"""The lease fences a run's writes; the number of its attempt, its retries and its crashes are told apart from it."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState, StateApps


class AddColumn(migrations.AddField):
    """
    Add a column with a constant default. SQLite can do so at once; Django would copy the whole table, for each of them,
    which takes minutes where there are millions of runs.
    """

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        BaseDatabaseSchemaEditor.add_field(editor, model, model._meta.get_field(self.name))


def _copy(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """
    Until now the attempt was the lease. What the earlier attempts of a run that is not over ended by is not known: on
    servers only crashes brought another, on workers it was most likely a failure.
    """
    later = apps.get_model("runs", "Run").objects.filter(attempt__gt=1)
    later.update(lease=models.F("attempt"))
    unfinished = later.filter(status__in=["queued", "running"])
    unfinished.filter(engine="local").update(crashes=models.F("attempt") - 1)
    unfinished.exclude(engine="local").update(retries=models.F("attempt") - 1)


def _copy_back(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    later = apps.get_model("runs", "Run").objects.filter(lease__gt=1, status__in=["queued", "running"])
    later.update(attempt=models.F("lease"))


class Migration(migrations.Migration):
    dependencies = [("runs", "0010_job_indexes")]

    operations = [
        AddColumn("run", "lease", models.BigIntegerField(default=1, db_default=1)),
        AddColumn(
            "run",
            "retries",
            models.PositiveSmallIntegerField(
                default=0, db_default=0, help_text="How many attempts failed and were followed by another."
            ),
        ),
        AddColumn(
            "run",
            "crashes",
            models.PositiveSmallIntegerField(
                default=0, db_default=0, help_text="How many attempts ended with their process."
            ),
        ),
        AddColumn(
            "executor",
            "fencing",
            models.PositiveSmallIntegerField(
                db_default=0, help_text="By which rules it fences its writes; see runs/recovery/ownership.py."
            ),
        ),
        migrations.RunPython(_copy, _copy_back),
        migrations.AlterField(
            "run",
            "attempt",
            models.PositiveSmallIntegerField(
                default=1, help_text="The number of the execution. A crash and a retry add 1."
            ),
        ),
    ]
