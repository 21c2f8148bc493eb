"""Access for scripts of other sites to a sink and its runs (the CORS protocol of the Fetch standard)."""

from typing import Any

from sinks.access.caller_rules import HTTP_TOKEN
from sinks.http.problems import NO_SNIFF, Headers, Send, refuse

_MAX_REQUESTED_BYTES = 4096  # of an Access-Control-Request-Headers field; a longer one is ignored
_MAX_AGE = b"600"  # seconds; short, so that browsers notice a changed sink soon

# The response fields that a script may read in addition to those that any script may read.
_EXPOSED = b"X-Run-Id, Location, Retry-After, Idempotent-Replayed, Preference-Applied"
_VARY = (b"vary", b"Origin")
_VARY_OF_PREFLIGHT = (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers")


def requested_method(method: str, headers: list[tuple[bytes, bytes]]) -> str | None:
    """
    Return the method that a preflight names.

    Args:
        method: The request's own method.
        headers: The request's header fields.

    Returns:
        The method; None if the request is not a preflight: OPTIONS with Origin and Access-Control-Request-Method.
    """
    if method != "OPTIONS":
        return None
    fields = dict(headers)
    asked = fields.get(b"access-control-request-method", b"").decode("latin-1")
    return asked if b"origin" in fields and HTTP_TOKEN.fullmatch(asked) else None


async def answer_preflight(
    send: Send, origins: frozenset[str], methods: str, headers: list[tuple[bytes, bytes]]
) -> None:
    """
    Answer a preflight.

    Args:
        send: The ASGI callable.
        origins: The origins that the sink allows; empty if it allows none.
        methods: The allowed methods, comma-separated.
        headers: The request's header fields.
    """
    fields = dict(headers)
    allowed = _allowed(origins, fields.get(b"origin", b""))
    if allowed is None:
        # A browser stops the script whatever the status is; 403 gives the reason to a person who debugs it.
        await refuse(send, 403, "This sink does not allow scripts of this origin.", (_VARY_OF_PREFLIGHT,))
        return
    answer = [allowed, (b"access-control-allow-methods", methods.encode("latin-1"))]
    if names := _tokens(fields.get(b"access-control-request-headers", b"")):
        answer.append((b"access-control-allow-headers", ", ".join(names).encode()))
    answer += [(b"access-control-max-age", _MAX_AGE), _VARY_OF_PREFLIGHT, NO_SNIFF]
    await send({"type": "http.response.start", "status": 204, "headers": answer})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def sending(send: Send, origins: frozenset[str], headers: list[tuple[bytes, bytes]]) -> Send:
    """
    Return an ASGI send that lets scripts of the sink's origins read the response.

    Args:
        send: The ASGI callable.
        origins: The origins that the sink allows.
        headers: The request's header fields.

    Returns:
        `send` itself if there is nothing to add: the sink allows no origin, or the request names none.
    """
    if not origins or not (origin := dict(headers).get(b"origin")):
        return send
    more = headers_for(origins, origin)

    async def send_with_cors(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return send_with_cors


def headers_for(origins: frozenset[str], origin: bytes) -> Headers:
    """
    Return the fields of a response to a script of an origin. Access-Control-Allow-Credentials is not among them, so
    that no script acts with an admin's session.

    Args:
        origins: The origins that the sink allows, in lower case; `*` stands for all.
        origin: The Origin field.
    """
    allowed = _allowed(origins, origin)
    return (_VARY,) if allowed is None else (allowed, (b"access-control-expose-headers", _EXPOSED), _VARY)


def _allowed(origins: frozenset[str], origin: bytes) -> tuple[bytes, bytes] | None:
    if "*" in origins:
        return b"access-control-allow-origin", b"*"
    if origin.decode("latin-1").lower() in origins:
        return b"access-control-allow-origin", origin
    return None


def _tokens(names: bytes) -> list[str]:
    """Return the valid names in a list of field names."""
    if len(names) > _MAX_REQUESTED_BYTES:
        return []
    return [name for item in names.decode("latin-1").split(",") if HTTP_TOKEN.fullmatch(name := item.strip())]
