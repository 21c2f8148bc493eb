"""An import that a user makes: whether it is permitted, its plan for people, and its entries in the history."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import transaction

from sinks.access import permissions
from sinks.config import import_export
from sinks.config.documents import PLACES
from sinks.config.formats import Fault, Refused
from sinks.config.import_export import Change, Entry
from sinks.models import App, Schedule, Sink

_VERBS = {"create": "add", "change": "change", "delete": "delete"}
_MAX_SHOWN = 200  # characters of a value
_NAMES = {place.path: place.field for place in PLACES}
_GROUPS = {"signature": "signature", "auth_token": "bearer token", "secrets": "secrets"}


@dataclass(frozen=True, slots=True)
class Line:
    """A changed field as people read it."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Step:
    """A change of an import as people read it."""

    action: str  # created or changed
    thing: str  # such as: sink POST /app_shop/orders
    lines: list[Line]


def run_import(entries: Sequence[Entry], user: Any, *, dry_run: bool) -> tuple[list[Change], int]:
    """
    Import apps as a user.

    Args:
        entries: The apps in a file.
        user: The user, whose permissions decide.
        dry_run: Whether to change nothing.

    Returns:
        The changes, and the number of unchanged objects.

    Raises:
        Refused: The file has faults, or the user lacks a permission. Nothing was changed.
        DatabaseError: The database is unavailable.
    """
    _check_visible(entries, user)
    with transaction.atomic():
        changes, unchanged = import_export.import_apps(entries, dry_run=dry_run)
        if faults := [Fault("", fault) for change in changes if (fault := _forbidden(change, user))]:
            raise Refused(faults)
        if not dry_run:
            for change in changes:
                if change.action == "create" and not (change.method or change.schedule):
                    permissions.make_owner(user, App.objects.get(app_id=change.app_id))
    return changes, unchanged


def steps_of(changes: Collection[Change]) -> list[Step]:
    """Return the changes of an import for people; secrets are masked already."""
    return [Step(f"{change.action}d", _thing(change), _lines(change)) for change in changes]


def message_of(change: Change) -> str:
    """Return the entry of the history for a change."""
    if change.action == "create":
        return "Created by an import."
    names = list(dict.fromkeys(name_of(place) for place in change.fields))
    return f"Changed by an import: {', '.join(names)}." if names else "Changed by an import."


def object_of(change: Change) -> App | Sink | Schedule | None:
    """Return the object of a change that was made; None if it is gone."""
    if change.schedule:
        return Schedule.objects.filter(app__app_id=change.app_id, name=change.schedule).first()
    if change.method:
        sinks = Sink.objects.select_related("app").filter(app__app_id=change.app_id)
        return sinks.filter(method=change.method, path=change.path).first()
    return App.objects.filter(app_id=change.app_id).first()


def name_of(place: str) -> str:
    """Return the name of a field of a document as the form has it."""
    field = _NAMES.get(place, place)
    try:
        return str(Sink._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
    except FieldDoesNotExist:  # a property, or a field of an app or a schedule
        return _GROUPS.get(field, field.replace("_", " ").replace(".", " "))


def _check_visible(entries: Sequence[Entry], user: Any) -> None:
    """Refuse apps that the user does not see, before the plan can show what they have."""
    named = {entry.app_id for entry in entries}
    existing = set(App.objects.filter(app_id__in=named).values_list("app_id", flat=True))
    faults = []
    for entry in entries:
        if entry.app_id in existing and not all(
            permissions.may(user, f"sinks.view_{name}", entry.app_id) for name in ("app", "sink", "schedule")
        ):
            faults.append(Fault(entry.place, f"You have no permission for the app {entry.app_id!r}."))
        elif entry.app_id not in existing:
            try:
                permissions.check_new_app(user, entry.app_id)
            except ValidationError as error:
                faults.append(Fault(entry.place, " ".join(error.messages)))
            if not permissions.may(user, "sinks.add_app"):
                faults.append(Fault(entry.place, f"You have no permission to create the app {entry.app_id!r}."))
    if faults:
        raise Refused(faults)


def _forbidden(change: Change, user: Any) -> str:
    """Return why a user may not make a change; empty if they may."""
    verb = _VERBS[change.action]
    is_new_app = not App.objects.filter(app_id=change.app_id).exists()
    if change.schedule or change.method:
        # The maker of an app that is limited to their apps becomes its owner.
        model = "schedule" if change.schedule else "sink"
        allowed = is_new_app or permissions.may(user, f"sinks.{verb}_{model}", change.app_id)
        return "" if allowed else f"You have no permission to {change.action} the {_thing(change)}."
    secrets = [place for place in change.fields if place.startswith("secrets.")]
    if secrets and not (is_new_app or _may_set_secrets(user, change.app_id)):
        return f"You have no permission to set the secrets of the app {change.app_id!r}."
    if change.action == "create":
        return ""  # checked before
    others = len(change.fields) > len(secrets)
    if others and not permissions.may(user, f"sinks.{verb}_app", change.app_id):
        return f"You have no permission to {change.action} the app {change.app_id!r}."
    return ""


def _may_set_secrets(user: Any, app_id: str) -> bool:
    return all(permissions.may(user, f"sinks.{verb}_appsecret", app_id) for verb in ("add", "change"))


def _thing(change: Change) -> str:
    if change.schedule:
        return f"schedule {change.app_id}/{change.schedule}"
    return f"sink {change.method} /{change.app_id}{change.path}" if change.method else f"app {change.app_id}"


def _lines(change: Change) -> list[Line]:
    return [
        Line(
            place,
            "" if change.action == "create" else _text(before),
            "a new value" if before == after else _text(after),
        )
        for place, (before, after) in change.fields.items()
    ]


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
