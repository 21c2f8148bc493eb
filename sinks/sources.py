"""How the sinks that asked for runs are configured now, for those that have only the runs."""

from collections.abc import Collection

from runs.execution.queued_run import Retry
from runs.ports import Source
from sinks.models import Sink, on_workers


def find(sink_ids: Collection[int]) -> dict[int, Source]:
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
