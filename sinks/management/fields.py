"""A sink's fields as options of `sinks create` and `sinks update`."""

import json
import os
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from sinks.config.documents import choices, set_access
from sinks.config.signature_documents import PROPERTIES, take_answer, take_delivery_id
from sinks.management.arguments import read_file
from sinks.models import Sink
from sinks.validators import check_storable

# Each field is an option: the field `body_limit` is --body-limit.
_FIELDS = [
    field
    for field in Sink._meta.fields
    if field.editable and not field.primary_key and field.name not in {"app", "active", "provider"}
]
_MANY = {"allowed_networks": "--allowed-network", "cors_origins": "--cors-origin"}  # repeated for each line
_METAVARS = {"allowed_networks": "NETWORK", "cors_origins": "ORIGIN"}
# The options that set a provider or a generic HMAC, by property of the sink.
_SIGNATURE = {
    "signature": "The provider whose deliveries the sink takes, such as github; docs/providers lists them. hmac for "
    "any other that signs the body with an HMAC.",
    "signature_header": "For hmac: the header with the signature, such as X-Signature.",
    "signature_algorithm": "For hmac: sha256 (the default), sha512, sha1 or md5.",
    "signature_encoding": "For hmac: hex (the default), base64 or base64url.",
    "signature_prefix": "For hmac: the text before the signature, such as sha256=.",
}
_HELP = {
    "workflow": "The workflow's name, such as echo.",
    "description": "The purpose of the sink.",
    "allowed_networks": "A network or address from which requests may come, such as 10.0.0.0/8. Repeat for several.",
    "cors_origins": "An origin whose scripts may call the sink, such as https://example.com; or *. Repeat for several.",
}
_VERIFY_TOKEN = "The token that a provider sends when it verifies the URL (Meta's hub.verify_token)."  # noqa: S105 - no token


def add_fields(parser: ArgumentParser, *, new: bool) -> None:
    """
    Add the options for a sink's fields.

    Args:
        parser: The parser of the sub-command.
        new: Whether the sink is new: then its path is required, and the parser gets no options that remove a value.
    """
    token = "The bearer token. Without it the sink is public, unless it is signed." if new else "A new bearer token."
    _add_token(parser, "--auth-token", token)
    for field in _FIELDS:
        parser.add_argument(
            _MANY.get(field.name, f"--{field.name.replace('_', '-')}"),
            dest=field.name,
            metavar=_METAVARS.get(field.name),
            action="append" if field.name in _MANY else "store",
            required=new and not field.blank and not field.has_default(),
            help=_help(field, new=new),
        )
    for name, about in _SIGNATURE.items():
        option = "--provider" if name == "signature" else f"--{name.replace('_', '-')}"
        metavar = "PROVIDER" if name == "signature" else None
        parser.add_argument(option, dest=name, metavar=metavar, help=about)
    # The name of --provider in 0.2.
    parser.add_argument("--signature", dest="signature", default=SUPPRESS, help=SUPPRESS)
    parser.add_argument(
        "--secret",
        dest="secrets",
        action="append",
        default=[],
        metavar="SECRET",
        help="A signing secret. Repeat for several; a signature by any of them is valid. Other users of this machine "
        "can see it in the process list (--secret-env avoids that).",
    )
    parser.add_argument(
        "--secret-env",
        dest="secret_names",
        action="append",
        default=[],
        metavar="NAME",
        help="An environment variable that holds a signing secret, which keeps it out of the process list and the "
        "shell's history. Repeat for several.",
    )
    _add_token(parser, "--verify-token", _VERIFY_TOKEN)
    parser.add_argument(
        "--access",
        metavar="FILE",
        help='A file with the callers as JSON, as in documents of sinks: {"any": [{"kind": "basic", "users": {"shop": '
        '"PASSWORD"}}]}; - reads standard input. Parts that it leaves out stay.',
    )
    parser.add_argument(
        "--access-mode",
        choices=["enforce", "log"],
        help="log: for 24 hours, admit requests without a valid credential or from other networks, and only record "
        "that they would be refused.",
    )
    if not new:
        parser.add_argument("--no-auth-token", action="store_true", help="Remove the bearer token.")
        parser.add_argument("--no-secrets", action="store_true", help="Remove the signing secrets.")
        parser.add_argument("--no-verify-token", action="store_true", help="Remove the verify token.")
        parser.add_argument("--no-access", action="store_true", help="Remove the credentials of --access.")


