"""Indexes on procrastinate's jobs for the statement in `runs/workers/fetching.py`."""

from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_LOCKED = "lock NOT LIKE 'run-%'"
_UNLOCKED = "(lock IS NULL OR lock LIKE 'run-%')"
_INDEXES = {
    "runs_jobs_locked": f"(lock, priority DESC, id) WHERE status = 'todo' AND {_LOCKED}",
    "runs_jobs_unlocked": f"(priority DESC, id) WHERE status = 'todo' AND scheduled_at IS NULL AND {_UNLOCKED}",
    "runs_jobs_scheduled": f"(scheduled_at) WHERE status = 'todo' AND scheduled_at IS NOT NULL AND {_UNLOCKED}",
}


def _create(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        for name, definition in _INDEXES.items():
            editor.execute(f"CREATE INDEX {name} ON procrastinate_jobs {definition}", params=None)


def _drop(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        for name in _INDEXES:
            editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0009_retention_clock"),
        *([("procrastinate", "0041_post_retry_failed_job")] if settings.HAS_WORKERS else []),
    ]

    operations = [migrations.RunPython(_create, _drop)]
