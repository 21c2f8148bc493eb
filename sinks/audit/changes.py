"""Changes of apps, sinks, secrets, members, tokens and users: signals of their models add them to the audit log."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save

from sinks.audit.differences import differences, document_of
from sinks.audit.entries import record
from sinks.config.documents import MASK, of_app
from sinks.config.schedules import of_schedule
from sinks.models import ApiToken, App, AppSecret, Membership, OidcIdentity, Schedule, Sink

_MAX_VALUE = 200  # characters of a value
_BEFORE = "_document_before_change"

Document = Mapping[str, Any]
Changed = dict[str, tuple[Any, Any]]


def _of_secret(secret: AppSecret) -> Document:
    return {"name": secret.name, "value": secret.encrypted_secret}


def _of_member(member: Membership) -> Document:
    return {"role": str(member.role)}


def _of_token(token: ApiToken) -> Document:
    expires = token.expires_at.isoformat(timespec="seconds") if token.expires_at else None
    app_id = token.app.app_id if token.app is not None else None
    return {"user": token.user.get_username(), "app": app_id, "scopes": list(token.scopes), "expires_at": expires}


def _of_user(user: User) -> Document:
    names = ("username", "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser")
    return {name: getattr(user, name) for name in names} | {"password": user.password}


def _of_identity(identity: OidcIdentity) -> Document:
    return {"user": identity.user.get_username(), "issuer": identity.issuer, "subject": identity.subject}


def _of_group(group: Group) -> Document:
    return {"name": group.name}


_KINDS: dict[type[Model], tuple[str, Callable[[Any], Document]]] = {
    App: ("app", of_app),
    Sink: ("sink", document_of),
    Schedule: ("schedule", of_schedule),
    AppSecret: ("secret", _of_secret),
    Membership: ("member", _of_member),
    ApiToken: ("token", _of_token),
    User: ("user", _of_user),
    Group: ("group", _of_group),
    OidcIdentity: ("identity", _of_identity),
}
_NEVER_SHOWN = {(AppSecret, "value"), (User, "password")}


def connect() -> None:
    """Connect the signals."""
    for model in _KINDS:
        key = f"audit {model.__name__}"
        pre_save.connect(_remember, sender=model, dispatch_uid=key)
        post_save.connect(_saved, sender=model, dispatch_uid=key)
        pre_delete.connect(_deleted, sender=model, dispatch_uid=key)
    for through in (User.groups.through, User.user_permissions.through, Group.permissions.through):
        m2m_changed.connect(_related, sender=through, dispatch_uid=f"audit {through.__name__}")


def record_change(thing: Any, fields: Changed) -> None:
    """
    Record the change of an object that sent no signal, because a query changed it.

    Args:
        thing: The object.
        fields: The values before and after by field, without secrets.
    """
    _record(thing, "changed", fields)


def app_id_of(thing: Any) -> str:
    """Return the id of the app to which an object belongs; empty for none."""
    app = thing if isinstance(thing, App) else getattr(thing, "app", None)
    return app.app_id if app is not None else ""


def name_of(thing: Any) -> str:
    """Return the name of an object in the audit log, such as `POST /app_demo/webhook`."""
    if isinstance(thing, App):
        return thing.app_id
    if isinstance(thing, Sink):
        return f"{thing.method} /{thing.app.app_id}{thing.path}"
    if isinstance(thing, Membership):
        return f"{thing.user.get_username()} in {thing.app.app_id}"
    if isinstance(thing, Schedule | AppSecret):
        return f"{thing.name} of {thing.app.app_id}"
    return str(thing)


def _remember(sender: type[Model], instance: Any, raw: bool = False, **kwargs: Any) -> None:
    known = None if raw or instance._state.adding else sender._default_manager.filter(pk=instance.pk).first()
    setattr(instance, _BEFORE, None if known is None else _KINDS[sender][1](known))


def _saved(
    sender: type[Model],
    instance: Any,
    created: bool,
    raw: bool = False,
    update_fields: frozenset[str] | None = None,
    **kwargs: Any,
) -> None:
    before: Document | None = vars(instance).pop(_BEFORE, None)
    if raw or (before is None and not created):
        return
    if sender is User and update_fields == frozenset({"password"}) and instance._password is None:
        return  # a sign-in renews the hash of an unchanged password
    fields = _difference(sender, before or {}, _KINDS[sender][1](instance))
    if created:
        _record(instance, "created", {} if sender is App and not instance.name else fields)
    elif fields:
        _record(instance, "changed", fields)


def _deleted(sender: type[Model], instance: Any, **kwargs: Any) -> None:
    # Before it is deleted: its app, which its name contains, may be deleted with it.
    _record(instance, "deleted", {})


def _related(
    sender: Any, instance: Any, action: str, reverse: bool, model: Any, pk_set: set[int] | None, **kwargs: Any
) -> None:
    """Record that groups or permissions of a user, or permissions of a group, were added or removed."""
    if action not in {"post_add", "post_remove", "pre_clear"} or reverse or (not pk_set and action != "pre_clear"):
        return
    verb = "added" if action == "post_add" else "removed"
    name = "groups" if model is Group else "permissions"
    changed = model._default_manager.filter(pk__in=pk_set) if pk_set else getattr(instance, _FIELDS[sender]).all()
    if names := ", ".join(sorted(map(str, changed))):
        kind = _KINDS[Group if isinstance(instance, Group) else User][0]
        record(None, f"{kind}.changed", object=name_of(instance), text=f"{name} {verb}: {names}")


_FIELDS = {
    User.groups.through: "groups",
    User.user_permissions.through: "user_permissions",
    Group.permissions.through: "permissions",
}


def _difference(sender: type[Model], before: Document, after: Document) -> Changed:
    found = differences(before, after)
    if sender is User and not before:
        found = {name: pair for name, pair in found.items() if pair[1]}
    return {name: (MASK, MASK) if (sender, name) in _NEVER_SHOWN else pair for name, pair in found.items()}


def _record(thing: Any, verb: str, fields: Changed) -> None:
    sender = next(model for model in _KINDS if isinstance(thing, model))
    text = "\n".join(_line(name, *pair, created=verb == "created") for name, pair in fields.items())
    record(None, f"{_KINDS[sender][0]}.{verb}", app_id=app_id_of(thing), object=name_of(thing), text=text)


def _line(name: str, before: Any, after: Any, *, created: bool) -> str:
    if created:
        return f"{name}: {_short(after)}"
    if before == after:
        return f"{name}: replaced"  # a secret, which is masked
    return f"{name}: {_short(before)} -> {_short(after)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}..."
