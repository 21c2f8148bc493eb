"""The body of a request: it is read within limits, unpacked, and its memory is counted."""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from runs.delivery import content_encoding
from runs.delivery.forms import count_fields
from runs.delivery.json_parsing import LARGE_BYTES, run_in_parser
from runs.delivery.request import Request
from runs.execution.request_memory import body_memory
from sinks.http.problems import SLOW_BODY, Receive
from sinks.routing.matching import Entry
from sinks.trigger.incoming import Incoming
from sinks.trigger.intake import Upload, intake
from sinks.trigger.rate_limits import retry_after
from sinks.trigger.refusals import ClientLeft, RefusalKind, Refused, overloaded, too_large

_MAX_FORM_FIELDS: int = settings.MAX_FORM_FIELDS
_MAX_DIGITS = 18  # of a Content-Length that is accepted as a number


async def read_body(incoming: Incoming) -> None:
    """
    Read the whole body. `body_memory` counts its length until the caller subtracts the request's `counted`.

    Raises:
        Refused: The body exceeds the sink's limit, by its Content-Length or when read; the body arrives too slowly;
            this process has too many runs; or this process or the sink holds too many bytes of bodies.
        ClientLeft: The client left before the body was complete.
    """
    sink, receive = incoming.sink, incoming.receive
    limit = sink.body_limit
    digits = incoming.fields.length.lstrip(b"0")
    if len(digits) > _MAX_DIGITS:
        raise too_large(limit)
    declared = int(digits) if digits.isdigit() else 0
    if declared > limit:
        raise too_large(limit)
    loop = asyncio.get_running_loop()
    executor = incoming.engine.executor
    if intake.is_overloaded(executor.count, executor.max_runs, declared, loop.time()):
        raise overloaded()
    intake.reading += 1
    try:
        body, last = _part_of(await receive())
        if len(body) > limit:
            raise too_large(limit)
        if not (body_memory.has_room(len(body)) or intake.make_room(len(body), loop.time())):
            raise overloaded()
        if last:
            body_memory.bytes += len(body)
        else:
            body = await _read_rest(sink, receive, body, loop)
    finally:
        intake.reading -= 1
    incoming.request.body = body
    incoming.request.counted = len(body)


async def _read_rest(sink: Entry, receive: Receive, part: bytes, loop: asyncio.AbstractEventLoop) -> bytes:
    """
    Read the part of a body that did not arrive with the request's head, and return the whole body; see `read_body`.
    """
    whole = bytearray(part)
    upload: Upload | None = None
    try:
        # Limit the time of slow uploads, so that they cannot starve other requests.
        async with asyncio.timeout(settings.BODY_TIMEOUT) as timeout:
            body_memory.bytes += len(part)
            upload = Upload(sink.id, len(part), timeout, loop.time())
            has_room = intake.begin(upload)
            last = False
            while not last:
                if not has_room:
                    raise overloaded()
                part, last = _part_of(await receive())
                now = loop.time()
                if upload.size + len(part) > sink.body_limit:
                    raise too_large(sink.body_limit)
                if not intake.make_room(len(part), now):
                    raise overloaded()
                if upload.dropped:
                    raise TimeoutError
                body_memory.bytes += len(part)
                upload.grow(len(part), now)
                has_room = last or intake.has_sink_room(upload, now)
                whole += part
        return bytes(whole)
    except BaseException as error:
        if upload is not None:
            body_memory.bytes -= upload.size
        if not isinstance(error, TimeoutError):
            raise
        if upload is not None and upload.dropped:
            detail = "The body arrived too slowly while the server was short of memory. Try again."
            raise Refused(RefusalKind.SLOW, detail, retry_after(1)) from None
        detail = f"The body did not arrive within {settings.BODY_TIMEOUT:g} s."
        raise Refused(RefusalKind.SLOW, detail) from None
    finally:
        if upload is not None:
            intake.end(upload)


