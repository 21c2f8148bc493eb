"""Errors as `application/problem+json` (RFC 9457), for the plain ASGI endpoints."""

import json
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import Any

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]
TWO_CREDENTIALS = "The request has more than one Authorization field: send one."
NO_SNIFF = (b"x-content-type-options", b"nosniff")


class Answering:
    """An ASGI send that records whether the response has begun: after that, no other response is possible."""

    __slots__ = ("_send", "begun")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def send(self, message: dict[str, Any]) -> None:
        self.begun = True
        await self._send(message)


def problem(status: int, detail: str, errors: dict[str, Any] | None = None) -> bytes:
    """
    Return the body of a problem. `type` is about:blank, so `title` is the phrase of the status (RFC 9457, section
    4.2.1).

    Args:
        status: The HTTP status.
        detail: The problem, and how to solve it.
        errors: The messages for each place in a document, or for each parameter of a query.
    """
    fields: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    fields["detail"] = detail
    if errors is not None:
        fields["errors"] = errors
    return json.dumps(fields).encode()


async def refuse(send: Send, status: int, detail: str, headers: Headers = ()) -> None:
    """
    Answer a request with a problem.

    Args:
        send: The ASGI callable.
        status: The HTTP status.
        detail: The problem, and how to solve it.
        headers: The fields that the status needs: Allow, Retry-After, WWW-Authenticate.
    """
    await answer(send, status, problem(status, detail), b"application/problem+json", headers)


async def answer(send: Send, status: int, body: bytes, content_type: bytes, headers: Headers = ()) -> None:
    """
    Answer with a complete body. The server omits it if the request's method is HEAD. An answer with status 204 has no
    fields of a body (RFC 9110, section 8.6).
    """
    of_body = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    lines = [*(of_body if status != 204 else ()), (b"cache-control", b"no-store"), NO_SNIFF, *headers]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body, "more_body": False})


RETRY = ((b"retry-after", b"5"),)
BEARER = ((b"www-authenticate", b"Bearer"),)
SLOW_BODY = "The body arrived too slowly, or not at all."