def set_fields(sink: Sink, options: dict[str, Any]) -> None:
    """
    Set the sink's fields that are on the command line; the other fields stay.

    Args:
        sink: The sink to change.
        options: The parsed options.

    Raises:
        ValidationError: By field: a value cannot be parsed. The sink as a whole is not validated yet.
    """
    faults: dict[str, Any] = {}
    for name in _SIGNATURE:
        if (text := options[name]) is not None:
            setattr(sink, name, text or PROPERTIES[name])
    is_new_provider = bool(options["signature"]) and options["dedupe_header"] is None and options["dedupe_body"] is None
    if is_new_provider and not (sink.dedupe_header or sink.dedupe_body):
        take_delivery_id(sink)
    for field in _FIELDS:
        if (raw := options[field.name]) is not None:
            try:
                setattr(sink, field.name, _value(field, raw))
            except ValidationError as error:
                faults[field.name] = error
    if options["signature"] and sink._state.adding:
        take_answer(sink)
    hidden: list[tuple[str, Callable[[], Any]]] = [
        ("auth_token", lambda: _token(options, "auth_token")),
        ("secrets", lambda: _secrets(options)),
        ("verify_token", lambda: _token(options, "verify_token")),
    ]
    for name, read in hidden:
        try:
            if options.get(f"no_{name}"):
                setattr(sink, name, [] if name == "secrets" else "")
            elif value := read():
                setattr(sink, name, value)
        except ValidationError as error:
            faults[name] = error
    try:
        _set_access(sink, options)
    except ValidationError as error:
        faults["access"] = error
    if faults:
        raise ValidationError(faults)


def _set_access(sink: Sink, options: dict[str, Any]) -> None:
    if options.get("no_access"):
        sink.callers = []
    if options["access"] is not None:
        try:
            value = json.loads(read_file(options["access"]))
        except (ValueError, RecursionError) as error:
            raise ValidationError(f"--access is not valid JSON: {error}") from None
        set_access(sink, value)
    if options["access_mode"] is not None:
        sink.access_mode = options["access_mode"]


def has_fields(options: dict[str, Any]) -> bool:
    """Return whether any of a sink's fields is on the command line."""
    names = [
        *(field.name for field in _FIELDS),
        *_SIGNATURE,
        "auth_token",
        "auth_token_env",
        "verify_token",
        "verify_token_env",
        "access",
        "access_mode",
    ]
    more = ["secrets", "secret_names", "no_auth_token", "no_secrets", "no_verify_token", "no_access"]
    return any(options[name] is not None for name in names) or any(options[name] for name in more)


def _add_token(parser: ArgumentParser, option: str, about: str) -> None:
    """
    Add an option for a token, and an option for the environment variable that holds it; only one of both can be used.
    """
    either = parser.add_mutually_exclusive_group()
    either.add_argument(
        option,
        metavar="TOKEN",
        help=f"{about} Other users of this machine can see it in the process list ({option}-env avoids that).",
    )
    either.add_argument(
        f"{option}-env",
        metavar="NAME",
        help="The environment variable that holds this token, which keeps it out of the process list and the shell's "
        "history.",
    )


def _help(field: "models.Field[Any, Any]", *, new: bool) -> str:
    text = str(_HELP.get(field.name) or field.help_text)
    if field.choices:
        text += f" One of: {', '.join(choices(Sink, field.name))}."
    if new and field.has_default() and field.get_default() not in ({}, ""):
        text = f"{text.removesuffix('.')} (default: {field.get_default()})."
    return text.replace("%", "%%")


def _value(field: Any, raw: Any) -> Any:
    text = "\n".join(raw) if field.name in _MANY else raw
    if not text:
        # An empty value resets the field.
        return field.get_default()
    if isinstance(field, models.JSONField):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValidationError(f"--{field.name} is not valid JSON: {error}") from None
    else:
        value = field.to_python(text)
    check_storable(value)
    return value


def _token(options: dict[str, Any], name: str) -> str:
    option = f"--{name.replace('_', '-')}"
    if (variable := options[f"{name}_env"]) is not None:
        return _from_environment(variable, f"{option}-env")
    if options[name] == "":
        # This is probably an unset shell variable.
        raise ValidationError(f"{option} is empty: specify a token, or omit the option.")
    return options[name] or ""


def _secrets(options: dict[str, Any]) -> list[str]:
    return [*options["secrets"], *(_from_environment(name, "--secret-env") for name in options["secret_names"])]


def _from_environment(name: str, option: str) -> str:
    if not (value := os.environ.get(name)):
        raise ValidationError(f"The environment variable {name!r} is not set or is empty ({option}).")
    return value
