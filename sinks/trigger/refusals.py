"""The reasons for which a request starts no run, as sent to the client and as counted."""

import logging
from dataclasses import dataclass
from enum import Enum

from runs.delivery import content_encoding
from sinks.handshakes.handshake import Answer
from sinks.http.problems import BEARER, RETRY, Headers
from sinks.routing.matching import Entry, Match
from sinks.trigger.rate_limits import retry_after

logger = logging.getLogger(__name__)


class RefusalKind(Enum):
    """
    The kinds of refusals, each with the name under which it is counted (in the database, in metrics and on pages), the
    HTTP status, and the header fields of every such response.
    """

    SHUTDOWN = "shutdown", 503, RETRY
    ADDRESS = "address", 404
    HEADERS = "headers", 400
    TOKEN = "token", 401, BEARER
    CREDENTIAL = "credential", 401  # with the challenges of the sink
    NETWORK = "network", 403
    KEYS = "keys", 503
    CLIENT_RATE = "client rate", 429
    VERIFY_TOKEN = "verify token", 403
    UNEXPECTED_SECRET = "unexpected secret", 403
    CONFIRMATION = "confirmation", 403
    SECRET = "secret", 500
    WORKFLOW = "workflow", 500
    OVERLOADED = "overloaded", 503, retry_after(1)
    SLOW = "slow", 408
    SIZE = "size", 413
    SIGNATURE = "signature", 401, BEARER
    BODY = "body", 400
    CODING = "coding", 415, ((b"accept-encoding", content_encoding.ACCEPTED.encode()),)  # RFC 9110, section 15.5.16
    FIELDS = "fields", 413
    IDEMPOTENCY_KEY = "idempotency key", 400
    CONFLICT = "conflict", 409
    CONCURRENCY = "concurrency", 429, RETRY
    RATE = "rate", 429
    SIGNALS = "signals", 429, RETRY
    UNAVAILABLE = "unavailable", 503, RETRY
    UNRECORDED = "unrecorded", 500

    def __init__(self, label: str, status: int, headers: Headers = ()) -> None:
        self.label = label
        self.status = status
        self.headers = headers


@dataclass(slots=True, eq=False)
class Refused(Exception):
    """The request starts no run. The client gets the reason."""

    kind: RefusalKind
    detail: str
    more_headers: Headers = ()  # in addition to the fields of the kind
    reason: str = ""  # the reason for the admin, if it is more precise than the detail

    @property
    def headers(self) -> Headers:
        """The header fields of the response, in addition to the fields of every problem."""
        return (*self.kind.headers, *self.more_headers)


@dataclass(slots=True, eq=False)
class Filtered(Exception):
    """The sink's filter does not match the delivery, or fails, so it starts no run."""

    reason: str


@dataclass(slots=True, eq=False)
class Answered(Exception):
    """The sink itself answers the delivery, so it starts no run."""

    answer: Answer


@dataclass(slots=True, eq=False)
class Signalled(Exception):
    """The delivery was sent as a signal, now or, if it is a repeat, before. It starts no run."""

    signal: str
    key: str
    is_repeat: bool


class ClientLeft(Exception):
    """The client left before its request was complete."""


def full() -> Refused:
    return Refused(
        RefusalKind.CONCURRENCY, "This sink's limits on running and waiting runs are reached. Try again later."
    )


def away() -> Refused:
    return Refused(RefusalKind.UNAVAILABLE, "The run could not be recorded: the database accepts no writes. Try again.")


def slow() -> Refused:
    return Refused(RefusalKind.UNAVAILABLE, "The run was not recorded: the database is slow. Try again.")


def conflict() -> Refused:
    detail = "This Idempotency-Key or delivery id was already used for another request."
    return Refused(RefusalKind.CONFLICT, detail)


def no_sink(method: str, match: Match) -> Refused:
    if not match.allowed:
        return Refused(RefusalKind.ADDRESS, "No sink has this URL.")
    allow = ((b"allow", ", ".join(match.allowed).encode()),)
    return Refused(RefusalKind.ADDRESS, f"No sink with this URL takes {method}; Allow lists the methods.", allow)


def unreadable(sink: Entry, field: str) -> Refused:
    logger.error(
        "secret unreadable, encrypted under another SECRET_KEY: sink=%d app=%s field=%s", sink.id, sink.app_id, field
    )
    return Refused(RefusalKind.SECRET, f"The sink's {field} cannot be decrypted: its admin must set it again.")


def too_large(limit: int) -> Refused:
    return Refused(RefusalKind.SIZE, f"The body is larger than {limit} bytes.")


def overloaded() -> Refused:
    return Refused(RefusalKind.OVERLOADED, "The server is overloaded. Try again shortly.")
