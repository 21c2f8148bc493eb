"""Requests to a sink, as a caller would send them: with the sink's token, and signed according to its scheme."""

import http.client
import socket
import ssl
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import quote, urlsplit

from django.conf import settings

from runs.listing.rows import TEST_AGENT
from sinks.console.credentials import credential_of
from sinks.models import ANY, Sink
from sinks.routing import paths
from sinks.webhooks.signatures.bodies import CannotSign
from sinks.webhooks.signatures.signing import sign

_IN_A_SEGMENT = "!$&'()*+,;=:@~"  # RFC 3986, section 3.3
_MAX_BYTES = 64 * 1024  # of a response, read at once


class CannotSend(Exception):
    """The request cannot be made, or the server cannot be reached. The message says why and what to do."""


class NoAnswer(CannotSend):
    """The server cannot be reached, or stops sending."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to send."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A response whose body has not been read."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: Iterator[bytes]  # line by line if it is a stream of events
    hang_up: Callable[[], None]  # ends a waiting read of the body; can be called in any thread

    def header(self, name: str) -> str:
        """Return a field's value; empty if the field is missing."""
        return next((value for field_name, value in self.headers if field_name.lower() == name), "")


def to_sink(
    sink: Sink,
    server: str,
    *,
    method: str = "",
    params: Mapping[str, str] | None = None,
    query: str = "",
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
) -> Outgoing:
    """
    Return a request that the sink accepts.

    Args:
        sink: The sink, whose address, token and secrets the request uses.
        server: The server's address, such as https://hub.example.com.
        method: The method, for a sink with any method; POST if it is empty.
        params: Values of the path's parameters.
        query: The query string, encoded, without its question mark.
        headers: Additional fields, which replace generated ones of the same name.
        body: The body.

    Raises:
        CannotSend: A parameter has no value, or the sink has another method.
        encryption.Unreadable: A token or secret was encrypted under another SECRET_KEY.
    """
    method = method.upper() or ("POST" if sink.method == ANY else sink.method)
    if sink.method not in {ANY, method}:
        raise CannotSend(f"This sink takes {sink.method} requests, not {method}.")
    delivery_id = f"test-{uuid.uuid4()}"
    made: dict[str, str] = {"User-Agent": TEST_AGENT}
    if body:
        made["Content-Type"] = "application/json"
    if sink.auth_token:
        made["Authorization"] = f"Bearer {sink.auth_token}"
    else:
        credential, parameter = credential_of(sink.callers)
        made |= credential
        query = "&".join(filter(None, (query, parameter)))
    names = {name.lower() for name, _ in headers}
    address = f"/{sink.app.app_id}{_filled(sink.path, params or {})}"
    if (scheme := sink.find_scheme()) is not None:
        public_url = (sink.public_url or f"{settings.PUBLIC_URL}{address}").partition("?")[0]
        sent = {name: value for name, value in made.items() if name.lower() not in names} | dict(headers)
        try:
            signed = sign(
                scheme,
                next(iter(sink.secrets), ""),
                method=method,
                url=public_url,
                query=query,
                headers=sent,
                body=body,
                message_id=delivery_id,
            )
        except CannotSign as error:
            raise CannotSend(str(error)) from None
        made |= signed.headers
        query, body = signed.query, signed.body
    if sink.dedupe_header:
        # A new id, so that each test starts its own run.
        made.setdefault(sink.dedupe_header, delivery_id)
    fields = [(name, value) for name, value in made.items() if name.lower() not in names]
    target = f"{server.rstrip('/')}{address}"
    return Outgoing(method, f"{target}?{query}" if query else target, [*fields, *headers], body)


@contextmanager
def sent(request: Outgoing, timeout: float) -> Iterator[Incoming]:
    """
    Send a request.

    Args:
        request: The request.
        timeout: Seconds without a byte from the server after which the request fails.

    Yields:
        The response, whose body is read as it arrives.

    Raises:
        CannotSend: The request cannot be made.
        NoAnswer: The server cannot be reached, or stops sending; reading the body can raise it too.
    """
    url = urlsplit(request.url)
    if url.scheme not in {"http", "https"} or not url.netloc:
        raise CannotSend(f"{request.url!r} is not a URL such as https://hub.example.com.")
    try:
        if url.scheme == "https":
            context = ssl.create_default_context()
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                url.netloc, timeout=timeout, context=context
            )
        else:
            connection = http.client.HTTPConnection(url.netloc, timeout=timeout)
    except (http.client.InvalidURL, ValueError) as error:
        raise CannotSend(f"The URL is invalid: {error}") from None
    server = f"{url.scheme}://{url.netloc}"
    with closing(connection):
        with _answering(server):
            target = url.path + (f"?{url.query}" if url.query else "")
            connection.putrequest(request.method, target, skip_accept_encoding=True)
            for name, value in request.headers:
                connection.putheader(name, value)
            if request.body or request.method not in {"GET", "HEAD", "DELETE", "OPTIONS"}:
                connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body or None)
            response = connection.getresponse()
        status, fields = (response.status, response.reason), response.getheaders()
        yield Incoming(*status, fields, _lines(response, server), partial(_hang_up, connection.sock))


def _hang_up(wire: socket.socket | None) -> None:
    if wire is not None:  # None if the response was complete at once
        with suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)


def _lines(response: http.client.HTTPResponse, server: str) -> Iterator[bytes]:
    stream = (response.getheader("content-type") or "").startswith("text/event-stream")
    while True:
        with _answering(server):
            part = response.readline() if stream else response.read(_MAX_BYTES)
        if not part:
            return
        yield part


@contextmanager
def _answering(server: str) -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(f"{server} does not answer: {str(error) or type(error).__name__}") from None


def _filled(path: str, params: Mapping[str, str]) -> str:
    filled = []
    for segment in paths.segments(paths.normalise(path)):
        name = paths.parameter(segment)
        if name is not None and not params.get(name):
            raise CannotSend(f"The path parameter {name} has no value: set it with --param {name}=VALUE.")
        filled.append(quote(segment if name is None else params[name], safe=_IN_A_SEGMENT))
    return "/" + "/".join(filled)
