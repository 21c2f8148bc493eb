"""What sinks and apps answer to `runs`, which knows runs alone: their sources, and how long an app keeps its own."""

from collections.abc import Collection
from dataclasses import replace

from runs.ports import RetentionPolicy, Retry, Source
from sinks.models import App, DeletedApp, Sink, on_workers


def find_sources(sink_ids: Collection[int]) -> dict[int, Source]:
    """
    Args:
        sink_ids: What runs have as `source_id`.

    Returns:
        The sinks as sources of runs; those that are gone are not among them.
    """
    sinks = Sink.objects.select_related("app").filter(pk__in=sink_ids).order_by()
    return {sink.pk: _as_source(sink) for sink in sinks}


def _as_source(sink: Sink) -> Source:
    return Source(
        app_id=sink.app.app_id,
        workflow=sink.workflow,
        options=sink.options,
        timeout=sink.timeout,
        retry=Retry(sink.attempts, sink.backoff) if on_workers(sink.engine) else None,
        active=sink.active and sink.app.active,
        has_token=bool(sink.encrypted_token),
        concurrency=sink.concurrency,
        priority=sink.priority,
    )


def find_retention_policy(app_id: str, default: RetentionPolicy) -> RetentionPolicy:
    """
    Args:
        app_id: An app that there is, or was.
        default: What holds where it says nothing.

    Raises:
        DatabaseError: It cannot be read.
    """
    app = App.objects.filter(app_id=app_id).first() or DeletedApp.objects.filter(app_id=app_id).first()
    if app is None:
        return default
    own = {"runs_days": app.keep_runs_days, "bodies_days": app.keep_bodies_days, "runs": app.keep_runs}
    return replace(default, **{name: value for name, value in own.items() if value is not None})
