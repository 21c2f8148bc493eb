"""The header fields of a request, read once."""

from dataclasses import dataclass

from sinks.access import credential_headers
from sinks.http.problems import TWO_CREDENTIALS
from sinks.trigger.refusals import Refused

# Fields that decide how a request is answered.
_HEEDED = frozenset({b"accept", b"content-encoding", b"content-length", b"prefer", b"idempotency-key"})


@dataclass(slots=True)
class Fields:
    """What the header fields of a request say."""

    kept: list[tuple[str, str]]  # for the workflow: without credentials
    authorization: bytes = b""
    accept: bytes = b""
    prefer: bytes = b""
    length: bytes = b""  # the Content-Length
    idempotency_key: bytes | None = None
    packed: bool = False  # whether there is a Content-Encoding


def read_fields(headers: list[tuple[bytes, bytes]]) -> Fields:
    """
    Raises:
        Refused: A field that may come once comes twice.
    """
    kept: list[tuple[str, str]] = []
    sent = Fields(kept)
    authorized = False
    for name, value in headers:
        if name in credential_headers.FIELDS:
            if name == b"authorization":
                if authorized:
                    raise Refused("headers", 400, TWO_CREDENTIALS)
                sent.authorization, authorized = value, True
            continue
        kept.append((name.decode("latin-1"), value.decode("latin-1")))
        if name not in _HEEDED:
            continue
        if name == b"accept":
            sent.accept = sent.accept + b"," + value if sent.accept else value
        elif name == b"content-length":
            sent.length = value
        elif name == b"content-encoding":
            sent.packed = True
        elif name == b"prefer":
            sent.prefer = sent.prefer + b"," + value if sent.prefer else value
        else:
            if sent.idempotency_key is not None:
                raise Refused("headers", 400, "The request has two Idempotency-Key fields: send one.")
            sent.idempotency_key = value
    return sent
