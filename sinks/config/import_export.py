"""Import and export of whole apps as JSON or YAML files. An import changes everything or nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from sinks.access import encryption
from sinks.audit.differences import differences, document_of
from sinks.audit.entries import record
from sinks.config import schedules
from sinks.config.app_secrets import apply_secrets, of_secrets
from sinks.config.documents import (
    READ_ONLY,
    apply,
    apply_app,
    messages,
    of_app,
    of_sink,
    without_defaults,
)
from sinks.config.formats import Fault, Refused
from sinks.models import App, Schedule, Sink
from sinks.models.sink_access import ENFORCE
from sinks.routing import paths
from sinks.validators import check_app_id

_LISTS = ("sinks", "schedules")  # of an app's document


@dataclass(frozen=True, slots=True)
class Change:
    """A change by an import to an app, or to one of its sinks or schedules."""

    action: Literal["create", "change", "delete"]
    app_id: str
    method: str = ""  # like the path, empty for the app itself
    path: str = ""
    schedule: str = ""  # its name; empty for an app or a sink
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # by place: before and after; secrets are masked


@dataclass(slots=True)
class Entry:
    """An app in a file."""

    place: str
    app_id: str
    document: Mapping[str, Any] | None  # None if the file has only sinks: the app stays as it is
    sinks: list[tuple[str, Any]]  # the documents, each after its place
    schedules: list[tuple[str, Any]] | None = None  # likewise; None if the file does not have them


def entries(value: Any, app_id: str = "") -> list[Entry]:
    """
    Return the apps in a file, which contains a sink, an app, or a list of these.

    Args:
        value: The value that `parse` returned.
        app_id: The app id for documents without an app id: sinks outside an app, or an app.

    Raises:
        Refused: The file contains something else, names no app for its sinks, or contradicts `app_id`.
    """
    faults: list[Fault] = []
    found: dict[str, Entry] = {}
    if app_id:
        try:
            check_app_id(app_id)
        except ValidationError as error:
            raise Refused([Fault("", f"--app: {error.message}")]) from None
    things = [("", value)] if not isinstance(value, list) else [(f"[{at}]", item) for at, item in enumerate(value)]
    for place, thing in things:
        if not isinstance(thing, dict):
            faults.append(
                Fault(place, 'This must be a sink, such as {"path": "/webhook"}, or an app with its "sinks".')
            )
        elif "sinks" in thing or "path" not in thing:
            named = thing.get("app_id") or app_id
            if not isinstance(named, str) or not named:
                faults.append(Fault(place, 'Specify the app with "app_id" or --app.'))
            elif app_id and named != app_id:
                faults.append(Fault(_join(place, "app_id"), f"--app is {app_id!r}: omit one of them."))
            elif named in found and found[named].document is not None:
                faults.append(Fault(place, f"The file has the app {named!r} twice."))
            elif wrong := [name for name in _LISTS if not isinstance(thing.get(name), list | None)]:
                faults += [Fault(_join(place, name), f"This must be a list of {name}.") for name in wrong]
            else:
                entry = found.setdefault(named, Entry(place, named, None, []))
                about = {name: value for name, value in thing.items() if name not in _LISTS}
                entry.place, entry.document = place, about | {"app_id": named}
                entry.sinks += _placed(thing, "sinks", place)
                if thing.get("schedules") is not None:
                    entry.schedules = _placed(thing, "schedules", place)
        else:
            named = app_id if thing.get("app_id") is None else thing["app_id"]
            if fault := _app_fault(named, app_id):
                faults.append(Fault(_join(place, "app_id") if "app_id" in thing else place, fault))
            else:
                found.setdefault(named, Entry(place, named, None, [])).sinks.append((place, thing))
    if faults:
        raise Refused(faults)
    return list(found.values())


def _placed(app: Mapping[str, Any], name: str, place: str) -> list[tuple[str, Any]]:
    """Return the documents in one of an app's lists, each after its place."""
    return [(f"{_join(place, name)}[{at}]", item) for at, item in enumerate(app.get(name) or [])]


def _app_fault(named: Any, app_id: str) -> str:
    """Return the fault of the app id of a sink that is outside an app in a file; empty if the id has no fault."""
    if not named:
        return 'Specify the app of this sink with "app_id" or --app.'
    if not isinstance(named, str):
        return "An app's id must be a text."
    if app_id and named != app_id:
        return f"--app is {app_id!r}: omit one of them."
    try:
        check_app_id(named)
    except ValidationError as error:
        return str(error.message)
    return ""


