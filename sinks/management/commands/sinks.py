"""`manage.py sinks`: sinks from the command line."""

import json
import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, models, transaction

from runs import registry
from sinks.models import App, Sink, check_storable

# Each is an option: the field `body_limit` is --body-limit.
_FIELDS = [
    field
    for field in Sink._meta.fields
    if field.editable and not field.primary_key and field.name not in {"app", "active"}
]
_MANY = {"cors_origins": "--cors-origin"}  # given once for each line
_METAVARS = {"cors_origins": "ORIGIN", "signature": "SCHEME"}
_HELP = {
    "workflow": "The workflow's name, such as echo.",
    "description": "What the sink is for.",
    "cors_origins": "A site whose scripts may call the sink, such as https://example.com; or *. May be repeated.",
}


class Command(BaseCommand):
    """Create and list sinks."""

    help = "Create and list sinks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a sink, and its app where there is none of that id")
        create.add_argument("--app", required=True, help="The app's id, such as app_abc123.")
        _add_token(create, "--auth-token", "The bearer token. Without it the sink is public, unless it is signed.")
        for field in _FIELDS:
            create.add_argument(
                _MANY.get(field.name, f"--{field.name.replace('_', '-')}"),
                dest=field.name,
                metavar=_METAVARS.get(field.name),
                action="append" if field.name in _MANY else "store",
                required=not field.blank and not field.has_default(),
                help=_help(field),
            )
        create.add_argument(
            "--secret",
            dest="secrets",
            action="append",
            default=[],
            metavar="SECRET",
            help="A secret that deliveries are signed with; may be repeated, and any one of them will do. Other users "
            "of this machine can see it in the list of processes: --secret-env keeps it from them.",
        )
        create.add_argument(
            "--secret-env",
            dest="secret_names",
            action="append",
            default=[],
            metavar="NAME",
            help="The environment variable that holds such a secret, which then stands neither in the list of "
            "processes nor in the shell's history. May be repeated.",
        )
        about = "What a provider names when it checks the address (Meta's hub.verify_token)."
        _add_token(create, "--verify-token", about)
        actions.add_parser("list", help="list all sinks")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "create":
            self._create(options)
        else:
            self._list()

    def _list(self) -> None:
        rows = [("APP", "METHOD", "PATH", "WORKFLOW", "ACCESS", "STATE")]
        for sink in Sink.objects.select_related("app"):
            state = "app inactive" if not sink.app.active else "active" if sink.active else "inactive"
            rows.append((sink.app.app_id, sink.method, sink.path, sink.workflow, sink.access, state))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            self.stdout.write("  ".join(map(str.ljust, row, widths)).rstrip())

    def _create(self, options: dict[str, Any]) -> None:
        for option in ("auth_token", "verify_token"):
            if options[option] == "":
                # Most likely a variable of the shell that is not set.
                raise CommandError(f"--{option.replace('_', '-')} is empty: give a token, or leave the option out.")
        broken = _broken_files()
        try:
            try:
                sink = _made(options)
            except IntegrityError:
                # Somebody made the same in this very moment: now the check finds it, and says so.
                sink = _made(options)
        except ValidationError as error:
            hint = ""
            if "workflow" in error.error_dict and not settings.SINKHUB_WORKFLOWS:
                hint = "\nWorkflows of your own are found in the folder that SINKHUB_WORKFLOWS names, which is not set."
            raise CommandError(_lines(error) + hint) from None
        for file, why in broken.items():
            self.stderr.write(self.style.WARNING(f"{file} cannot be imported: {' '.join(why.split())}"))
        starts = f"{sink.method} /{sink.app.app_id}{sink.path} starts {sink.workflow!r} ({sink.access})."
        self.stdout.write(self.style.SUCCESS(starts))


def _add_token(parser: ArgumentParser, option: str, about: str) -> None:
    """Add an option for a token, and the one that names the variable with it; who gives both is refused."""
    either = parser.add_mutually_exclusive_group()
    either.add_argument(
        option,
        metavar="TOKEN",
        help=f"{about} Other users of this machine can see it in the list of processes: {option}-env keeps it from "
        "them.",
    )
    either.add_argument(
        f"{option}-env",
        metavar="NAME",
        help="The environment variable that holds this token, which then stands neither in the list of processes nor "
        "in the shell's history.",
    )


def _help(field: "models.Field[Any, Any]") -> str:
    text = str(_HELP.get(field.name) or field.help_text)
    if field.choices:
        text += f" One of: {', '.join(_choices(field))}."
    if field.has_default() and field.get_default() not in ({}, ""):
        text += f" ({field.get_default()})"
    return text.replace("%", "%%")


def _choices(field: Any) -> list[str]:
    return [str(value) for value, _ in field.flatchoices]


def _made(options: dict[str, Any]) -> Sink:
    """
    Make the sink, and its app where there is none; or nothing at all.

    Raises:
        ValidationError: It cannot be; by field.
        IntegrityError: Its address, or the id of its app, was taken in this very moment.
    """
    faults: dict[str, Any] = {}
    sink = Sink()
    for field in _FIELDS:
        if (given := options[field.name]) is not None:
            try:
                setattr(sink, field.name, _value(field, given))
            except ValidationError as error:
                faults[field.name] = error
    for name, read in (
        ("auth_token", lambda: _token(options, "auth_token")),
        ("secrets", lambda: _secrets(options)),
        ("verify_token", lambda: _token(options, "verify_token")),
    ):
        try:
            setattr(sink, name, read())
        except ValidationError as error:
            faults[name] = error
    if faults:
        raise ValidationError(faults)
    with transaction.atomic():
        app = App.objects.filter(app_id=options["app"]).first()
        if app is None:
            app = App(app_id=options["app"])
            app.full_clean()
            app.save()
        sink.app = app
        sink.full_clean()
        sink.save()
    return sink


def _value(field: Any, given: Any) -> Any:
    if isinstance(field, models.JSONField):
        try:
            value = json.loads(given)
        except (ValueError, RecursionError) as error:
            raise ValidationError(f"--options is not JSON: {error}") from None
    else:
        value = field.to_python("\n".join(given) if field.name in _MANY else given)
    check_storable(value)
    return value


def _token(options: dict[str, Any], name: str) -> str:
    if (variable := options[f"{name}_env"]) is not None:
        return _from_environment(variable, f"--{name.replace('_', '-')}-env")
    return options[name] or ""


def _secrets(options: dict[str, Any]) -> list[str]:
    return [*options["secrets"], *(_from_environment(name, "--secret-env") for name in options["secret_names"])]


def _from_environment(name: str, option: str) -> str:
    if not (value := os.environ.get(name)):
        raise ValidationError(f"The environment has no variable {name!r}, or an empty one ({option}).")
    return value


def _broken_files() -> dict[str, str]:
    """
    Find the workflows; a traceback of one that cannot be imported is for the server's log alone.

    Raises:
        CommandError: They cannot be looked for.
    """
    try:
        registry.discover(log=False)
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from None
    return registry.broken()


def _lines(error: ValidationError) -> str:
    fields = {field.name: field for field in _FIELDS}
    lines = []
    for name, errors in error.error_dict.items():
        said = [message for one in errors for message in one.messages]
        if any(one.code == "invalid_choice" for one in errors) and name in fields:
            said.append(f"There are: {', '.join(_choices(fields[name]))}.")
        lines.append(("" if name == "__all__" else f"{name}: ") + " ".join(said))
    return "\n".join(lines)
