"""
The search behind Ctrl+K: sinks, apps, schedules, runs by the beginning of their id, pages, documents and settings.

Each result is one that the user may open. A search makes four queries at most, each with a limit; runs are found by
their primary key.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.http import HttpRequest
from django.urls import reverse

from runs import ports
from runs.models import Run
from sinkhub.documents.library import documents, settings_documented
from sinkhub.finding.pages import Found, pages_of
from sinks.access import permissions
from sinks.dashboard.links import sink_page
from sinks.models import App, Schedule, Sink

MAX_CHARACTERS = 200
_MOST = 6  # results of a group
_RUN = re.compile(r"(?:run_)?([0-9a-f]{8,44})")  # eight digits are a minute, so that few runs have them
_INITIAL = 9  # pages that are shown before anything is typed


@dataclass(frozen=True, slots=True)
class Group:
    """Results of a kind."""

    title: str
    found: list[Found]


def search(request: HttpRequest, text: str) -> list[Group]:
    """
    Return the results for a text, in groups; those that match best come first.

    Args:
        request: Its user sees only what they may open.
        text: Words that a result must have, or the beginning of a run's id. Without words, it finds some pages.
    """
    words = text.lower()[:MAX_CHARACTERS].split()
    if not words:
        return [Group("Pages", list(pages_of(request))[:_INITIAL])]
    user = request.user
    groups = [
        Group("Runs", _runs(user, words)),
        Group("Pages", _best(pages_of(request), words)),
        Group("Sinks", _sinks(user, words)),
        Group("Apps", _apps(user, words)),
        Group("Schedules", _schedules(user, words)),
        Group("Documents", _best(_documents(), words)),
        Group("Settings", _best(_settings(), words)),
    ]
    return [group for group in groups if group.found]


def _runs(user: Any, words: list[str]) -> list[Found]:
    match = _RUN.fullmatch(words[0])
    if match is None or len(words) > 1:
        return []
    first = f"run_{match[1]}"
    runs = Run.objects.filter(pk__gte=first, pk__lt=f"{first}g")  # g comes after all hexadecimal digits
    if (apps := ports.permitted_apps(user, "runs.view_run")) is not None:
        runs = runs.filter(app_id__in=apps)
    rows = runs.order_by("-pk").values_list("pk", "status", "app_id", "workflow")[:_MOST]
    return [
        Found(run_id, reverse("admin:runs_run_change", args=[run_id]), "play_circle", f"{status}, {app_id}, {workflow}")
        for run_id, status, app_id, workflow in rows
    ]


def _sinks(user: Any, words: list[str]) -> list[Found]:
    seen = permissions.apps(user, "sinks.view_sink")
    sinks = Sink.objects.annotate(address=Concat(F("method"), Value(" /"), F("app__app_id"), F("path")))
    if seen is not None:
        sinks = sinks.filter(app__app_id__in=seen)
    for word in words:
        sinks = sinks.filter(
            Q(address__icontains=word)
            | Q(description__icontains=word)
            | Q(app__name__icontains=word)
            | Q(workflow__icontains=word)
        )
    rows = sinks.order_by("app__app_id", "path", "method").values_list("pk", "address", "description", "workflow")
    return [
        Found(address, sink_page(number), "webhook", description or workflow)
        for number, address, description, workflow in rows[:_MOST]
    ]


def _apps(user: Any, words: list[str]) -> list[Found]:
    seen = permissions.apps(user, "sinks.view_app")
    apps = App.objects.all() if seen is None else App.objects.filter(app_id__in=seen)
    for word in words:
        apps = apps.filter(Q(app_id__icontains=word) | Q(name__icontains=word))
    rows = apps.order_by("app_id").values_list("pk", "app_id", "name")[:_MOST]
    return [
        Found(app_id, reverse("admin:sinks_app_change", args=[number]), "apps", name) for number, app_id, name in rows
    ]


def _schedules(user: Any, words: list[str]) -> list[Found]:
    seen = permissions.apps(user, "sinks.view_schedule")
    schedules = Schedule.objects.all() if seen is None else Schedule.objects.filter(app__app_id__in=seen)
    for word in words:
        schedules = schedules.filter(
            Q(name__icontains=word) | Q(workflow__icontains=word) | Q(app__app_id__icontains=word)
        )
    rows = schedules.order_by("app__app_id", "name").values_list("pk", "name", "app__app_id", "workflow")[:_MOST]
    return [
        Found(name, reverse("admin:sinks_schedule_change", args=[number]), "schedule", f"{app_id}, {workflow}")
        for number, name, app_id, workflow in rows
    ]


def _documents() -> Iterator[Found]:
    for document in documents().values():
        yield Found(document.title, document.url(), "description", "Document")
        for section in document.sections if not document.name.startswith(("adr", "providers/reference")) else ():
            yield Found(section.title, document.url(section.anchor), "description", document.title)


def _settings() -> Iterator[Found]:
    for name, meaning, link in settings_documented():
        yield Found(name, link, "tune", meaning)


def _best(candidates: Iterable[Found], words: list[str]) -> list[Found]:
    """Return the candidates that have all words, those with a title that begins with them first."""
    scored = [(score, place, each) for place, each in enumerate(candidates) if (score := _score(each, words))]
    return [each for _, _, each in sorted(scored, key=lambda item: (-item[0], item[1]))[:_MOST]]


def _score(candidate: Found, words: list[str]) -> int:
    title = candidate.title.lower()
    whole = f"{title} {candidate.description.lower()}"
    if not all(word in whole for word in words):
        return 0
    text = " ".join(words)
    if title == text:
        return 5
    if title.startswith(text):
        return 4
    if all(re.search(rf"(?<![a-z0-9]){re.escape(word)}", title) for word in words):
        return 3
    return 2 if all(word in title for word in words) else 1