def import_apps(
    apps: Sequence[Entry],
    *,
    dry_run: bool = False,
    delete_others: bool = False,
    watch: Callable[[Iterable[tuple[str, Any]]], Iterable[tuple[str, Any]]] = iter,
) -> tuple[list[Change], int]:
    """
    Change apps, sinks and schedules to match a file. A sink is identified by its app, method and path, a schedule by
    its app and name; keys that only the API adds are ignored.

    Args:
        apps: The apps in the file.
        dry_run: Whether to roll back at the end.
        delete_others: Whether to delete sinks of these apps that the file does not contain, and their schedules if the
            file has a list of schedules.
        watch: Wraps the iteration over the sinks of an app, to show progress.

    Returns:
        The changes that were made (or would be made, with `dry_run`), and the number of unchanged objects.

    Raises:
        Refused: The file has faults, which the exception lists with their places. Nothing was changed.
        DatabaseError: The database is unavailable.
    """
    faults: list[Fault] = []
    changes: list[Change] = []
    unchanged = 0
    try:
        with transaction.atomic():
            for entry in apps:
                app, change = _import_app(entry, faults)
                many = list(_import_sinks(app, entry, faults, watch))
                planned = list(_import_schedules(app, entry, faults))
                made = [change, *(item for _, item in many), *(item for _, item in planned)]
                unchanged += made.count(None)
                changes += [item for item in made if item is not None]
                if delete_others and not faults:
                    for sink in app.sinks.exclude(pk__in={sink.pk for sink, _ in many}):
                        changes.append(Change("delete", app.app_id, sink.method, sink.path))
                        sink.delete()
                    others = app.schedules.exclude(pk__in={schedule.pk for schedule, _ in planned})
                    for schedule in others if entry.schedules is not None else ():
                        changes.append(Change("delete", app.app_id, schedule=schedule.name))
                        schedule.delete()
            if faults:
                raise Refused(faults)
            if dry_run:
                transaction.set_rollback(True)
    except IntegrityError:
        raise Refused([Fault("", "These sinks were changed at the same time. Try again.")]) from None
    return changes, unchanged


def _import_app(entry: Entry, faults: list[Fault]) -> tuple[App, Change | None]:
    app = App.objects.select_for_update().filter(app_id=entry.app_id).first()
    before = of_app(app) if app else {}
    if app is None:
        app = App(app_id=entry.app_id)
    secrets: Any = None
    if entry.document is not None:
        try:
            apply_app(app, {name: value for name, value in entry.document.items() if name != "secrets"})
            secrets = entry.document.get("secrets")
        except ValidationError as error:
            _note(faults, entry.place, messages(error, App))
            # A temporary app, so that its sinks can be checked too. Everything is rolled back.
            app = App(app_id="")
    after = of_app(app)
    fields = differences(before or of_app(App(app_id=app.app_id)), after)
    if fields or app.pk is None:
        app.save()
    try:
        fields |= apply_secrets(app, secrets)
    except ValidationError as error:
        _note(faults, entry.place, messages(error, App))
    if fields or not before:
        return app, Change("change" if before else "create", app.app_id, fields=fields)
    return app, None


def _import_sinks(
    app: App,
    entry: Entry,
    faults: list[Fault],
    watch: Callable[[Iterable[tuple[str, Any]]], Iterable[tuple[str, Any]]],
) -> Iterator[tuple[Sink, Change | None]]:
    there = {(sink.shape, sink.method): sink for sink in app.sinks.select_for_update()}
    seen: dict[tuple[str, str], str] = {}
    for place, document in watch(entry.sinks):
        if not isinstance(document, dict):
            faults.append(Fault(place, 'A sink must be an object such as {"path": "/webhook"}.'))
            continue
        if document.get("app_id") not in (None, entry.app_id):
            faults.append(Fault(_join(place, "app_id"), f"The sink belongs to the app {entry.app_id!r}: omit this."))
            continue
        document = {name: value for name, value in document.items() if name not in READ_ONLY}
        key = _address(document)
        if key and key in seen:
            where = seen[key] or "the one before"
            faults.append(Fault(_join(place, "path"), f"The file has this path and method twice: see {where}."))
            continue
        sink = there.get(key) if key else None
        before = document_of(sink) if sink else {}
        sink = sink or Sink(app=app)
        sink.app = app
        if key:
            seen[key] = place
        try:
            apply(sink, document)
        except ValidationError as error:
            _note(faults, place, messages(error))
            continue
        fields = differences(before, document_of(sink))
        if not before or fields:
            if not faults:
                sink.save()
            yield sink, Change("change" if before else "create", app.app_id, sink.method, sink.path, fields=fields)
        else:
            yield sink, None


