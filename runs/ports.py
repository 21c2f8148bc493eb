"""What asked for a run: how it is configured now, by one look-up that those give who know what a source is."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from runs.execution.queued_run import Retry
from runs.models import Run


@dataclass(frozen=True, slots=True)
class Source:
    """What asked for a run (a sink), as it is configured now."""

    app_id: str
    workflow: str
    options: dict[str, Any]
    timeout: float
    retry: Retry | None  # for runs that workers execute; None where servers do
    active: bool = True
    has_token: bool = False  # whether callers must name a bearer token
    concurrency: int | None = None  # how many of its runs are executed at once; None where any number may
    priority: int = 0  # of its runs that wait for workers, the highest begin first


# Given values of `Run.source_id`, the sources of them that there still are. Asks the database: for threads.
Find = Callable[[Collection[int]], Mapping[int, Source]]

_find: Find = lambda source_ids: {}  # noqa: E731 - until somebody knows better


def know_sources(find: Find) -> None:
    """Tell this package, which does not know what a source is, how they are looked up."""
    global _find
    _find = find


def source_of(run: Run) -> Source | None:
    """
    What asked for the run; None where it is gone, or is another app's now, to whom the run's delivery is not due.

    Raises:
        DatabaseError: It cannot be read.
    """
    source = _find([run.source_id]).get(run.source_id) if run.source_id is not None else None
    return source if source is not None and source.app_id == run.app_id else None


def limits(source_ids: Collection[int]) -> dict[int, int | None]:
    """
    How many runs of each of these sources may be executed at once, for runs that no request brought; None where any
    number may. One that is gone is not among them.

    Raises:
        DatabaseError: They cannot be read.
    """
    found = _find(source_ids) if source_ids else {}
    return {source_id: source.concurrency for source_id, source in found.items()}
