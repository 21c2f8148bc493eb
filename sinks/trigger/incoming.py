"""A request to a sink: its header fields, read once, and the results of its checks."""

from dataclasses import dataclass

from runs.delivery.request import Request
from runs.journal.idempotency import Once
from runs.runtime import Engine
from runs.workflows.registry import Workflow
from sinks.access.callers import without_parameters
from sinks.http.answers import Wish
from sinks.http.problems import TWO_CREDENTIALS, Receive, Scope
from sinks.routing.matching import Entry
from sinks.trigger.outcomes import Outcomes
from sinks.trigger.refusals import RefusalKind, Refused

# Fields that determine how a request is read and answered.
_HEEDED = frozenset({b"accept", b"content-encoding", b"content-length", b"prefer", b"idempotency-key"})


@dataclass(frozen=True, slots=True)
class Message:
    """A delivery as a signal."""

    key: str
    payload: str  # JSON


@dataclass(slots=True)
class Fields:
    """The header fields of a request that its checks use."""

    authorization: bytes = b""
    accept: bytes = b""
    prefer: bytes = b""
    length: bytes = b""  # the Content-Length
    idempotency_key: bytes | None = None
    packed: bool = False  # whether there is a Content-Encoding


class Incoming:
    """
    A request to a sink. Each attribute that is declared below is set by the check in its comment, and only later checks
    may read it. The other attributes are set from the start.
    """

    __slots__ = (
        "engine",
        "fields",
        "message",
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
    wish: Wish  # choose_answer: how the client is answered
    named: str | None  # apply_expressions: the delivery id that the sink's expression finds in the body
    message: Message | None  # apply_expressions, if the sink sends signals
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
            engine: The engine of this process.
            outcomes: The counters for deliveries that start no run.
            sink: The sink that the request matches.
            path: The request's path, without the app id.
            path_params: The values of the path's parameters by name.
            scope: The ASGI scope.
            receive: The ASGI callable.
        """
        self.engine = engine
        self.outcomes = outcomes
        self.sink = sink
        self.scope = scope
        self.receive = receive
        client = scope.get("client")
        query_string: bytes = scope["query_string"]
        if sink.credential_parameters:
            query_string = without_parameters(query_string, sink.credential_parameters)
        self.request = Request(
            scope["method"],
            path,
            path_params,
            query_string.decode("latin-1"),
            [],  # filled by read_fields
            client[0] if client else "",
        )  # its body is set by read_body


def read_fields(incoming: Incoming) -> None:
    """
    Read the header fields.

    Raises:
        Refused: The request has two Authorization or two Idempotency-Key fields.
    """
    kept = incoming.request.header_list  # for the workflow: without credentials
    incoming.fields = sent = Fields()
    authorized = False
    credentials = incoming.sink.credential_fields
    for name, value in incoming.scope["headers"]:
        if name in credentials:
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
                raise Refused(RefusalKind.HEADERS, "The request has more than one Idempotency-Key field: send one.")
            sent.idempotency_key = value
