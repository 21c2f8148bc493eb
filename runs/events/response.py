"""The response that a workflow or a sink chooses: validated, and as it is recorded."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from runs.events.encoding import to_json

_MAX_FIELDS = 50
_MAX_VALUE = 4096  # characters of a field's value
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110, section 5.6.2
_VALUE = re.compile(r"[\x21-\x7e\xa0-\xff](?:[\x20-\x7e\xa0-\xff\t]*[\x21-\x7e\xa0-\xff])?|")
_WITHOUT_BODY = frozenset({204, 205, 304})

# Responses come from the origin of the admin, so that only fields are allowed that cannot act on it.
ALLOWED_FIELDS = frozenset(
    {
        "age",
        "allow",
        "cache-control",
        "content-disposition",
        "content-language",
        "content-type",
        "deprecation",
        "etag",
        "expires",
        "last-modified",
        "location",
        "retry-after",
        "vary",
    }
)
# Further fields of services, such as X-Hook-Secret.
ALLOWED_PREFIXES = ("x-", "webhook-", "ce-")
# Fields that proxies obey, or that SinkHub sets.
_REFUSED_PREFIXES = (
    "x-accel-",
    "x-content-",
    "x-dns-",
    "x-forwarded-",
    "x-frame-",
    "x-lighttpd-",
    "x-litespeed-",
    "x-original-",
    "x-permitted-",
    "x-reproxy-",
    "x-rewrite-",
    "x-run-id",
    "x-sendfile",
    "x-ua-",
    "x-xss-",
)


class InvalidResponse(ValueError):
    """A response has an invalid status, header field or body. The message says which, and what is allowed."""


@dataclass(frozen=True, slots=True)
class Response:
    """
    A response.

    Attributes:
        status: The HTTP status.
        headers: The header fields, with the Content-Type if there is a body. Names are in lower case.
        body: The bytes.
    """

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """
        The body, parsed as JSON.

        Raises:
            ValueError: It is not JSON.
        """
        return json.loads(self.body)


def make_response(status: int, headers: Mapping[str, str] | None = None, body: Any = None) -> Response:
    """
    Validate a response.

    Args:
        status: From 200 to 599.
        headers: Header fields of ALLOWED_FIELDS, or whose names begin with ALLOWED_PREFIXES.
        body: Bytes, a text, a value that becomes JSON, or None for an empty body. If there is no Content-Type, a text
            is text/plain, a value application/json, and bytes are application/octet-stream.

    Raises:
        InvalidResponse: It is invalid.
    """
    if type(status) is not int or not 200 <= status <= 599:
        raise InvalidResponse(f"The status must be a number from 200 to 599, not {status!r}.")
    fields = _fields({} if headers is None else headers)
    content, kind = _content(body)
    if content and status in _WITHOUT_BODY:
        raise InvalidResponse(f"A response with the status {status} has no body.")
    if content:
        fields.setdefault("content-type", kind)
    return Response(status, fields, content)


def _fields(headers: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(headers, Mapping):
        raise InvalidResponse("The headers must be an object: names with their values.")
    if len(headers) > _MAX_FIELDS:
        raise InvalidResponse(f"A response may have {_MAX_FIELDS} header fields, not {len(headers)}.")
    fields: dict[str, str] = {}
    for name, value in headers.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            raise InvalidResponse(f"{name!r} is not the name of a header field.")
        lower = name.lower()
        if lower in fields:
            raise InvalidResponse(f"The header field {name} occurs twice.")
        if not is_allowed(lower):
            named = ", ".join(sorted(ALLOWED_FIELDS))
            raise InvalidResponse(
                f"The header field {name} is not allowed. Allowed are X- fields of services, {named}."
            )
        if not isinstance(value, str) or len(value) > _MAX_VALUE or not _VALUE.fullmatch(value):
            raise InvalidResponse(
                f"The value of the header field {name} must be one line of printable Latin-1 text, without spaces "
                f"around it, of {_MAX_VALUE} characters at most."
            )
        fields[lower] = value
    return fields


def is_allowed(name: str) -> bool:
    """Return whether a response may have a header field; the name is in lower case."""
    if name in ALLOWED_FIELDS:
        return True
    return name.startswith(ALLOWED_PREFIXES) and not name.startswith(_REFUSED_PREFIXES)


def _content(body: Any) -> tuple[bytes, str]:
    """Return a body's bytes, and its type if no Content-Type is set."""
    if body is None:
        return b"", ""
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body), "application/octet-stream"
    try:
        if isinstance(body, str):
            return body.encode(), "text/plain; charset=utf-8"
        return to_json(body).encode(), "application/json"
    except UnicodeEncodeError:
        raise InvalidResponse("The body contains a lone surrogate, which UTF-8 cannot represent.") from None
    except (TypeError, ValueError) as error:
        raise InvalidResponse(f"The body must be bytes, a text, or JSON: {error}.") from None


def encode_response(response: Response) -> str:
    """
    Return a response as it is recorded: JSON.

    Raises:
        InvalidResponse: It takes more than MAX_STEP_BYTES.
    """
    value: dict[str, Any] = {"status": response.status, "headers": response.headers}
    try:
        value["body"] = response.body.decode()
    except UnicodeDecodeError:
        value["body_base64"] = base64.b64encode(response.body).decode()
    text = to_json(value)
    if len(text) > settings.MAX_STEP_BYTES:
        raise InvalidResponse(
            f"The response has {len(text)} characters as it is recorded, {settings.MAX_STEP_BYTES} are allowed"
            " (MAX_STEP_BYTES). Store large bodies elsewhere, and redirect to them."
        )
    return text


def decode_response(text: str) -> Response:
    """Return a recorded response."""
    value = json.loads(text)
    body = base64.b64decode(value["body_base64"]) if "body_base64" in value else value["body"].encode()
    return Response(value["status"], value["headers"], body)
