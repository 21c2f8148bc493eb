"""Which runs a list shows: the conditions of its filter, and a run's id or a search."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from runs.history import queries, search
from runs.history.queries import Filter, Page
from runs.ids import RUN_ID
from runs.models import Run


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list searches for. A run's id finds that run, whatever the other conditions are."""

    filter: Filter = Filter()  # noqa: RUF009 - frozen
    text: str = ""  # a run's id, or a search
    visible: frozenset[str] | None = None  # the apps whose runs may be found; None for all

    @property
    def is_id(self) -> bool:
        return bool(RUN_ID.fullmatch(self.text))

    def among(self, app_ids: frozenset[str] | None) -> "Wanted":
        """Return the same for those of these apps that are visible; None for all."""
        if app_ids is None:
            return self
        visible = app_ids if self.visible is None else self.visible & app_ids
        chosen = self.filter.app_ids
        return replace(
            self, visible=visible, filter=replace(self.filter, app_ids=visible if chosen is None else chosen & visible)
        )

    def as_document(self) -> dict[str, Any]:
        """Return it as JSON, for `from_document`."""
        wanted = self.filter
        return {
            "app_ids": None if wanted.app_ids is None else sorted(wanted.app_ids),
            "source_id": wanted.source_id,
            "statuses": sorted(wanted.statuses),
            "workflow": wanted.workflow,
            "created_from": wanted.created_from and wanted.created_from.isoformat(),
            "created_to": wanted.created_to and wanted.created_to.isoformat(),
            "least_duration": wanted.least_duration,
            "text": self.text,
            "visible": None if self.visible is None else sorted(self.visible),
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Wanted":
        """Return what `as_document` was called on."""
        app_ids, visible, *times = (document[name] for name in ("app_ids", "visible", "created_from", "created_to"))
        created_from, created_to = (datetime.fromisoformat(time) if time else None for time in times)
        wanted = Filter(
            app_ids=None if app_ids is None else frozenset(app_ids),
            source_id=document["source_id"],
            statuses=frozenset(document["statuses"]),
            workflow=document["workflow"],
            created_from=created_from,
            created_to=created_to,
            least_duration=document["least_duration"],
        )
        return cls(wanted, document["text"], None if visible is None else frozenset(visible))


def find(wanted: Wanted, before: str | None = None, size: int = 50) -> Page:
    """
    Return a page of the wanted runs, the newest first.

    Args:
        wanted: The conditions.
        before: Return only runs with smaller ids: the previous page's `next`; None for the first page.
        size: The maximum number of runs.

    Raises:
        DatabaseError: The database is unavailable.
    """
    if wanted.is_id:
        runs = Run.objects.filter(pk=wanted.text)
        if before is not None:
            runs = runs.filter(pk__lt=before)
        return Page([run for run in runs if wanted.visible is None or run.app_id in wanted.visible], None)
    if wanted.text:
        try:
            return search.find(wanted.filter, wanted.text, before, size)
        except search.InvalidSearch:  # the list says so
            return Page([], None)
    return queries.page(wanted.filter, before, size)


def find_ids(wanted: Wanted, before: str | None = None, size: int = 50) -> tuple[list[str], str | None]:
    """Return the ids of a page of the wanted runs, and `before` of the next one; see `find`."""
    if wanted.text:
        page = find(wanted, before, size)
        return [run.pk for run in page.runs], page.next
    return queries.ids(wanted.filter, before, size)
