"""The ASGI application: it serves triggers and runs itself, and passes other requests to Django."""

import logging
import os
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.signals import request_finished
from django.db import connections
from django.db.utils import Error as DatabaseError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sinkhub.settings")
django_application: Any = get_asgi_application()

from sinkhub.lifecycle import service  # noqa: E402 - models can be imported only now
from sinks.http.problems import RETRY, SLOW_BODY, TWO_CREDENTIALS, Answering, Receive, Scope, Send, refuse  # noqa: E402
from sinks.http.run_endpoints import read_run  # noqa: E402
from sinks.routing import paths  # noqa: E402
from sinks.trigger.endpoint import trigger  # noqa: E402

logger = logging.getLogger(__name__)


def _let_go(**kwargs: Any) -> None:
    connections.close_all()


# Under ASGI, Django gives each request its own thread, and therefore its own database connection. Without this, the
# connection would stay open for CONN_MAX_AGE without being reused, and a hundred requests to the admin would exhaust
# PostgreSQL's connections.
request_finished.connect(_let_go)

_TRIGGER = "/sink/trigger/http/"
_TRIGGER_OF_SDKS = "/api/v1/sink/trigger/http/"


async def http(scope: Scope, receive: Receive, send: Send) -> None:
    """Dispatch a request by the first segment of its path."""
    # Use the raw path, so that it is decoded only once. All three servers provide it.
    raw = scope.get("raw_path") or scope["path"].encode()
    try:
        path = paths.normalise(paths.decode(raw))
    except paths.InvalidPath as error:
        await refuse(send, 400, str(error))
        return
    first, _, rest = path[1:].partition("/")
    if first not in paths.RESERVED and first:
        app_id, path = first, "/" + rest
    elif path.startswith(_TRIGGER):
        app_id, _, rest = path[len(_TRIGGER) :].partition("/")
        path = "/" + rest
    elif path.startswith(_TRIGGER_OF_SDKS):
        app_id, _, rest = path[len(_TRIGGER_OF_SDKS) :].partition("/")
        path = "/" + rest
    elif first == "runs" and "/signals/" in rest:
        await _to_django(scope, receive, send)
        return
    elif first == "runs":
        app_id = ""
    elif first == "sink":
        await refuse(send, 404, f"There is no such URL; triggers are at {_TRIGGER}{{app_id}}{{path}}.")
        return
    else:
        if path in _PROBES:
            scope = _under_own_name(scope)
        # API URLs work with and without a trailing slash.
        await _to_django({**scope, "path": path} if first == "api" else scope, receive, send)
        return
    parts = service.parts
    if parts is None:
        try:
            parts = await service.start()
        except Exception as error:
            _log_failed_start(error)
            await refuse(send, 503, "The server cannot start its engine; the reason is in its log.", RETRY)
            return
    if app_id:
        await trigger(parts.engine, parts.directory.index, parts.outcomes, app_id, path, scope, receive, send)
    else:
        await read_run(parts.engine, parts.directory.index, rest, scope, receive, send)


_PROBES = frozenset({"/healthz", "/readyz"})


def _under_own_name(scope: Scope) -> Scope:
    """
    Replace the Host field of a probe with a name that Django allows: a probe may send, for example, the address of a
    pod.
    """
    names = (name for name in settings.ALLOWED_HOSTS if name[0] not in "*.")
    own = next(names, "localhost").encode()
    return {**scope, "headers": [(name, own if name == b"host" else value) for name, value in scope["headers"]]}


class _TooLarge(Exception):
    """The body is larger than DATA_UPLOAD_MAX_MEMORY_SIZE."""


class _TooSlow(Exception):
    """The body did not arrive in time."""


async def _to_django(scope: Scope, receive: Receive, send: Send) -> None:
    """Pass a request to Django, but refuse large bodies: Django writes any body to disk before it authenticates."""
    most = int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    answering = Answering(send)
    read = 0

    async def bounded() -> dict[str, Any]:
        nonlocal read
        message = await receive()
        if message.get("timed_out"):
            raise _TooSlow
        read += len(message.get("body", b""))
        if read > most:
            raise _TooLarge
        return message

    try:
        lengths = (value for name, value in scope["headers"] if name == b"content-length")
        if any(value.isdigit() and (len(value.lstrip(b"0")) > 18 or int(value) > most) for value in lengths):
            raise _TooLarge
        if sum(name == b"authorization" for name, _ in scope["headers"]) > 1:
            await refuse(send, 400, TWO_CREDENTIALS)
            return
        await django_application(scope, bounded, answering.send)
    except _TooLarge:
        if not answering.begun:
            await refuse(send, 413, f"The body is larger than {most} bytes.")
    except _TooSlow:
        if not answering.begun:
            await refuse(send, 408, SLOW_BODY)


def _log_failed_start(error: Exception) -> None:
    reason = str(error).strip().removesuffix(".") or type(error).__name__
    logger.error("cannot start: %s.%s", reason, _hint(error, reason))


def _hint(error: Exception, reason: str) -> str:
    """Return advice about a failed start, empty if there is none."""
    if not isinstance(error, DatabaseError):
        return ""
    if "no such table" in reason or "does not exist" in reason:
        return " Run 'manage.py migrate'."
    if "full" in reason or "No space left" in reason:
        return " Free some disk space."
    return " Check that the database is running and that this user may read and write it."


async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """Implement the ASGI lifespan protocol: start before the first request, drain and stop after the last."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                await service.start()
            except Exception as error:
                _log_failed_start(error)
                await send({"type": "lifespan.startup.failed", "message": ""})
                return
            await send({"type": "lifespan.startup.complete"})
        else:
            await service.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


application = ProtocolTypeRouter({"http": http, "lifespan": lifespan})
