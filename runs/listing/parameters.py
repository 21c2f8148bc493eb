"""
The filter of the admin's list of runs, as parameters of its URL. Other pages link to the list with them:

- `app`: an app's id.
- `sink`: a sink's id, or a text that only its label has, such as `POST /app_shop/orders`.
- `status`: a status of a run; `failed` (error, interrupted), `unfinished`, or `bad` (all ends but complete).
- `workflow`: a workflow's name.
- `time`: `hour`, `day` or `week`: only runs that began since then.
- `from`, `to`: the first time, and the first time that is not included: ISO 8601, in the user's time zone unless it has
  another one.
- `duration`: the least duration in seconds: 1, 10, 60, 600 or 3600.
- `q`: a run's id, or a text to search for.
- `before`, `back`: the page; see runs/admin/run_list.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from runs import ports
from runs.history.queries import Filter
from runs.listing.wanted import Wanted
from runs.models import BAD_ENDS, UNFINISHED, Run
from runs.searching.syntax import InvalidSearch, parse

STATUSES: dict[str, tuple[str, list[str]]] = {
    "failed": ("failed", [Run.Status.ERROR, Run.Status.INTERRUPTED]),
    "unfinished": ("unfinished", [*UNFINISHED]),
    "bad": ("unsuccessful", [*BAD_ENDS]),
    **{str(status): (str(status), [status]) for status in Run.Status},
}
TIMES = {
    "hour": ("last hour", timedelta(hours=1)),
    "day": ("last 24 hours", timedelta(days=1)),
    "week": ("last 7 days", timedelta(days=7)),
}
DURATIONS = {"1": "over 1 s", "10": "over 10 s", "60": "over 1 min", "600": "over 10 min", "3600": "over 1 h"}
NAMES = ("app", "sink", "status", "workflow", "time", "from", "to", "duration", "q")
_LABELS = {"app": "App", "sink": "Sink", "status": "Status", "workflow": "Workflow", "time": "Time", "q": "Search"}
_FIELD_FORMAT = "%Y-%m-%dT%H:%M:%S"
_MAX_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition that is set, and the URL of the list without it."""

    label: str
    text: str
    without: str


@dataclass(slots=True)
class Chosen:
    """The conditions that are set, with their faults."""

    values: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    wanted: Wanted = field(default_factory=Wanted)
    shown: dict[str, str] = field(default_factory=dict)  # the values as their fields and chips show them

    def address(self, **changes: str) -> str:
        """Return the URL of the list with changed parameters, relative to the list; an empty value removes one."""
        values = {name: value for name, value in (self.values | changes).items() if value}
        return f"?{urlencode(values)}"

    def chips(self) -> list[Chip]:
        """Return a chip for each condition."""
        texts = {
            "status": {name: text for name, (text, _) in STATUSES.items()},
            "time": {name: text for name, (text, _) in TIMES.items()},
            "duration": DURATIONS,
        }
        return [
            Chip(
                _LABELS.get(name, name.capitalize()),
                texts[name][value]
                if name in texts
                else self.shown.get(name, value).replace("T", " ")
                if name in {"from", "to"}
                else self.shown.get(name, value),
                self.address(**{name: ""}),
            )
            for name, value in self.values.items()
        ]


def chosen_by(parameters: Mapping[str, Any], visible: frozenset[str] | None, sinks: frozenset[str] | None) -> Chosen:
    """
    Read the conditions from a URL's parameters. Those that are wrong are left out, and reported.

    Args:
        parameters: The parameters.
        visible: The apps whose runs may be found; None for all.
        sinks: The apps whose sinks may be named; None for all.
    """
    chosen = Chosen(
        {name: value for name in NAMES if (value := str(parameters.get(name, "")).strip()[:_MAX_CHARACTERS])}
    )
    values, faults = chosen.values, chosen.faults
    for name, known in (("status", STATUSES), ("time", TIMES), ("duration", DURATIONS)):
        if name in values and values[name] not in known:
            faults.append(f"There is no {name} {values.pop(name)!r}: choose one from the list.")
    times = {name: at for name in ("from", "to") if (at := _time(chosen, name)) is not None}
    begins = [times["from"]] if "from" in times else []
    if "time" in values:
        begins.append(timezone.now() - TIMES[values["time"]][1])
    if "q" in values:
        try:
            parse(values["q"], lambda: ports.search_names(visible))
        except InvalidSearch as error:
            faults.append(str(error))
    app_ids = visible
    if "app" in values:
        app_ids = frozenset([values["app"]]) & (visible if visible is not None else {values["app"]})
    chosen.wanted = Wanted(
        Filter(
            app_ids=app_ids,
            source_id=_sink(chosen, sinks),
            statuses=frozenset(STATUSES[values["status"]][1] if "status" in values else []),
            workflow=values.get("workflow", ""),
            created_from=max(begins, default=None),
            created_to=times.get("to"),
            least_duration=float(values["duration"]) if "duration" in values else None,
        ),
        values.get("q", ""),
        visible,
    )
    return chosen


def _sink(chosen: Chosen, among: frozenset[str] | None) -> int | None:
    text = chosen.values.get("sink", "")
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 19:
        found = [name for name in ports.source_names([int(text)]).values() if among is None or name.app_id in among]
        if found:
            chosen.shown["sink"] = found[0].label
        return int(text)
    found = ports.search_sources(text, among, 50)
    exact = [name for name in found if name.label == text] or found
    if len(exact) == 1:
        chosen.values["sink"], chosen.shown["sink"] = str(exact[0].source_id), exact[0].label
        return exact[0].source_id
    del chosen.values["sink"]
    chosen.faults.append(
        f"{'More than one' if exact else 'No'} sink has {text!r} in its address: choose one from the list."
    )
    return None


def _time(chosen: Chosen, name: str) -> datetime | None:
    text = chosen.values.get(name, "")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        at = timezone.make_aware(at) if timezone.is_naive(at) else at
        shown = timezone.localtime(at).strftime(_FIELD_FORMAT)
    except (ValueError, OverflowError):
        del chosen.values[name]
        chosen.faults.append(
            f"{text!r} is not a time such as 2026-05-04T13:30: choose one in the field {name.capitalize()}."
        )
        return None
    chosen.shown[name] = shown.removesuffix(":00")
    return at
