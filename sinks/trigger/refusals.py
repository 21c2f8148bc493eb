"""Why a request starts no run, as its client is told."""

import logging
from dataclasses import dataclass

from sinks.http.problems import RETRY, Headers
from sinks.routing.matching import Entry, Match
from sinks.trigger.rate_limits import retry_after
from sinks.webhooks import handshakes

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Refused(Exception):
    """The request starts no run, for a reason that its client is told."""

    kind: str  # for the counters
    status: int
    detail: str
    headers: Headers = ()
    reason: str = ""  # for the admin, where it says more than the detail


@dataclass(slots=True, eq=False)
class Answered(Exception):
    """The sink itself answers the delivery, which starts no run."""

    handshake: handshakes.Handshake


class ClientLeft(Exception):
    """The client went away before its request was whole."""


def full() -> Refused:
    return Refused("concurrency", 429, "As many runs of this sink as may are executed or wait already.", RETRY)


def away() -> Refused:
    return Refused("unavailable", 503, "The run could not be recorded: the database is away. Try again.", RETRY)


def slow() -> Refused:
    return Refused("unavailable", 503, "The run was not recorded: the database is slow. Try again.", RETRY)


def no_sink(method: str, match: Match) -> Refused:
    if not match.allowed:
        return Refused("address", 404, "No sink at this address.")
    allow = ((b"allow", ", ".join(match.allowed).encode()),)
    return Refused("address", 404, f"No sink for {method} at this address; there is one for another method.", allow)


def unreadable(sink: Entry, what: str) -> Refused:
    logger.error(
        "secret unreadable, encrypted under another SECRET_KEY: sink=%d app=%s field=%s", sink.id, sink.app_id, what
    )
    return Refused("secret", 500, f"The sink's {what} cannot be read: its admin must set it anew.")


def too_large(limit: int) -> Refused:
    return Refused("size", 413, f"The body is larger than {limit} bytes.")


def overloaded() -> Refused:
    return Refused("overloaded", 503, "The server is overloaded; try again shortly.", retry_after(1))
