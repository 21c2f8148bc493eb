"""Start the workflows that sources name for runs that have failed for good."""

import logging

from django.conf import settings

from runs.links import failures
from runs.links.starts import Start
from runs.models import Run, StepRecord
from runs.ports import Source, source_of
from runs.workflows import registry

logger = logging.getLogger(__name__)


def handle_failures() -> int:
    """
    Start a run for each failure that is not handled yet. Several processes may do this at once. Blocking: call it in a
    thread.

    Returns:
        How many failures were handled.
    """
    count = 0
    while _handle_next():
        count += 1
    return count


def _handle_next() -> bool:
    with failures.next_failure() as record:
        if record is None:
            return False
        run = Run.objects.filter(pk=record.run_id).first()
        source = source_of(run) if run is not None else None
        if run is None or source is None or not source.failure_workflow:
            failures.give_up(record, "", "The sink was deleted, or names no workflow on failure any more.")
        else:
            _start(record, run, source)
        return True


def _start(record: StepRecord, run: Run, source: Source) -> None:
    name = source.failure_workflow
    try:
        workflow = registry.find_installed(name)
        workflow.check_options(source.failure_options)
    except ValueError as error:  # it is not installed, or does not accept the options
        logger.error("on_failure workflow not started: run=%s workflow=%r error=%s", run.pk, name, error)
        failures.give_up(record, name, str(error))
        return
    start = Start(
        app_id=run.app_id,
        workflow=name,
        payload=failures.payload_of(run),
        timeout=workflow.time_limit(None),
        options=source.failure_options,
        on_workers=source.on_workers and settings.HAS_WORKERS,
        parent=run.pk,
    )
    failures.handle(record, start)
