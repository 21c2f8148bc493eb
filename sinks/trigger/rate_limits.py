"""Rate limits: the number of runs that a sink may start in a span of time, and of requests of one client to it."""

import re
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address

from sinks.access.caller_rules import parse_address

_RATE = re.compile(r"([1-9][0-9]{0,8})\s*/\s*(s|sec|second|m|min|minute|h|hour|d|day)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

_NANOSECONDS = 1_000_000_000
_SWEEP_FROM = 1024  # buckets
_MAX_CLIENTS = 10_000  # clients and sinks in memory; the ones that were not used for the longest time are dropped


@dataclass(frozen=True, slots=True)
class Rate:
    """A number of runs in a number of seconds."""

    count: int
    seconds: int


def parse_rate(text: str) -> Rate:
    """
    Parse a rate: `60/min`, `5/s`, `1000/hour`.

    Raises:
        ValueError: The text is not a rate.
    """
    if not (match := _RATE.fullmatch(text.strip().lower())):
        raise ValueError("A rate is a number of runs per time: 5/s, 60/min, 1000/h or 10000/day.")
    return Rate(int(match[1]), _SECONDS[match[2][0]])


class _Bucket:
    """
    A token bucket, stored as the time at which it is full again (the generic cell rate algorithm, ITU-T I.371). Times
    are integers, in units of a nanosecond divided by the rate's count, so nothing is rounded and nothing drifts.
    """

    __slots__ = ("_burst", "_full_at", "_step", "rate")

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._step = rate.seconds * _NANOSECONDS  # the time that one request takes
        self._burst = self._step * rate.count
        self._full_at = 0

    def take(self, now: int) -> float:
        now *= self.rate.count
        full_at = (self._full_at if self._full_at > now else now) + self._step
        early = full_at - now - self._burst
        if early > 0:
            return early / (self.rate.count * _NANOSECONDS)
        self._full_at = full_at
        return 0.0

    def give_back(self) -> None:
        self._full_at -= self._step

    def is_full(self, now: int) -> bool:
        return self._full_at <= now * self.rate.count

    def at(self, rate: Rate, now: int) -> "_Bucket":
        """Return this bucket at another rate. The requests that it has let in are still counted."""
        taken = max(self._full_at - now * self.rate.count, 0) // self._step
        changed = _Bucket(rate)
        changed._full_at = now * rate.count + min(taken, rate.count) * changed._step
        return changed


class Rates:
    """The buckets of all sinks with a rate. Loading the sinks again does not reset them."""

    def __init__(self) -> None:
        self._buckets: dict[int, _Bucket] = {}
        self._sweep_at = _SWEEP_FROM

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, sink_id: int, rate: Rate, now: int) -> float:
        """
        Let a request in if the rate allows it.

        Args:
            sink_id: The id of the sink.
            rate: The sink's current rate.
            now: The result of `time.monotonic_ns()`.

        Returns:
            0 if the request is let in; otherwise the seconds until the next request can be let in.
        """
        bucket = self._buckets.get(sink_id)
        if bucket is None:
            if len(self._buckets) >= self._sweep_at:
                self._sweep(now)
            bucket = self._buckets[sink_id] = _Bucket(rate)
        elif bucket.rate != rate:
            bucket = self._buckets[sink_id] = bucket.at(rate, now)
        return bucket.take(now)

    def give_back(self, sink_id: int) -> None:
        """Undo a `take` whose request started no run."""
        if (bucket := self._buckets.get(sink_id)) is not None:
            bucket.give_back()

    def _sweep(self, now: int) -> None:
        # A full bucket is the same as no bucket, so this removes the buckets of deleted sinks, and others that were not
        # used lately.
        self._buckets = {sink_id: bucket for sink_id, bucket in self._buckets.items() if not bucket.is_full(now)}
        self._sweep_at = max(_SWEEP_FROM, 2 * len(self._buckets))


class ClientRates:
    """The buckets of clients at sinks with a rate per client: bounded, whatever the number of addresses."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[tuple[int, str], _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, sink_id: int, client: str, rate: Rate, now: int) -> float:
        """
        Let a request in if the rate of its client allows it.

        Args:
            sink_id: The id of the sink.
            client: The client's address. All addresses of an IPv6 network of 64 bits count as one client.
            rate: The sink's current rate per client.
            now: The result of `time.monotonic_ns()`.

        Returns:
            0 if the request is let in; otherwise the seconds until the next request can be let in.
        """
        key = sink_id, _client_key(client)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(rate)
            if len(self._buckets) > _MAX_CLIENTS:
                self._buckets.popitem(last=False)
        else:
            if bucket.rate != rate:
                bucket = self._buckets[key] = bucket.at(rate, now)
            self._buckets.move_to_end(key)
        return bucket.take(now)


def _client_key(client: str) -> str:
    address = parse_address(client)
    if isinstance(address, IPv6Address):
        return f"{int(address) >> 64:x}/64"  # a client has a network of this size at least
    return str(address) if address is not None else client[:64]


def retry_after(seconds: float) -> tuple[tuple[bytes, bytes], ...]:
    """Return the Retry-After field (RFC 9110, section 10.2.3): whole seconds, rounded up, at least 1."""
    return ((b"retry-after", str(max(1, -int(-seconds // 1))).encode()),)


rates = Rates()  # of this process
client_rates = ClientRates()  # of this process
