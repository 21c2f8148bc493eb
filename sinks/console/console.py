"""The test console of a sink: it sends a real request, and streams the response as lines of JSON."""

import asyncio
import codecs
import json
import logging
import re
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.http import HttpRequest

from runs.workflows import registry
from sinks.console.sending import CannotSend, Incoming, Outgoing, sent, to_sink
from sinks.models import ANY, Sink
from sinks.routing import paths

logger = logging.getLogger(__name__)

METHODS = ("POST", "PUT", "PATCH", "GET", "HEAD", "DELETE", "OPTIONS")
_MAX_BYTES = 1024 * 1024  # how much of a response is shown
_MAX_TESTS = 50  # concurrent tests in a process: each has a thread
# Fields that the client sets itself, or that the server would trust because the request comes from its own machine.
_NOT_TYPED = re.compile(r"host|connection|content-length|transfer-encoding|forwarded|x-forwarded-.*|x-real-ip", re.I)

_listening = threading.BoundedSemaphore(_MAX_TESTS)


def methods(sink: Sink) -> list[str]:
    """Return the methods that a request to the sink may have."""
    return list(METHODS) if sink.method == ANY else [sink.method]


def parameters(sink: Sink) -> list[str]:
    """Return the names of the parameters in the sink's path."""
    names = (paths.parameter(segment) for segment in paths.segments(paths.normalise(sink.path)))
    return [name for name in names if name is not None]


def request_of(form: Any, sink: Sink, server: str) -> Outgoing:
    """
    Return the request that a submitted form describes.

    Args:
        form: Its fields: `method`, `query`, `headers` (one a line), `body`, and `param-NAME` for each parameter.
        sink: The sink to test.
        server: The server's address.

    Raises:
        CannotSend: A line is not a header, or the request cannot be made.
        encryption.Unreadable: A token or secret was encrypted under another SECRET_KEY.
    """
    headers = []
    for line in form.get("headers", "").splitlines():
        name, colon, value = line.partition(":")
        if line.strip() and not (colon and name.strip()):
            raise CannotSend(f"{line.strip()!r} is not a header such as X-GitHub-Event: push.")
        if _NOT_TYPED.fullmatch(name.strip()):
            raise CannotSend(f"{name.strip()} cannot be set here: omit it.")
        if line.strip():
            headers.append((name.strip(), value.strip()))
    # Browsers send a text area's lines with \r\n, whatever was typed.
    body = form.get("body", "").replace("\r\n", "\n").encode()
    return to_sink(
        sink,
        server,
        method=form.get("method", ""),
        params={name: form.get(f"param-{name}", "") for name in parameters(sink)},
        query=urlencode(parse_qsl(form.get("query", "").lstrip("?"), keep_blank_values=True)),
        headers=headers,
        body=body,
    )


def longest_run(sink: Sink) -> float:
    """Return how many seconds all attempts of a run of the sink may take together, without the pauses between."""
    workflow = registry.find(sink.workflow)
    if workflow is None:
        return 0.0
    return workflow.time_limit(sink.timeout) * workflow.rule(sink.retry).attempts


def this_server(request: HttpRequest) -> str:
    """Return the address at which this server itself listens, bypassing any proxy."""
    host, port = (getattr(request, "scope", {}).get("server") or ("127.0.0.1", settings.PORT))[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


async def relayed(request: Outgoing, silence: float) -> AsyncIterator[bytes]:
    """
    Send a request, and stream its response as it arrives.

    Args:
        request: The request.
        silence: Seconds without a byte after which the request fails.

    Yields:
        Lines of JSON: first `status`, `reason` and `headers`, then `part`s of the body as text; `error` if the request
        fails, and `cut` if the response is longer than 1 MiB and its rest is not shown.
    """
    if not _listening.acquire(blocking=False):
        yield json.dumps({"error": f"{_MAX_TESTS} tests are running: wait until one has ended."}).encode() + b"\n"
        return
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    left = threading.Event()
    answers: list[Incoming] = []

    def tell(line: dict[str, Any] | None) -> None:
        with suppress(RuntimeError):  # the event loop is closed
            loop.call_soon_threadsafe(lines.put_nowait, line)

    def send() -> None:
        shown = 0
        text = codecs.getincrementaldecoder("utf-8")("replace")
        try:
            with sent(request, silence) as answer:
                answers.append(answer)
                tell({"status": answer.status, "reason": answer.reason, "headers": answer.headers})
                for part in answer.body:
                    shown += len(part)
                    if left.is_set():
                        return
                    if shown > _MAX_BYTES:
                        tell({"cut": _MAX_BYTES})
                        return
                    tell({"part": text.decode(part)})
        except CannotSend as error:
            if not left.is_set():
                tell({"error": str(error)})
        except Exception as error:
            logger.error("sink test failed", exc_info=error)
            tell({"error": "The test failed; the reason is in the server's log."})
        finally:
            _listening.release()
            tell(None)

    # A separate thread: a response can take as long as a run, and Django's threads are for requests.
    threading.Thread(target=send, name="console", daemon=True).start()
    try:
        while (line := await lines.get()) is not None:
            yield json.dumps(line).encode() + b"\n"
    finally:
        left.set()
        for answer in answers:
            answer.hang_up()
