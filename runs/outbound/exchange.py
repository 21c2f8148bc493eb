"""Send an outgoing request and read its response, following redirects, within bounds."""

import asyncio
import contextlib
import functools
import json
import os
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

import certifi
import httpcore
from django.conf import settings

from runs.delivery.content_encoding import ACCEPTED, TooLarge, UnfitBody, unpack
from runs.outbound.addresses import Network
from runs.outbound.connections import CheckedBackend, threads
from runs.outbound.errors import Failure, OutboundError
from runs.outbound.urls import Target, follow, matches, parse

DEFAULT_TIMEOUT = 10.0  # seconds
DEFAULT_MAX_BYTES = 1024 * 1024
DEFAULT_MAX_REDIRECTS = 3

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SEND_AGAIN = frozenset({307, 308})  # with the same method and body
# The fields that another origin gets too after a redirect. All others may be credentials, whatever their names.
_FOR_ALL_ORIGINS = frozenset({"accept", "accept-language", "user-agent"})
_OF_CONTENT = frozenset({"content-type", "content-language", "content-encoding", "digest", "content-digest"})
_SET_HERE = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "upgrade"})


@dataclass(frozen=True, slots=True)
class Response:
    """The response to an outgoing request."""

    status: int
    headers: Mapping[str, str]  # names in lower case; several fields of a name are joined by commas
    body: bytes  # unpacked

    def json(self) -> Any:
        """
        Return the body, parsed as JSON.

        Raises:
            OutboundError: The body is not JSON.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise OutboundError(Failure.PROTOCOL, "The response is not JSON.") from None


@dataclass(frozen=True, slots=True)
class _Bounds:
    deadline: float
    max_bytes: int
    networks: tuple[Network, ...]
    hosts: tuple[str, ...] | None
    https_only: bool


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    target: Target
    headers: tuple[tuple[str, str], ...]
    content: bytes


async def fetch(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    content: bytes = b"",
    timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109 - it bounds all parts together
    max_bytes: int = DEFAULT_MAX_BYTES,
    max_redirects: int = DEFAULT_MAX_REDIRECTS,
    allowed_hosts: Iterable[str] | None = None,
    https_only: bool = False,
    networks: Iterable[Network] = (),
) -> Response:
    """
    Send a request to a public address and return the response, whatever its status.

    Each name is resolved once per connection, its addresses are checked, and only a checked one is connected to.
    Proxies of the environment are not used. Certificates are verified against certifi's authorities, or against those
    of `SSL_CERT_FILE` and `SSL_CERT_DIR` where these are set.

    A redirect is checked like the first URL. It must not lead from https to http, nor send a body to another origin;
    another origin gets no header fields but `accept`, `accept-language` and `user-agent`.

    Args:
        method: The HTTP method.
        url: The URL, by http or https, with any port and without credentials.
        headers: Header fields. Those of the connection, its framing and the accepted codings are set here.
        content: The body.
        timeout: Seconds for everything together.
        max_bytes: The largest body of the response, before and after decompression.
        max_redirects: How many redirects are followed. 0 returns a redirect as the response.
        allowed_hosts: Patterns of host names, for the URL and each redirect; `*` stands for characters within one
            label, as in `sns.*.amazonaws.com`. None allows every host.
        https_only: Whether http:// is refused.
        networks: Networks beside public addresses and OUTBOUND_ALLOW. Only for addresses that someone on this machine
            has entered, for example as an argument of a command.

    Returns:
        The response.

    Raises:
        OutboundError: There is no response; `kind` and the message say why.
    """
    pairs = tuple(headers.items() if isinstance(headers, Mapping) else headers)
    bounds = _Bounds(
        deadline=time.monotonic() + timeout,
        max_bytes=max_bytes,
        networks=(*settings.OUTBOUND_ALLOW, *networks),
        hosts=None if allowed_hosts is None else tuple(allowed_hosts),
        https_only=https_only,
    )
    request = _Request(method.upper(), parse(url), pairs, content)
    try:
        async with asyncio.timeout(timeout):
            for _ in range(max_redirects + 1):
                _check(request.target, bounds)
                response = await _exchange(request, bounds, following=max_redirects > 0)
                if max_redirects == 0 or not _is_redirect(response.status, response.headers):
                    return response
                request = _redirected(request, response)
    except TimeoutError:
        raise OutboundError(
            Failure.TIMEOUT, f"{request.target.origin} did not answer completely within {timeout:g} seconds. Try later."
        ) from None
    raise OutboundError(
        Failure.REDIRECT,
        f"{parse(url).origin} redirects more than {max_redirects} times. Enter the URL that it leads to.",
    )


class Options(TypedDict, total=False):
    """The optional arguments of `fetch`."""

    headers: Mapping[str, str] | Iterable[tuple[str, str]]
    content: bytes
    timeout: float
    max_bytes: int
    max_redirects: int
    allowed_hosts: Iterable[str] | None
    https_only: bool
    networks: Iterable[Network]


def fetch_sync(method: str, url: str, **options: Unpack[Options]) -> Response:
    """
    Do the same as `fetch` in a thread without an event loop, such as a command's or a Django view's.

    Args:
        method: The HTTP method.
        url: The URL.
        **options: Those of `fetch`.

    Returns:
        The response.

    Raises:
        OutboundError: There is no response; `kind` and the message say why.
    """
    return asyncio.run(fetch(method, url, **options))


def _check(target: Target, bounds: _Bounds) -> None:
    if bounds.https_only and target.scheme != "https":
        raise OutboundError(Failure.URL, f"{target.origin} is not encrypted. Use a URL that begins with https://.")
    if bounds.hosts is not None and not any(matches(target, pattern) for pattern in bounds.hosts):
        raise OutboundError(
            Failure.HOST, f"The host {target.host} is not allowed here. Allowed: {', '.join(bounds.hosts) or 'none'}."
        )


def _is_redirect(status: int, headers: Mapping[str, str]) -> bool:
    return status in _REDIRECTS and "location" in headers


def _redirected(request: _Request, response: Response) -> _Request:
    """Return the request that follows a redirect (RFC 9110, section 15.4)."""
    target = follow(request.target, response.headers["location"])
    if request.target.scheme == "https" and target.scheme == "http":
        raise OutboundError(
            Failure.REDIRECT, f"{request.target.origin} redirects to {target.origin}, which is not encrypted."
        )
    method, headers, content = request.method, request.headers, request.content
    if response.status not in _SEND_AGAIN and method not in {"GET", "HEAD"}:
        method, content = "GET", b""
        headers = tuple(pair for pair in headers if pair[0].lower() not in _OF_CONTENT)
    if target.origin != request.target.origin:
        if content:
            raise OutboundError(
                Failure.REDIRECT,
                f"{request.target.origin} redirects to {target.origin}, and the request's body is not sent to another "
                "server. Enter the URL that it leads to.",
            )
        headers = tuple(pair for pair in headers if pair[0].lower() in _FOR_ALL_ORIGINS)
    return _Request(method, target, headers, content)


async def _exchange(request: _Request, bounds: _Bounds, following: bool) -> Response:
    """Send one request over a connection of its own. The body of a redirect is not read if it is followed."""
    target = request.target
    try:
        async with (
            contextlib.aclosing(CheckedBackend(bounds.networks, bounds.deadline)) as backend,
            httpcore.AsyncConnectionPool(
                ssl_context=await _tls() if target.scheme == "https" else None,
                max_connections=1,
                network_backend=backend,
            ) as pool,
            pool.stream(
                request.method.encode("ascii"),
                httpcore.URL(
                    scheme=target.scheme.encode(),
                    host=target.host.encode(),
                    port=target.port,
                    target=target.path.encode(),
                ),
                headers=_fields(request),
                content=request.content or None,
            ) as response,
        ):
            fields = _joined(response.headers)
            unread = following and _is_redirect(response.status, fields)
            body = b"" if unread else await _read(response, fields, request, bounds)
    except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
        raise OutboundError(Failure.CERTIFICATE, _tls_message(error, target)) from None
    except (httpcore.NetworkError, httpcore.TimeoutException):
        raise OutboundError(
            Failure.CONNECTION, f"The connection to {request.target.origin} broke off. Try again later."
        ) from None
    except (httpcore.LocalProtocolError, UnicodeError):
        raise OutboundError(
            Failure.PROTOCOL, "The request's method or a header field has characters that HTTP does not allow."
        ) from None
    except httpcore.ProtocolError:
        raise OutboundError(
            Failure.PROTOCOL, f"{request.target.origin} did not answer with valid HTTP. Check scheme and port."
        ) from None
    return Response(response.status, fields, body)


def _fields(request: _Request) -> list[tuple[bytes, bytes]]:
    pairs = [(name.lower(), value) for name, value in request.headers if name.lower() not in _SET_HERE]
    pairs += [("host", request.target.authority), ("accept-encoding", ACCEPTED), ("connection", "close")]
    if "user-agent" not in (name for name, _ in pairs):
        pairs.append(("user-agent", "SinkHub"))
    if request.content or request.method in {"POST", "PUT", "PATCH"}:
        pairs.append(("content-length", str(len(request.content))))
    return [(name.encode("ascii"), value.encode()) for name, value in pairs]


async def _read(response: httpcore.Response, fields: Mapping[str, str], request: _Request, bounds: _Bounds) -> bytes:
    too_large = OutboundError(
        Failure.SIZE, f"The response of {request.target.origin} is larger than {bounds.max_bytes} bytes."
    )
    length = fields.get("content-length", "")
    if request.method != "HEAD" and length.isascii() and length.isdigit() and int(length[:20]) > bounds.max_bytes:
        raise too_large
    parts = []
    size = 0
    async for part in response.aiter_stream():
        size += len(part)
        if size > bounds.max_bytes:
            raise too_large
        parts.append(part)
    body = b"".join(parts)
    if not (coding := fields.get("content-encoding")):
        return body
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(threads(), unpack, body, coding, bounds.max_bytes)
    except TooLarge:
        raise too_large from None
    except UnfitBody as error:
        raise OutboundError(Failure.PROTOCOL, f"{request.target.origin} did not answer readably. {error}") from None


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        joined[key] = f"{joined[key]}, {text}" if key in joined else text
    return joined


def _tls_message(error: Exception, target: Target) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"The certificate of {target.host} is not valid: {cause.verify_message.rstrip('.')}. "
                "For certificates of your own authority, set SSL_CERT_FILE."
            )
        cause = cause.__cause__ or cause.__context__
    return f"No encrypted connection to {target.origin}. Check that it speaks TLS at this port."


async def _tls() -> ssl.SSLContext:
    """Return the settings of TLS; in a thread, since reading the authorities takes some 20 ms."""
    places = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    return await asyncio.get_running_loop().run_in_executor(threads(), _context, *places)


@functools.lru_cache(4)
def _context(file: str | None, folder: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file or (None if folder else certifi.where()), capath=folder)
    except (OSError, ssl.SSLError):
        raise OutboundError(
            Failure.CERTIFICATE, "The authorities in SSL_CERT_FILE or SSL_CERT_DIR cannot be read. Correct the setting."
        ) from None
