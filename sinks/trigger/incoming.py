"""A request to a sink: its header fields, read once, and all that its checks find out about it."""

from dataclasses import dataclass

from runs.delivery.request import Request
from runs.journal.idempotency import Once
from runs.runtime import Engine
from runs.workflows.registry import Workflow
from sinks.access import credential_headers
from sinks.http.answers import Wish
from sinks.http.problems import TWO_CREDENTIALS, Receive, Scope
from sinks.routing.matching import Entry
from sinks.trigger.outcomes import Outcomes
from sinks.trigger.refusals import RefusalKind, Refused

# Fields that decide how a request is answered.
_HEEDED = frozenset({b"accept", b"content-encoding", b"content-length", b"prefer", b"idempotency-key"})


@dataclass(slots=True)
class Fields:
    """What the header fields of a request say."""

    authorization: bytes = b""
    accept: bytes = b""
    prefer: bytes = b""
    length: bytes = b""  # the Content-Length
    idempotency_key: bytes | None = None
    packed: bool = False  # whether there is a Content-Encoding


class Incoming:
    """
    A request to a sink. The first attributes are there from the start; each of the others is set by the check that
    stands beside it, and those after that check may read it.
    """

    __slots__ = (
        "engine",
        "fields",
        "named",
        "once",
        "outcomes",
        "receive",
        "request",
        "scope",
        "sink",
        "wish",
        "workflow",
    )

    fields: Fields  # read_fields
    workflow: Workflow  # check_workflow
    wish: Wish  # choose_answer: how the client is to be answered
    named: str | None  # apply_expressions: what the sink's expression over the body finds as the delivery's id
    once: Once | None  # find_key

    def __init__(
        self,
        engine: Engine,
        outcomes: Outcomes,
        sink: Entry,
        path: str,
        path_params: dict[str, str],
        scope: Scope,
        receive: Receive,
    ) -> None:
        """
        Args:
            engine: What runs it.
            outcomes: Where it is noted that a delivery starts no run.
            sink: What the request matched.
            path: Its address, without the app.
            path_params: The variable parts of the path, by the sink's names for them.
            scope: The ASGI scope.
            receive: The ASGI callable.
        """
        self.engine = engine
        self.outcomes = outcomes
        self.sink = sink
        self.scope = scope
        self.receive = receive
        client = scope.get("client")
        self.request = Request(
            scope["method"],
            path,
            path_params,
            scope["query_string"].decode("latin-1"),
            [],  # read_fields
            client[0] if client else "",
        )  # and its body: read_body


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
