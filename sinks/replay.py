"""How the sink that asked for a run is configured now, for those that send its delivery again."""

from runs.queue import Retry
from runs.replay import Source
from sinks.models import Sink, on_workers


def source_of(sink_id: int) -> Source | None:
    """
    Args:
        sink_id: The run's `source_id`.

    Returns:
        The sink as a source of runs; None where it is gone.
    """
    sink = Sink.objects.select_related("app").filter(pk=sink_id).first()
    if sink is None:
        return None
    return Source(
        workflow=sink.workflow,
        options=sink.options,
        timeout=sink.timeout,
        retry=Retry(sink.attempts, sink.backoff) if on_workers(sink.engine) else None,
        active=sink.active and sink.app.active,
        has_token=bool(sink.encrypted_token),
        concurrency=sink.concurrency,
    )
