"""A recorded delivery as a line for the shell: curl sends the same bytes again, to any address."""

import base64
import re
import shlex
from urllib.parse import quote, urlsplit

from runs.models import Delivery, Run

# Fields of one connection (RFC 9110, section 7.6.1), and those that curl makes itself.
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
_ADDED_BY_CURL = ("Accept", "User-Agent")  # where nobody says otherwise
_IN_A_PATH = "/!$&'()*+,;=:@~"  # RFC 3986, section 3.3
_IN_A_QUERY = "".join(map(chr, range(0x21, 0x7F))).replace("#", "")  # as recorded, whatever it is
_DOTS = re.compile(r"/\.\.?(?:/|$)")
_MOST_BYTES_AS_TEXT = 64 * 1024  # one argument of a program has a limit, 128 KiB on Linux
_EXPECTS_FROM = 1000  # bytes of a body for which some versions of curl ask ahead whether to send it


def address(run: Run, delivery: Delivery, server: str) -> str:
    """
    Where a delivery is sent to start a run again.

    Args:
        run: The run that it started.
        delivery: The delivery.
        server: The server's address, such as https://hub.example.com: the sink's is added; or, with a path, the whole
            address, which is left as it is.
    """
    if urlsplit(server).path.strip("/"):
        return server
    return server.rstrip("/") + quote(f"/{run.app_id}{delivery.path}", safe=_IN_A_PATH)


def as_curl(delivery: Delivery, url: str, *, token: bool = False) -> str:
    """
    Write a delivery as a command for any POSIX shell.

    Args:
        delivery: What was recorded.
        url: Where to send it, without the query, which is the delivery's.
        token: Whether the receiver wants a bearer token: it is taken from the shell's variable TOKEN.

    Returns:
        The line. It has line breaks where a text body has them.
    """
    body = bytes(delivery.body)
    if delivery.query_string:
        url += "&" if "?" in url else "?"
        url += quote(delivery.query_string.encode("latin-1"), safe=_IN_A_QUERY)
    words = ["curl", "-gN"]  # braces and brackets in the address mean nothing, and what comes is shown at once
    if _DOTS.search(url):
        words.append("--path-as-is")
    if delivery.method == "HEAD":
        # There is no body to wait for, whatever the answer's length says; -I, which knows, takes no body to be sent.
        words += ["-X", "HEAD", "-m", "5"] if body else ["-I"]
    else:
        words += ["-X", shlex.quote(delivery.method)]
    words.append(shlex.quote(url))
    words += [f"-H {field}" for field in _fields(delivery, body)]
    if token:
        words.append('-H "Authorization: Bearer $TOKEN"')
    if not body:
        return " ".join(words)
    if len(body) <= _MOST_BYTES_AS_TEXT and (text := _as_text(body)) is not None:
        return " ".join([*words, "--data-raw", shlex.quote(text)])
    encoded = base64.b64encode(body).decode()
    return f"printf %s '{encoded}' | base64 -d | {' '.join(words)} --data-binary @-"


def _fields(delivery: Delivery, body: bytes) -> list[str]:
    """The header fields as words of the shell: those recorded, in order, and refusals of what curl would add."""
    left_out = set(_OF_THE_CONNECTION)
    for name, value in delivery.headers:
        if name.lower() == "connection":
            left_out.update(one.strip().lower() for one in value.split(","))
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
        return shlex.quote(f"{name};")  # how curl is told of an empty one
    line = f"{name}: {value}".encode("latin-1")
    if (text := _as_text(line)) is not None:
        return shlex.quote(text)
    # Bytes that are no text of this terminal's: every POSIX printf makes them of octal digits.
    escaped = "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"\\{byte:03o}" for byte in line)
    return f"\"$(printf '{escaped}')\""


def _as_text(data: bytes) -> str | None:
    """The bytes as UTF-8 that can be shown and pasted, or None."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    # A carriage return would be pasted as a line feed.
    return text if all(character.isprintable() or character in "\n\t" for character in text) else None