def _part_of(message: dict[str, Any]) -> tuple[bytes, bool]:
    """Return a part of the body, and whether it is the last."""
    if message["type"] == "http.disconnect":
        if message.get("timed_out"):
            raise Refused(RefusalKind.SLOW, SLOW_BODY)
        raise ClientLeft
    return message.get("body", b""), not message.get("more_body")


def unpack_body(incoming: Incoming) -> Awaitable[None] | None:
    """
    Undo the Content-Encoding, if there is one.

    Raises:
        Refused: The unpacked body exceeds the sink's limit or the free memory, or it cannot be unpacked.
    """
    return _unpack_body(incoming) if incoming.fields.packed else None


async def _unpack_body(incoming: Incoming) -> None:
    request, limit, executor = incoming.request, incoming.sink.body_limit, incoming.engine.executor
    try:
        if not _unpack_small(request, limit):
            # The unpacked size is not known yet, so reserve the maximum.
            async with executor.parsing:
                with _reserved(limit):
                    await run_in_parser(request.unpack, limit)
    except content_encoding.TooLarge as error:
        raise Refused(RefusalKind.SIZE, str(error)) from None
    except content_encoding.Unreadable as error:
        raise Refused(RefusalKind.BODY, str(error)) from None
    except content_encoding.UnknownCoding as error:
        raise Refused(RefusalKind.CODING, str(error)) from None
    if request.packed is not None:
        _take(request, len(request.body))


def _unpack_small(request: Request, limit: int) -> bool:
    """Unpack a body that is small before and after. Return whether that was possible."""
    if len(request.body) > LARGE_BYTES:
        return False
    try:
        request.unpack(min(limit, LARGE_BYTES))
    except content_encoding.TooLarge:
        if limit <= LARGE_BYTES:
            raise
        return False
    return True


def check_form(incoming: Incoming) -> None:
    """
    Check that a form has at most MAX_FORM_FIELDS fields and files.

    Raises:
        Refused: The form has more.
    """
    request = incoming.request
    if len(request.body) < _MAX_FORM_FIELDS:
        return
    if count_fields(request.body, request.content_type) > _MAX_FORM_FIELDS:
        detail = f"The form has more than {_MAX_FORM_FIELDS} fields and files (MAX_FORM_FIELDS)."
        raise Refused(RefusalKind.FIELDS, detail)


def reserve_parsed(incoming: Incoming) -> Awaitable[None] | None:
    """
    Count the memory that a large body may take when the sink's expressions or the workflow parse it.

    Raises:
        Refused: There is not enough memory, now or at all.
    """
    return _reserve_parsed(incoming) if len(incoming.request.body) > LARGE_BYTES else None


async def _reserve_parsed(incoming: Incoming) -> None:
    request, checks = incoming.request, incoming.sink.checks
    is_parsed_now = checks is not None and checks.has_expressions
    async with incoming.engine.executor.parsing:
        size = await run_in_parser(request.estimate_parsed)
    most: int = settings.MAX_PENDING_BYTES
    # A workflow may never parse its body, so a large body alone is no reason to refuse the delivery.
    if size > most and is_parsed_now:
        detail = f"The parsed body would take about {size} bytes of memory; {most} are allowed (MAX_PENDING_BYTES)."
        raise Refused(RefusalKind.SIZE, detail)
    _take(request, size if is_parsed_now else min(size, most // 2))
    request.parsed_is_counted = True


def _take(request: Request, size: int) -> None:
    """
    Count memory that a request holds.

    Raises:
        Refused: There is not enough memory.
    """
    _count(size)
    request.counted += size


def _count(size: int) -> None:
    if not intake.make_room(size, asyncio.get_running_loop().time()):
        raise overloaded()
    body_memory.bytes += size


@contextmanager
def _reserved(size: int) -> Iterator[None]:
    """
    Count memory that a body may need in the `with` block.

    Raises:
        Refused: There is not enough memory.
    """
    _count(size)
    try:
        yield
    finally:
        body_memory.bytes -= size
