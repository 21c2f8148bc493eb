"""The list of refusals in the admin: filters, and pages by id, so that it needs no count of rows and no offset."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from runs.history.masking import Masks
from sinks.models import Refusal, Sink
from sinks.registrations import find_secrets_of
from sinks.trigger.outcomes import WOULD_REFUSE
from sinks.trigger.refusals import RefusalKind
from sinks.webhooks import registry

PAGE = 50
KINDS = tuple(sorted({"filtered", "repeated", WOULD_REFUSE, *(kind.label for kind in RefusalKind)}))
TIMES = {
    "hour": ("last hour", timedelta(hours=1)),
    "day": ("last 24 hours", timedelta(days=1)),
    "week": ("last 7 days", timedelta(days=7)),
}
_NAMES = ("kind", "sink", "app", "time", "from", "to")
_OFFERED = 200  # sinks and apps in a choice
_MAX_ID = 19  # digits
_LINE = 120  # characters of the line of a request


@dataclass(frozen=True, slots=True)
class Row:
    """A refusal as the list shows it."""

    refusal: Refusal
    sink: str
    reason: str
    line: str
    event: str  # the type of the event, where the provider names it in a header field
    status: str  # of its badge


@dataclass(slots=True)
class Listed:
    """A page of the list."""

    rows: list[Row]
    chosen: dict[str, str]
    faults: list[str] = field(default_factory=list)
    newer: str = ""  # addresses of other pages; empty if there is none
    older: str = ""
    newest: str = ""


def read_page(refusals: QuerySet[Refusal], parameters: QueryDict) -> Listed:
    """
    Return a page of refusals, the newest first.

    Args:
        refusals: Those that the user may see, with their sinks and apps.
        parameters: Of the URL: kind, sink (its number), app (its id), time (hour, day or week), from and to (times in
            ISO 8601, in the current time zone unless they name another one), and before or after (the id of a refusal).

    Raises:
        DatabaseError: The database is unavailable.
    """
    listed = Listed([], {name: value for name in _NAMES if (value := parameters.get(name, "").strip())})
    if "sink" not in listed.chosen and (sink := parameters.get("sink__id__exact")):  # as in links of older pages
        listed.chosen["sink"] = sink
    wanted = _filtered(refusals, listed)
    before, after = _number(parameters.get("before", "")), _number(parameters.get("after", ""))
    if after is not None:
        found = list(wanted.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
        has_newer, has_older = len(found) > PAGE, True
        found = found[:PAGE][::-1]
    else:
        older = wanted if before is None else wanted.filter(pk__lt=before)
        found = list(older.order_by("-pk")[: PAGE + 1])
        has_newer, has_older = before is not None, len(found) > PAGE
        found = found[:PAGE]
    masks = Masks(find_secrets_of({refusal.sink.app.app_id for refusal in found}))
    listed.rows = [_row(refusal, masks) for refusal in found]
    if found and has_older:
        listed.older = _address(listed.chosen, before=found[-1].pk)
    if found and has_newer:
        listed.newer = _address(listed.chosen, after=found[0].pk)
    if before is not None or after is not None:
        listed.newest = _address(listed.chosen)
    return listed


def choices(sinks: QuerySet[Sink], chosen: dict[str, str]) -> dict[str, Any]:
    """
    Return the sinks and apps that the filter offers.

    Args:
        sinks: Those that the user may see.
        chosen: The values of the filter. A chosen sink is offered in any case.
    """
    fields = ("pk", "method", "path", "app__app_id")
    rows = list(sinks.order_by("app__app_id", "path", "method").values_list(*fields)[:_OFFERED])
    number = _number(chosen.get("sink", ""))
    if number is not None and number not in {row[0] for row in rows}:
        rows += sinks.filter(pk=number).values_list(*fields)
    app = chosen.get("app", "")
    return {
        "sinks": [(str(pk), f"{method} /{app_id}{path}") for pk, method, path, app_id in rows],
        "apps": sorted({row[3] for row in rows} | ({app} if app else set())),
        "kinds": KINDS,
        "times": [(name, text) for name, (text, _) in TIMES.items()],
    }


def _filtered(refusals: QuerySet[Refusal], listed: Listed) -> QuerySet[Refusal]:
    chosen = listed.chosen
    if (kind := chosen.get("kind")) and kind not in KINDS:
        listed.faults.append(f"There is no kind {kind!r}: choose one from the list.")
        del chosen["kind"]
    if "sink" in chosen and _number(chosen["sink"]) is None:
        listed.faults.append("A sink is chosen by its number: choose one from the list.")
        del chosen["sink"]
    if (time := chosen.get("time")) and time not in TIMES:
        listed.faults.append(f"There is no time {time!r}: choose one from the list.")
        del chosen["time"]
    if "kind" in chosen:
        refusals = refusals.filter(kind=chosen["kind"])
    if "sink" in chosen:
        refusals = refusals.filter(sink_id=int(chosen["sink"]))
    if "app" in chosen:
        refusals = refusals.filter(sink__app__app_id=chosen["app"])
    if "time" in chosen:
        refusals = refusals.filter(at__gte=timezone.now() - TIMES[chosen["time"]][1])
    for name, lookup in (("from", "at__gte"), ("to", "at__lt")):
        if name not in chosen:
            continue
        at = _time(chosen[name])
        if at is None:
            listed.faults.append(f"{chosen.pop(name)!r} is not a time: write it as in 2026-11-30T22:05.")
            continue
        refusals = refusals.filter(**{lookup: at})
        chosen[name] = f"{timezone.localtime(at):%Y-%m-%dT%H:%M:%S}"
    return refusals


def _row(refusal: Refusal, masks: Masks) -> Row:
    app_id = refusal.sink.app.app_id
    line = f"{refusal.method} {masks.text(app_id, refusal.path)}" if refusal.method else ""
    status = "accepted" if refusal.accepted_at is not None else "refused" if refusal.status >= 400 else "skipped"
    return Row(
        refusal,
        f"{refusal.sink.method} /{app_id}{refusal.sink.path}",
        masks.text(app_id, refusal.reason),
        line[:_LINE],
        masks.text(app_id, event_of(refusal)),
        status,
    )


def event_of(refusal: Refusal) -> str:
    """Return the type of a refused event, if the sink's provider names it in a header field; else an empty text."""
    provider = registry.find(refusal.sink.provider) if refusal.sink.provider else None
    name = provider.event_type.header if provider is not None and provider.event_type is not None else ""
    if not name or not refusal.headers:
        return ""
    return next((str(value)[:_LINE] for field_name, value in refusal.headers if str(field_name).lower() == name), "")


def numbers(texts: Iterable[str]) -> list[int]:
    """Return the ids of refusals in the parameters of a request, at most a page of them."""
    return [number for text in texts if (number := _number(text)) is not None][:PAGE]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < _MAX_ID else None


def _time(text: str) -> datetime | None:
    try:
        # In a URL, a plus sign that was not encoded has become a space.
        at = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return timezone.make_aware(at) if timezone.is_naive(at) else at
    except (ValueError, OverflowError):
        return None


def _address(chosen: dict[str, str], **cursor: int) -> str:
    return f"?{urlencode({**chosen, **cursor})}"
