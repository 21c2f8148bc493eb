"""The runs that belong to a run: its origin, its replays, its parent and children, and the one before it."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from runs.models import Run

_MOST = 10  # of each kind


@dataclass(slots=True)
class Links:
    """The runs that belong to a run, as far as the reader may view them. The newest come first."""

    origin: Run | None  # the run that it is a replay of; None also if it was deleted
    parent: Run | None
    replays: list[Run] = field(default_factory=list)
    children: list[Run] = field(default_factory=list)
    more_replays: bool = False
    more_children: bool = False


def links_of(run: Run, visible: QuerySet[Run]) -> Links:
    """
    Find the runs that belong to a run.

    Args:
        run: The run.
        visible: The runs that the reader may view.
    """
    named = [pk for pk in (run.replay_of, run.parent) if pk]
    found = visible.in_bulk(named) if named else {}
    replays, children = _first(replays_of(run, visible)), _first(visible.filter(parent=run.pk))
    return Links(
        found.get(run.replay_of),
        found.get(run.parent or ""),
        replays[:_MOST],
        children[:_MOST],
        len(replays) > _MOST,
        len(children) > _MOST,
    )


def replays_of(run: Run, visible: QuerySet[Run]) -> QuerySet[Run]:
    """Return the replays of a run that the reader may view."""
    # SQLite uses the partial index only if the query has its condition as text.
    return visible.filter(replay_of=run.pk).extra(where=["runs_run.replay_of > ''"])


def previous_of(run: Run, visible: QuerySet[Run]) -> Run | None:
    """Return the last run of the same sink before a run; None if there is none."""
    if run.source_id is None:
        return None
    return visible.filter(source_id=run.source_id, pk__lt=run.pk).order_by("-pk").first()


def _first(runs: QuerySet[Run]) -> list[Any]:
    return list(runs.order_by("-pk")[: _MOST + 1])
