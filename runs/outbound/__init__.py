"""Outgoing requests of SinkHub itself: to public addresses only, and bounded in time, size and redirects."""

from runs.outbound.errors import Failure as Failure
from runs.outbound.errors import OutboundError as OutboundError
from runs.outbound.exchange import Response as Response
from runs.outbound.exchange import fetch as fetch
from runs.outbound.exchange import fetch_sync as fetch_sync
