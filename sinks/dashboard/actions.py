"""Actions on sinks, from a sink's page and from the list: a page asks before each, and a POST acts."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from runs.ids import RUN_ID
from sinks.access import permissions
from sinks.audit.changes import record_change
from sinks.config import documents, formats
from sinks.config.sink_copy import duplicate as duplicate_of
from sinks.dashboard import links, replays
from sinks.dashboard.tokens import DEFAULT_OVERLAP, OVERLAPS, SinkTokens
from sinks.models import Sink

_MAX_SINKS = 500  # of one action: their ids stand in a URL
_MAX_REPLAYED = 20  # sinks whose failed runs are counted for one page


@dataclass(frozen=True, slots=True)
class Act:
    """An action."""

    verb: str  # the permission for it
    title: str
    button: str
    lines: tuple[str, ...]
    harms: bool = False


_ACTS = {
    "activate": Act("change", "Activate", "Activate", ("Requests to an active sink start runs.",)),
    "deactivate": Act(
        "change",
        "Deactivate",
        "Deactivate",
        (
            "Requests to an inactive sink are answered 404 and are not recorded. Many providers switch a webhook off "
            "after some failed deliveries.",
            "Runs that have started go on.",
        ),
        harms=True,
    ),
    "delete": Act(
        "delete",
        "Delete",
        "Delete",
        (
            "Requests to a deleted sink are answered 404.",
            "Its settings, token, signing secrets and refusals are deleted. Its runs are kept.",
        ),
        harms=True,
    ),
    "duplicate": Act(
        "add",
        "Duplicate",
        "Duplicate",
        ("The duplicate has the same settings and secrets at a path of its own. It is inactive.",),
    ),
    "token": Act(
        "change",
        "New token for",
        "Generate a new token",
        ("The new token is shown once. Callers send it as “Authorization: Bearer TOKEN”.",),
        harms=True,
    ),
    "replay": Act("view", "Replay failed runs of", "Replay", ()),
}


class SinkActions(SinkTokens):
    """The actions, for `SinkAdmin`."""

    if TYPE_CHECKING:
        get_queryset: Any
        log_addition: Any
        log_deletions: Any
        _may: Any

    def act_view(self, request: HttpRequest, action: str) -> HttpResponse:
        """Ask before an action on the sinks of the parameter `sinks`, or do it if this is a POST."""
        act = _ACTS.get(action)
        if act is None:
            raise Http404("No such action.")
        chosen = self._chosen(request)
        yours = [sink for sink in chosen if self._may_act(request, act, sink)]
        if not yours:
            raise PermissionDenied
        left = len(chosen) - len(yours)
        if request.method != "POST":
            return self._question(request, action, act, yours, left)
        if left:
            self.message_user(request, f"No permission to {act.verb}: {left}.", messages.WARNING)
        done = _DOING[action](self, request, yours)
        return done or redirect(_back(yours if action != "delete" else []))

    def export_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Return a sink as a YAML file for `sinks import`, with masks in place of its secrets."""
        sink: Sink | None = self.get_queryset(request).select_related("app").filter(pk=object_id).first()
        if sink is None:
            raise Http404("No such sink.")
        if not (self._may(request, "view", sink) or self._may(request, "change", sink)):
            raise PermissionDenied
        document = {"app_id": sink.app.app_id, "sinks": [documents.of_sink(sink, aliases=False)]}
        name = "-".join([sink.app.app_id, *filter(None, (_plain(part) for part in sink.path.split("/")))])
        response = HttpResponse(formats.dump(document, "yaml"), content_type="application/yaml")
        response["Content-Disposition"] = f'attachment; filename="{name}.yaml"'
        return response

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, sinks: QuerySet[Sink]) -> None:
        self.activate_sinks(request, self._yours(request, sinks, "change"))

    @admin.action(description="Deactivate…", permissions=["change"])
    def deactivate(self, request: HttpRequest, sinks: QuerySet[Sink]) -> HttpResponse | None:
        return self._ask(request, "deactivate", sinks)

    @admin.action(description="New tokens…", permissions=["change"])
    def rotate_tokens(self, request: HttpRequest, sinks: QuerySet[Sink]) -> HttpResponse | None:
        return self._ask(request, "token", sinks)

    @admin.action(description="Replay failed runs…", permissions=["view"])
    def replay_failed(self, request: HttpRequest, sinks: QuerySet[Sink]) -> HttpResponse | None:
        return self._ask(request, "replay", sinks)

    @admin.action(description="Duplicate", permissions=["add"])
    def duplicate(self, request: HttpRequest, sinks: QuerySet[Sink]) -> None:
        self.duplicate_sinks(request, self._yours(request, sinks, "add"))

    def activate_sinks(self, request: HttpRequest, sinks: list[Sink]) -> None:
        """Activate sinks that are valid."""
        faults = []
        count = 0
        for sink in sinks:
            sink.active = True
            try:
                sink.full_clean()
            except ValidationError as error:
                faults.append(f"{sink}: {_as_text(error)}")
                continue
            Sink.objects.filter(pk=sink.pk).update(active=True)
            self.log_change(request, sink, "Activated.")
            record_change(sink, {"active": (False, True)})
            count += 1
        if count:
            self.message_user(request, f"Activated: {count}.")
        for fault in faults:
            self.message_user(request, f"Not activated: {fault}", messages.ERROR)

    def deactivate_sinks(self, request: HttpRequest, sinks: list[Sink]) -> None:
        """Deactivate sinks."""
        Sink.objects.filter(pk__in=[sink.pk for sink in sinks]).update(active=False)
        for sink in sinks:
            self.log_change(request, sink, "Deactivated.")
            record_change(sink, {"active": (True, False)})
        self.message_user(request, f"Deactivated sinks: {len(sinks)}. Deactivated sinks answer 404.")

    def delete_sinks(self, request: HttpRequest, sinks: list[Sink]) -> None:
        """Delete sinks, but keep their runs."""
        chosen = Sink.objects.filter(pk__in=[sink.pk for sink in sinks])
        with transaction.atomic():
            self.log_deletions(request, chosen)
            for sink in chosen.order_by("pk"):
                sink.delete()
        names = ", ".join(f"{sink.method} /{sink.app.app_id}{sink.path}" for sink in sinks[:5])
        self.message_user(request, f"Deleted: {names if len(sinks) <= 5 else f'{len(sinks)} sinks'}.")

    def duplicate_sinks(self, request: HttpRequest, sinks: list[Sink]) -> HttpResponse | None:
        """Save inactive copies of sinks, and show the copy if it is the only one."""
        copies = []
        for sink in sinks:
            origin = str(sink)
            try:
                made = duplicate_of(sink)
            except ValidationError as error:
                self.message_user(request, f"Not duplicated: {origin}: {_as_text(error)}", messages.ERROR)
                continue
            copies.append(made)
            self.log_addition(request, made, f"A duplicate of {origin}.")
            link = format_html('<a href="{}">{}</a>', links.sink_page(made.pk), made)
            shared = " It has a new token." if made.encrypted_token else ""
            shared += " It has the same signing secrets and verify token." if made.encrypted_secrets else ""
            shared += " It admits the same callers." if made.encrypted_access else ""
            text = format_html("{} is a duplicate of {}. It is inactive.{}", link, origin, shared)
            self.message_user(request, text)
        return redirect(links.sink_page(copies[0].pk)) if len(copies) == len(sinks) == 1 else None

    def give_tokens(self, request: HttpRequest, sinks: list[Sink]) -> HttpResponse:
        """Give sinks new tokens, with the overlap of the form."""
        return self.give_new_tokens(request, sinks, request.POST.get("overlap", DEFAULT_OVERLAP))

    def replay_sinks(self, request: HttpRequest, sinks: list[Sink]) -> HttpResponse | None:
        """Replay a part of the failed runs of sinks, and ask again if there are more."""
        period, before = _period(request.POST), _cursor(request.POST)
        count, faults, left = 0, dict[str, int](), replays.AT_ONCE
        rest: HttpResponse | None = None
        for place, sink in enumerate(sinks):
            failed = replays.failed_runs(sink, period, before)
            new = 0
            for done in replays.replay(failed.runs[:left]):
                if done.reason:
                    faults[done.reason] = faults.get(done.reason, 0) + 1
                else:
                    new += 1
            if new:
                self.log_change(request, sink, f"Replayed failed runs: {new}.")
            count += new
            before = failed.runs[left - 1].pk if len(failed.runs) > left else failed.next
            left -= min(left, len(failed.runs))
            if before or (not left and sinks[place + 1 :]):
                keys = [each.pk for each in sinks[place if before else place + 1 :]]
                rest = redirect(links.acting("replay", *keys, period=period, before=before or ""))
                break
        if count or not faults:
            self.message_user(request, f"Replayed: {count}.")
        for reason, times in faults.items():
            self.message_user(request, f"Not replayed: {times}. {reason}", messages.ERROR)
        return rest

    def _ask(self, request: HttpRequest, action: str, sinks: QuerySet[Sink]) -> HttpResponse | None:
        most = _MAX_REPLAYED if action == "replay" else _MAX_SINKS
        keys = list(sinks.values_list("pk", flat=True)[: most + 1])
        if len(keys) > most:
            self.message_user(request, f"Select at most {most} sinks.", messages.ERROR)
            return None
        return redirect(links.acting(action, *keys))

    def _chosen(self, request: HttpRequest) -> list[Sink]:
        keys = (request.POST if request.method == "POST" else request.GET).get("sinks", "").split(",")
        if len(keys) > _MAX_SINKS or not all(key.isascii() and key.isdigit() and len(key) < 19 for key in keys):
            raise Http404("No such sinks.")
        chosen = list(self.get_queryset(request).select_related("app").filter(pk__in=map(int, keys)).order_by("pk"))
        if not chosen:
            raise Http404("No such sinks.")
        return chosen

    def _may_act(self, request: HttpRequest, act: Act, sink: Sink) -> bool:
        if act is _ACTS["replay"]:
            return all(permissions.may(request.user, name, sink.app) for name in ("runs.add_run", "runs.view_run"))
        return bool(self._may(request, act.verb, sink))

    def _question(self, request: HttpRequest, action: str, act: Act, sinks: list[Sink], left: int) -> HttpResponse:
        names = [f"{sink.method} /{sink.app.app_id}{sink.path}" for sink in sinks]
        title = f"{act.title} {names[0] if len(names) == 1 else f'{len(names)} sinks'}?"
        lines = [*([", ".join(names[:20]) + (", …" if len(names) > 20 else "")] if len(names) > 1 else []), *act.lines]
        if left:
            lines.append(f"You have no permission to {act.verb} {left} of the selected sinks; they stay as they are.")
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "lines": lines,
            "action": act.button,
            "danger": act.harms,
            "hidden": [("sinks", ",".join(str(sink.pk) for sink in sinks))],
            "back": _back(sinks),
        }
        if action == "replay":
            _preview(request, sinks, context)
        if action == "token" and any(sink.encrypted_token for sink in sinks):
            valid = [sink for sink in sinks if sink.old_token_end]
            if valid:
                lines.append("The token before the present one is still valid. It ends at once.")
            context |= {"choices": list(OVERLAPS.items()), "choice": DEFAULT_OVERLAP, "name": "overlap"}
            context["label"] = "The old token stays valid"
        return TemplateResponse(request, "admin/sinks/sink/question.html", context)

    def _yours(self, request: HttpRequest, sinks: QuerySet[Sink], verb: str) -> list[Sink]:
        """Return the selected sinks in whose apps the user has the permission, and warn about the others."""
        chosen = list(sinks.select_related("app"))
        yours = [sink for sink in chosen if self._may(request, verb, sink)]
        if left := len(chosen) - len(yours):
            self.message_user(request, f"No permission to {verb}: {left}.", messages.WARNING)
        return yours


