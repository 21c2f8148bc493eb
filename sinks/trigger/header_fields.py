"""The header fields of a request, read once."""

from sinks.access import credential_headers
from sinks.http.problems import TWO_CREDENTIALS
from sinks.trigger.incoming import Fields, Incoming
from sinks.trigger.refusals import RefusalKind, Refused

# Fields that decide how a request is answered.
_HEEDED = frozenset({b"accept", b"content-encoding", b"content-length", b"prefer", b"idempotency-key"})


def read_fields(incoming: Incoming) -> None:
    """
    Raises:
        Refused: A field that may come once comes twice.
    """
    kept = incoming.request.header_list  # for the workflow: without credentials
    incoming.fields = sent = Fields()
    authorized = False
    for name, value in incoming.scope["headers"]:
        if name in credential_headers.FIELDS:
            if name == b"authorization":
                if authorized:
                    raise Refused(RefusalKind.HEADERS, TWO_CREDENTIALS)
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
                raise Refused(RefusalKind.HEADERS, "The request has two Idempotency-Key fields: send one.")
            sent.idempotency_key = value
