"""What keeps requests within bounds: each sink's rate, and what one server process takes on."""

import asyncio
import re
from dataclasses import dataclass

from django.conf import settings

from runs.execution.body_memory import body_memory

_RATE = re.compile(r"([1-9][0-9]{0,8})\s*/\s*(s|sec|second|m|min|minute|h|hour|d|day)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

_PROGRESS_BYTES = 64 * 1024  # that an upload has to bring within UPLOAD_STALL_TIMEOUT, where room is short
_NANOSECONDS = 1_000_000_000
_SWEEP_FROM = 1024  # buckets


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so long."""

    count: int
    seconds: int


def parse_rate(text: str) -> Rate:
    """
    Read a rate: `60/min`, `5/s`, `1000/hour`.

    Raises:
        ValueError: It is none.
    """
    if not (match := _RATE.fullmatch(text.strip().lower())):
        raise ValueError("A rate is a number per time: 5/s, 60/min, 1000/h or 10000/day.")
    return Rate(int(match[1]), _SECONDS[match[2][0]])


class _Bucket:
    """
    A token bucket as the moment at which it is full again (the generic cell rate algorithm, ITU-T I.371). Times are
    whole numbers, of nanoseconds divided by the rate's count: so nothing is rounded, and nothing drifts.
    """

    __slots__ = ("_burst", "_full_at", "_step", "rate")

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._step = rate.seconds * _NANOSECONDS  # what one request takes
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
        """This bucket at another rate: what was taken from it stays taken."""
        taken = max(self._full_at - now * self.rate.count, 0) // self._step
        changed = _Bucket(rate)
        changed._full_at = now * rate.count + min(taken, rate.count) * changed._step
        return changed


class Rates:
    """The buckets of all sinks that have a rate; they outlive each reading of the sinks."""

    def __init__(self) -> None:
        self._buckets: dict[int, _Bucket] = {}
        self._sweep_at = _SWEEP_FROM

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, sink_id: int, rate: Rate, now: int) -> float:
        """
        Let a request in, or not.

        Args:
            sink_id: The sink.
            rate: Its rate at present.
            now: `time.monotonic_ns()`.

        Returns:
            0 where it is let in; else the seconds until the next one is.
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
        """Undo a `take`: the request that was let in turned out to start nothing."""
        if (bucket := self._buckets.get(sink_id)) is not None:
            bucket.give_back()

    def _sweep(self, now: int) -> None:
        # A full bucket is as good as none: so those of deleted sinks go, and all others that were not used lately.
        self._buckets = {sink_id: bucket for sink_id, bucket in self._buckets.items() if not bucket.is_full(now)}
        self._sweep_at = max(_SWEEP_FROM, 2 * len(self._buckets))


def retry_after(seconds: float) -> tuple[tuple[bytes, bytes], ...]:
    """The Retry-After field (RFC 9110, section 10.2.3): whole seconds, rounded up, at least 1."""
    return ((b"retry-after", str(max(1, -int(-seconds // 1))).encode()),)


class Upload:
    """A body that did not come with its head."""

    __slots__ = ("_marked_size", "dropped", "marked_at", "sink_id", "size", "timeout")

    def __init__(self, sink_id: int, size: int, timeout: asyncio.Timeout, now: float) -> None:
        """
        Args:
            sink_id: Whose it is.
            size: How much of it has come.
            timeout: What ends it when it expires.
            now: The loop's time.
        """
        self.sink_id = sink_id
        self.size = size
        self.timeout = timeout
        self.dropped = False
        self.marked_at = now  # when it had last made some progress
        self._marked_size = size

    def grow(self, size: int, now: float) -> None:
        """Note that so many bytes more have come."""
        self.size += size
        if self.size >= self._marked_size + _PROGRESS_BYTES:
            self.marked_at, self._marked_size = now, self.size


class Intake:
    """
    Requests whose bodies come in. The bytes are in `body_memory`. Each caller that adds to a count takes it away again,
    in a `finally`.
    """

    __slots__ = ("_uploads", "reading")

    def __init__(self) -> None:
        self.reading = 0  # requests whose body is being read
        self._uploads: dict[Upload, None] = {}

    def is_overloaded(self, runs: int, length: int, now: float) -> bool:
        """
        Whether a request has to be refused before its body is read. Where room is short, slow uploads are dropped.

        Args:
            runs: Those that this process has (`Executor.count`).
            length: The body's by its Content-Length; 0 where that is not known.
            now: The loop's time.
        """
        most: int = settings.MAX_RUNS
        if runs + self.reading >= most and (runs >= most or not self._drop_slowest(now)):
            return True
        size = length or 1
        return not (body_memory.has_room(size) or self.make_room(size, now))

    def make_room(self, size: int, now: float) -> bool:
        """
        Drop slow uploads, the slowest first, until there is room for so many bytes more.

        Returns:
            Whether there is.
        """
        while not body_memory.has_room(size):
            if not self._drop_slowest(now):
                return False
        return True

    def begin(self, upload: Upload) -> bool:
        """Count a body of which more is to come. Returns whether its sink may have it."""
        self._uploads[upload] = None
        return self.has_sink_room(upload, upload.marked_at)

    def has_sink_room(self, upload: Upload, now: float) -> bool:
        """Whether the uploads of a sink leave room for others; slower ones of the sink are dropped for this one."""
        most: int = max(settings.MAX_PENDING_BYTES // 2, settings.MAX_BODY_BYTES)
        if body_memory.bytes <= most:
            return True
        while sum(one.size for one in self._uploads if one.sink_id == upload.sink_id) > most:
            if not self._drop_slowest(now, upload.sink_id, but=upload):
                return False
        return True

    def end(self, upload: Upload) -> None:
        """Count it no longer: it is whole, or given up."""
        self._uploads.pop(upload, None)

    def _drop_slowest(self, now: float, sink_id: int | None = None, but: Upload | None = None) -> bool:
        """Drop the upload that has made no progress for the longest time. Returns whether one was slow enough."""
        uploads = (one for one in self._uploads if one is not but and (sink_id is None or one.sink_id == sink_id))
        slowest = min(uploads, key=lambda one: one.marked_at, default=None)
        if slowest is None or now - slowest.marked_at < settings.UPLOAD_STALL_TIMEOUT:
            return False
        del self._uploads[slowest]
        slowest.dropped = True
        # Its own task finds that there is nothing left to give back.
        body_memory.bytes -= slowest.size
        slowest.size = 0
        slowest.timeout.reschedule(now)
        return True


# Of this process.
rates = Rates()
intake = Intake()