_DOING: dict[str, Callable[[SinkActions, HttpRequest, list[Sink]], HttpResponse | None]] = {
    "activate": SinkActions.activate_sinks,
    "deactivate": SinkActions.deactivate_sinks,
    "delete": SinkActions.delete_sinks,
    "duplicate": SinkActions.duplicate_sinks,
    "token": SinkActions.give_tokens,
    "replay": SinkActions.replay_sinks,
}


def _preview(request: HttpRequest, sinks: list[Sink], context: dict[str, Any]) -> None:
    """Add the number of failed runs to the context of a question."""
    period, before = _period(request.GET), _cursor(request.GET)
    counted = sinks[:_MAX_REPLAYED]
    # The cursor is that of the first sink, in which the last part has ended.
    found = [replays.failed_runs(sink, period, before if sink is sinks[0] else None) for sink in counted]
    count = sum(len(failed.runs) for failed in found)
    more = " or more" if len(counted) < len(sinks) or any(failed.next for failed in found) else ""
    rest = " of the rest" if before else ""
    lines = [
        f"Runs{rest} that failed in the last {period} and were not replayed since: {count:,}{more}.",
        "Each gets a new run with the same delivery and the sink's present settings. Servers and workers execute them "
        "when they are free, within the sink's limits.",
    ]
    if count > replays.AT_ONCE:
        lines.append(f"{replays.AT_ONCE} runs are replayed at a time; then this page asks again.")
    keys = [sink.pk for sink in sinks]
    context["lines"] += lines
    context["hidden"] += [("period", period), ("before", before or "")]
    context["periods"] = [
        (f"Last {name}", links.acting("replay", *keys, period=name), name == period) for name in replays.PERIODS
    ]
    context["action"] = f"Replay {min(count, replays.AT_ONCE):,} runs" if count != 1 else "Replay 1 run"
    context["is_empty"] = not count and not more


def _period(parameters: Any) -> str:
    period = str(parameters.get("period", ""))
    return period if period in replays.PERIODS else "hour"


def _cursor(parameters: Any) -> str | None:
    cursor = str(parameters.get("before", ""))
    return cursor if RUN_ID.fullmatch(cursor) else None


def _back(sinks: list[Sink]) -> str:
    return links.sink_page(sinks[0].pk) if len(sinks) == 1 else reverse("admin:sinks_sink_changelist")


def _plain(part: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "", part)


def _as_text(error: ValidationError) -> str:
    return " ".join(line for lines in documents.messages(error).values() for line in lines)
