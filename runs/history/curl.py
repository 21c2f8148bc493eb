"""A recorded delivery as a shell command: curl sends the same bytes again, to any address."""

import base64
import re
import shlex
from urllib.parse import quote, urlsplit

from runs.models import Delivery, Run

# Fields of one connection (RFC 9110, section 7.6.1), and those that curl sets itself.
_OF_THE_CONNECTION = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "http2-settings",
        "expect",
        "host",
        "content-length",
        "accept-encoding",
    }
)
_ADDED_BY_CURL = ("Accept", "User-Agent")  # unless the command removes them
_IN_A_PATH = "/!$&'()*+,;=:@~"  # RFC 3986, section 3.3
_IN_A_QUERY = "".join(map(chr, range(0x21, 0x7F))).replace("#", "")  # everything as recorded
_DOTS = re.compile(r"/\.\.?(?:/|$)")
_MAX_BYTES_AS_TEXT = 64 * 1024  # an argument of a program is limited, to 128 KiB on Linux
_EXPECTS_FROM = 1000  # bytes of a body from which some versions of curl send `Expect: 100-continue`


def address(run: Run, delivery: Delivery, server: str) -> str:
    """
    Return the URL to which to send a delivery again.

    Args:
        run: The run that was started by the delivery.
        delivery: The delivery.
        server: The server's URL, such as https://hub.example.com, to which the sink's path is added. A URL with a path
            is returned unchanged.
    """
    if urlsplit(server).path.strip("/"):
        return server
    return server.rstrip("/") + quote(f"/{run.app_id}{delivery.path}", safe=_IN_A_PATH)


def as_curl(delivery: Delivery, url: str, *, token: bool = False) -> str:
    """
    Write a delivery as a command for any POSIX shell.

    Args:
        delivery: The recorded delivery.
        url: The URL to send it to; the delivery's query is appended.
        token: Whether to send a bearer token, from the shell variable TOKEN.

    Returns:
        The command. It contains line breaks if a text body does.
    """
    body = bytes(delivery.body)
    if delivery.query_string:
        url += "&" if "?" in url else "?"
        url += quote(delivery.query_string.encode("latin-1"), safe=_IN_A_QUERY)
    words = ["curl", "-gN"]  # no globbing of braces and brackets in the URL, and no buffering of the output
    if _DOTS.search(url):
        words.append("--path-as-is")
    if delivery.method == "HEAD":
        # The response has no body, whatever its Content-Length is; -I accounts for that, but sends no request body.
        words += ["-X", "HEAD", "-m", "5"] if body else ["-I"]
    else:
        words += ["-X", shlex.quote(delivery.method)]
    words.append(shlex.quote(url))
    words += [f"-H {field}" for field in _fields(delivery, body)]
    if token:
        words.append('-H "Authorization: Bearer $TOKEN"')
    if not body:
        return " ".join(words)
    if len(body) <= _MAX_BYTES_AS_TEXT and (text := _as_text(body)) is not None:
        return " ".join([*words, "--data-raw", shlex.quote(text)])
    encoded = base64.b64encode(body).decode()
    return f"printf %s '{encoded}' | base64 -d | {' '.join(words)} --data-binary @-"


def _fields(delivery: Delivery, body: bytes) -> list[str]:
    """Return the header fields as shell words: the recorded ones, in order, and removals of curl's own."""
    left_out = set(_OF_THE_CONNECTION)
    for name, value in delivery.headers:
        if name.lower() == "connection":
            left_out.update(name.strip().lower() for name in value.split(","))
    kept = [(name, value) for name, value in delivery.headers if name.lower() not in left_out]
    names = {name.lower() for name, _ in kept}
    words = [_field(name, value) for name, value in kept]
    unwanted = [*_ADDED_BY_CURL, *(["Content-Type"] if body else [])]
    words += [f"{name}:" for name in unwanted if name.lower() not in names]
    if len(body) >= _EXPECTS_FROM:
        words.append("Expect:")
    return words


def _field(name: str, value: str) -> str:
    if not value.strip():
        return shlex.quote(f"{name};")  # curl's syntax for an empty field
    line = f"{name}: {value}".encode("latin-1")
    if (text := _as_text(line)) is not None:
        return shlex.quote(text)
    # Bytes that a terminal cannot show as text: every POSIX printf makes them from octal digits.
    escaped = "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"\\{byte:03o}" for byte in line)
    return f"\"$(printf '{escaped}')\""


def _as_text(data: bytes) -> str | None:
    """Return the bytes as text if they are UTF-8 that can be shown and pasted, or None."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    # A carriage return would be pasted as a line feed.
    return text if all(character.isprintable() or character in "\n\t" for character in text) else None
