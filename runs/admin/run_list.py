"""The admin's list of runs, with its rows, filter and pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from unfold.views import ChangeList

from runs import ports
from runs.history import search
from runs.history.durations import as_text
from runs.history.masking import Masks
from runs.history.moments import exactly
from runs.history.queries import WALKED, Page, time_of
from runs.ids import RUN_ID
from runs.listing.parameters import DURATIONS, STATUSES, TIMES, chosen_by
from runs.listing.rows import Details, details_of
from runs.listing.wanted import find
from runs.models import Run
from runs.searching.indexing import lag
from runs.workflows import registry

_MAX_BACK = 30  # pages that "Newer" goes back one by one; beyond them, it leads to the newest page


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter of the list with a choice of values."""

    name: str
    label: str
    options: list[tuple[str, str]]  # value and text
    value: str


@dataclass(frozen=True, slots=True)
class Row:
    """A run as the list shows it."""

    run: Run
    details: Details
    sink: str  # its name, or its number
    sink_url: str
    took: str
    hit: search.Snippet | None = None  # where the search has found it

    @property
    def short(self) -> str:
        """The run's id in few characters."""
        return f"{self.run.pk[:12]}…{self.run.pk[-4:]}"

    @property
    def since(self) -> datetime | None:
        """When the attempt began, if it still executes."""
        return self.run.started_at if self.run.status == Run.Status.RUNNING else None


class RunList(ChangeList):  # type: ignore[misc]
    """
    The list of runs, with keyset pagination: a page starts after a run's id, so the list needs no count of rows and no
    offset.
    """

    query: str
    result_list: list[Run] = []

    def get_filters(self, request: HttpRequest) -> tuple[list[Any], bool, dict[str, Any], bool, bool]:
        return [], False, {}, False, False  # the page has its own filter form

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Run]:
        """Return the runs to which an action applies; `get_results` reads the rows of the page."""
        runs: QuerySet[Run] = self.root_queryset
        if request.POST.get("select_across") == "1":  # only the page, so that an action never applies to a million runs
            return runs.filter(pk__in=[run.pk for run in self.result_list])
        return runs

    def get_results(self, request: HttpRequest) -> None:
        parameters = request.GET
        self.before = parameters.get("before") or None
        back = [cursor for cursor in parameters.get("back", "").split(",") if cursor]
        if any(not RUN_ID.fullmatch(cursor) for cursor in [*back, *([self.before] if self.before else [])]):
            raise IncorrectLookupParameters
        visible = self.model_admin.visible_apps(request)
        self.chosen = chosen_by(parameters, visible, ports.permitted_apps(request.user, "sinks.view_sink"))
        self.query = self.chosen.wanted.text
        found = find(self.chosen.wanted, self.before, self.list_per_page)
        self.result_list = found.runs
        snippets = found.snippets if isinstance(found, search.Found) else {}
        self.rows = rows_of(found.runs, request.user, snippets)
        self.older = self.newer = self.newest = ""
        if found.next:
            trail = [*back, *([self.before] if self.before else [])]
            self.older = self._address(found.next, trail[-_MAX_BACK:])
        if self.before:
            self.newer = self._address(back[-1] if back else "", back[:-1])
            self.newest = self._address("", [])
        self.note = self._note(found)
        if self.query and not self.chosen.wanted.is_id:
            self.note = f"{self.note} {lag()}".strip()
        # Attributes that Django and the theme read from a list.
        self.result_count = self.full_result_count = len(self.result_list)
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = True
        self.paginator = self.model_admin.get_paginator(request, self.result_list, self.list_per_page)

    @property
    def is_filtered(self) -> bool:
        return bool(self.chosen.values)

    @property
    def chips(self) -> list[Any]:
        return self.chosen.chips()

    @property
    def quick(self) -> list[tuple[str, str, bool]]:
        """The chips that choose a status by one click: text, URL, and whether it is chosen."""
        status = self.chosen.values.get("status", "")
        return [
            (text, self.chosen.address(status=value), status == value)
            for text, value in (("All", ""), ("Failed", "failed"), ("Unfinished", "unfinished"))
        ]

    @property
    def choices(self) -> list[Choice]:
        values = self.chosen.values
        workflows = sorted({*registry.names(), *([values["workflow"]] if "workflow" in values else [])})
        options = {
            "status": ("Status", [(value, text) for value, (text, _) in STATUSES.items()]),
            "workflow": ("Workflow", [(name, name) for name in workflows]),
            "time": ("Time", [(value, text) for value, (text, _) in TIMES.items()]),
            "duration": ("Duration", list(DURATIONS.items())),
        }
        return [Choice(name, label, of, values.get(name, "")) for name, (label, of) in options.items()]

    def _note(self, found: Page) -> str:
        if not found.next or len(found.runs) >= self.list_per_page:
            return ""
        back_to = exactly(time_of(found.next))
        if self.query:
            return f"Searched back to {back_to}. Older continues from there."
        return f"Searched {WALKED:,} runs, back to {back_to}. Older continues from there."

    def _address(self, before: str, back: list[str]) -> str:
        return self.chosen.address(before=before, back=",".join(back))


def rows_of(runs: list[Run], user: Any, snippets: Mapping[str, search.Snippet]) -> list[Row]:
    """
    Return the rows of runs, in their order.

    Args:
        runs: The runs of a page.
        user: The user who sees them: sinks are named and linked only if the user may view them.
        snippets: Where a search has found them, by id.

    Raises:
        DatabaseError: The database is unavailable.
    """
    details = details_of(runs, Masks())
    named = ports.permitted_apps(user, "sinks.view_sink")
    names = ports.source_names(
        {run.source_id for run in runs if run.source_id is not None and (named is None or run.app_id in named)}
    )
    now = timezone.now()

    def row(run: Run) -> Row:
        name = names.get(run.source_id) if run.source_id is not None else None
        sink = url = ""
        if name is not None and name.app_id == run.app_id:
            sink, url = name.name, sink_url(name.source_id)
        elif run.source_id is not None:
            sink = f"sink {run.source_id}"
        seconds = run.duration
        if run.status == Run.Status.RUNNING and run.started_at is not None:
            seconds = max(0.0, (now - run.started_at).total_seconds())
        return Row(
            run, details[run.pk], sink, url, as_text(seconds) if seconds is not None else "", snippets.get(run.pk)
        )

    return [row(run) for run in runs]


def sink_url(sink_id: int) -> str:
    """Return the URL of a sink's page."""
    try:
        return reverse("admin:sinks_sink_page", args=[sink_id])
    except NoReverseMatch:
        return reverse("admin:sinks_sink_change", args=[sink_id])
