"""The request of a delivery that started no run, as far as it is kept: without credentials, within bounds of bytes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.conf import settings

from runs.delivery.request import Request
from sinks.http.problems import Receive, Scope
from sinks.routing.matching import Entry

_MAX_HEAD = 16 * 1024  # bytes of query and header fields
_MAX_READING = 64  # bodies that are read after their refusal, at once in this process
_UNREAD_STATUSES = frozenset({401, 403, 500})  # of refusals that may come before the body is read
_reading = 0


class Delivery(Protocol):
    """A request to a sink; see sinks/trigger/incoming.py."""

    sink: Entry
    request: Request
    scope: Scope
    receive: Receive


@dataclass(slots=True)
class KeptRequest:
    """A request that is kept, as the trigger has read it."""

    sink: Entry
    method: str
    path: str
    raw_path: str  # as sent, with the app's id; empty if the server does not say
    path_params: dict[str, str]
    query_string: str
    headers: Sequence[tuple[str, str]]  # without credentials
    body: bytes | None  # as received, or its beginning; None if it was not received
    body_size: int | None
    is_whole: bool
    authorization: bytes = field(default=b"", repr=False)  # of which nothing but its scheme and length is recorded
    size: int = 0  # bytes in memory, about


def kept_request(incoming: Delivery) -> KeptRequest:
    """Return the request of a delivery that started no run. Its body is cut at MAX_REFUSAL_BODY_BYTES."""
    request, limit = incoming.request, settings.MAX_REFUSAL_BODY_BYTES
    received = request.received
    declared, authorization = 0, b""
    for name, value in incoming.scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 19:
            declared = int(value)
        elif name == b"transfer-encoding":
            declared = declared or -1
        elif name == b"authorization":
            authorization = value
    head = len(request.query_string) + len(request.path)
    headers: list[tuple[str, str]] = request.header_list
    for place, (text, content) in enumerate(headers):
        head += len(text) + len(content)
        if head > _MAX_HEAD:
            headers = headers[:place]
            break
    is_head_whole = head <= _MAX_HEAD
    body: bytes | None = None
    if received or not declared:
        body = received if len(received) <= limit else received[:limit]
    return KeptRequest(
        sink=incoming.sink,
        method=request.method[:_MAX_HEAD],
        path=request.path[:_MAX_HEAD],
        raw_path=(incoming.scope.get("raw_path") or b"").decode("latin-1")[:_MAX_HEAD],
        path_params=dict(request.path_params) if is_head_whole else {},
        query_string=request.query_string[:_MAX_HEAD],
        headers=headers,
        body=body,
        body_size=len(received) if body is not None else declared if declared > 0 else None,
        is_whole=is_head_whole and body is not None and len(body) == len(received),
        authorization=authorization,
        size=min(head, _MAX_HEAD) + (len(body) if body is not None else 0),
    )


async def read_unread_body(incoming: Delivery, status: int) -> None:
    """
    Read the body of a request that was refused before its body was read, so that the delivery can be accepted later.
    Small bodies come together with the head, or just behind it; this waits for no other.

    Args:
        incoming: The request.
        status: The status of the refusal.
    """
    global _reading
    request, limit = incoming.request, settings.MAX_REFUSAL_BODY_BYTES
    if status not in _UNREAD_STATUSES or request.body or _reading >= _MAX_READING or not limit:
        return
    declared = False
    for name, value in incoming.scope["headers"]:
        if name == b"expect":
            return  # the client must not be asked for its body
        if name == b"content-length":
            if not value.isdigit() or len(value) > 18 or int(value) > limit:
                return
            declared = declared or int(value) > 0
        elif name == b"transfer-encoding":
            declared = True
    if not declared:
        return
    _reading += 1
    whole = bytearray()
    try:
        async with asyncio.timeout(settings.REFUSED_BODY_TIMEOUT):
            more = True
            while more:
                message = await incoming.receive()
                if message["type"] == "http.disconnect":
                    return
                whole += message.get("body", b"")
                more = bool(message.get("more_body"))
                if len(whole) > limit:
                    return
        request.body = bytes(whole)
    except TimeoutError:
        return
    finally:
        _reading -= 1
