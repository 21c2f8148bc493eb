"""
Lookups that `runs` calls, because it does not know sinks: the sources of runs, apps, and their retention policies.
"""

from collections.abc import Collection
from dataclasses import replace

from runs.ports import RetentionPolicy, Source
from sinks.models import App, DeletedApp, Sink, on_workers


def find_sources(sink_ids: Collection[int]) -> dict[int, Source]:
    """
    Return sinks as sources of runs.

    Args:
        sink_ids: Values of `Run.source_id`.

    Returns:
        The sources by sink id, without deleted sinks.
    """
    sinks = Sink.objects.select_related("app").filter(pk__in=sink_ids).order_by()
    return {sink.pk: _as_source(sink) for sink in sinks}


def _as_source(sink: Sink) -> Source:
    return Source(
        app_id=sink.app.app_id,
        workflow=sink.workflow,
        options=sink.options,
        timeout=sink.timeout,
        retry=sink.retry,
        on_workers=on_workers(sink.engine),
        active=sink.active and sink.app.active,
        has_token=bool(sink.encrypted_token),
        concurrency=sink.concurrency,
        priority=sink.priority,
        failure_workflow=sink.failure_workflow,
        failure_options=sink.failure_options,
    )


def is_app(app_id: str) -> bool:
    """Return whether an app exists and is active."""
    return App.objects.filter(app_id=app_id, active=True).exists()


def find_retention_policy(app_id: str, default: RetentionPolicy) -> RetentionPolicy:
    """
    Return how long the runs of an app are kept.

    Args:
        app_id: The id of an existing or deleted app.
        default: The values for settings that the app leaves empty.

    Raises:
        DatabaseError: The settings of the app cannot be read.
    """
    app = App.objects.filter(app_id=app_id).first() or DeletedApp.objects.filter(app_id=app_id).first()
    if app is None:
        return default
    own = {"runs_days": app.keep_runs_days, "bodies_days": app.keep_bodies_days, "runs": app.keep_runs}
    return replace(default, **{name: value for name, value in own.items() if value is not None})