def _import_schedules(app: App, entry: Entry, faults: list[Fault]) -> Iterator[tuple[Schedule, Change | None]]:
    there = {schedule.name: schedule for schedule in app.schedules.select_for_update()}
    seen: dict[str, str] = {}
    for place, document in entry.schedules or ():
        if not isinstance(document, dict):
            faults.append(Fault(place, "A schedule must be an object with a name and a cron expression."))
            continue
        if document.get("app_id") not in (None, entry.app_id):
            faults.append(Fault(_join(place, "app_id"), f"It belongs to the app {entry.app_id!r}: omit this."))
            continue
        document = {name: value for name, value in document.items() if name not in schedules.READ_ONLY}
        name = document.get("name")
        if isinstance(name, str) and name in seen:
            faults.append(Fault(_join(place, "name"), f"The file has this name twice: see {seen[name]}."))
            continue
        schedule = there.get(name) if isinstance(name, str) else None
        before = schedules.of_schedule(schedule) if schedule else {}
        schedule = schedule or Schedule(app=app)
        schedule.app = app
        if isinstance(name, str):
            seen[name] = place
        try:
            schedules.apply_schedule(schedule, document)
        except ValidationError as error:
            _note(faults, place, messages(error, Schedule))
            continue
        after = schedules.of_schedule(schedule)
        fields = differences(before, after) if before else differences({}, schedules.short_of(schedule))
        if before and not fields:
            yield schedule, None
            continue
        if not faults:
            schedule.save()
        yield schedule, Change("change" if before else "create", app.app_id, schedule=schedule.name, fields=fields)


def export_apps(app_ids: Iterable[str] = (), *, secrets: bool = False) -> list[dict[str, Any]]:
    """
    Return the documents of apps with their sinks and schedules, which `entries` accepts. The audit log has an entry for
    each export with secrets.

    Args:
        app_ids: The ids of the apps; empty for all apps.
        secrets: Whether to include tokens, signing secrets and secrets of apps in plain text; otherwise each is masked.

    Raises:
        Refused: An app does not exist, or a secret cannot be decrypted.
    """
    wanted = list(dict.fromkeys(app_ids))
    apps = App.objects.prefetch_related("sinks", "schedules").order_by("app_id")
    found = list(apps.filter(app_id__in=wanted) if wanted else apps)
    known = {app.app_id for app in found}
    if missing := [app_id for app_id in wanted if app_id not in known]:
        raise Refused([Fault("", f"There is no app {app_id!r}.") for app_id in missing])
    documents = []
    for app in found:
        about = {name: value for name, value in of_app(app).items() if value != of_app(App()).get(name)}
        sinks = []
        for sink in app.sinks.all():
            try:
                document = of_sink(sink, secrets=secrets)
                if document["access"]:
                    document["access"]["mode"] = ENFORCE  # log mode ends
                sinks.append(without_defaults(document))
            except encryption.Unreadable as error:
                raise Refused([Fault(f"{sink.method} /{app.app_id}{sink.path}", str(error))]) from None
        try:
            own = of_secrets(app, secrets=secrets)
        except encryption.Unreadable as error:
            raise Refused([Fault(f"The secrets of {app.app_id}", str(error))]) from None
        planned = [schedules.short_of(schedule) for schedule in app.schedules.all()]
        more = {name: many for name, many in (("secrets", own), ("schedules", planned)) if many}
        documents.append(about | more | {"sinks": sinks})
        if secrets:
            record(None, "secret.revealed", app_id=app.app_id, object=app.app_id, text="an export with secrets")
    return documents


def _address(document: Mapping[str, Any]) -> tuple[str, str] | None:
    path, method = document.get("path"), document.get("method") or Sink._meta.get_field("method").get_default()
    return (paths.shape(path), method.upper()) if isinstance(path, str) and isinstance(method, str) else None


def _note(faults: list[Fault], place: str, messages: Mapping[str, list[str]]) -> None:
    faults += [Fault(_join(place, name), " ".join(lines)) for name, lines in messages.items()]


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place and name else place or name
