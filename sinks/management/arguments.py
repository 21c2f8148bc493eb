"""Arguments of `manage.py sinks`: sinks, apps, files and pairs."""

import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management.base import CommandError

from runs.workflows import registry
from sinks.config.documents import messages
from sinks.models import App, Sink
from sinks.routing import paths

_NAMED = 10  # how many sinks of an app a message lists if the named sink does not exist


def read_file(name: str) -> str:
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{name} is not UTF-8: byte {error.start}.") from None


def read_body(data: str | None) -> bytes:
    if data is None or not data.startswith("@"):
        return (data or "").encode("utf-8", "surrogateescape")
    try:
        return sys.stdin.buffer.read() if data == "@-" else Path(data[1:]).read_bytes()
    except OSError as error:
        raise CommandError(f"{data[1:]} cannot be read: {error.strerror}.") from None


def parse_pairs(texts: list[str], between: str, example: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, found, value = text.partition(between)
        if not found or not name.strip():
            raise CommandError(f"{text!r} is invalid: write {example}.")
        pairs[name.strip()] = value.strip()
    return pairs


def find_app(app_id: str) -> App:
    app = App.objects.filter(app_id=app_id).first()
    if app is None:
        raise CommandError(f"There is no app {app_id!r}.")
    return app


def find_sink(name: str, method: str = "", *, lock: bool = False) -> Sink:
    """
    Return the sink that an argument names.

    Args:
        name: `[METHOD:]APP/PATH`.
        method: The method to choose if several sinks match the name.
        lock: Whether to lock the row until the end of the transaction.

    Raises:
        CommandError: No sink matches, or several do.
    """
    named, colon, rest = name.partition(":")
    if not colon or "/" in named:
        named, rest = "", name
    app_id, _, path = rest.lstrip("/").partition("/")
    seen = Sink.objects.select_related("app")
    if lock:
        seen = seen.select_for_update(of=("self",))
    sinks = list(seen.filter(app=find_app(app_id), shape=paths.shape(f"/{path}")))
    found = [sink for sink in sinks if not named or sink.method == named.upper()]
    if len(found) > 1 and method:
        found = [sink for sink in found if sink.method == method.upper()] or found
    if len(found) == 1:
        return found[0]
    if found:
        which = ", ".join(f"{sink.method}:{app_id}{sink.path}" for sink in found)
        raise CommandError(f"Several sinks have this path. Specify one of: {which}")
    others = list(Sink.objects.filter(app__app_id=app_id)[: _NAMED + 1])
    which = ", ".join(f"{sink.method}:{app_id}{sink.path}" for sink in others[:_NAMED])
    more = ", ..." if len(others) > _NAMED else ""
    raise CommandError(f"There is no sink {name!r}." + (f" This app has: {which}{more}" if others else ""))


def broken_workflow_files() -> dict[str, str]:
    """
    Discover the workflows without logging tracebacks, and return each file that cannot be imported with the reason.

    Raises:
        CommandError: SINKHUB_WORKFLOWS is not a folder.
    """
    try:
        registry.discover(log=False)
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from None
    return registry.broken()


def lines_of(error: ValidationError) -> str:
    return "\n".join(
        f"{name}: {' '.join(lines)}" if name else " ".join(lines) for name, lines in messages(error).items()
    )
