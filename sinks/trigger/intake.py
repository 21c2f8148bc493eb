"""The bodies that a server process receives at once, within the limits of memory."""

import asyncio

from django.conf import settings

from runs.execution.request_memory import body_memory

_PROGRESS_BYTES = 64 * 1024  # the minimum that an upload has to receive within UPLOAD_STALL_TIMEOUT if memory is short


class Upload:
    """A body that did not arrive with its head."""

    __slots__ = ("_marked_size", "dropped", "marked_at", "sink_id", "size", "timeout")

    def __init__(self, sink_id: int, size: int, timeout: asyncio.Timeout, now: float) -> None:
        """
        Args:
            sink_id: The id of its sink.
            size: The bytes that have arrived.
            timeout: The timeout that ends the upload when it expires.
            now: The event loop's time.
        """
        self.sink_id = sink_id
        self.size = size
        self.timeout = timeout
        self.dropped = False
        self.marked_at = now  # when it last made progress
        self._marked_size = size

    def grow(self, size: int, now: float) -> None:
        """Record that `size` more bytes have arrived."""
        self.size += size
        if self.size >= self._marked_size + _PROGRESS_BYTES:
            self.marked_at, self._marked_size = now, self.size


class Intake:
    """
    Requests whose bodies are being received; `body_memory` counts the bytes. Each caller that adds to a count subtracts
    it again in a `finally`.
    """

    __slots__ = ("_uploads", "reading")

    def __init__(self) -> None:
        self.reading = 0  # requests whose body is being read
        self._uploads: dict[Upload, None] = {}

    def is_overloaded(self, runs: int, most: int, length: int, now: float) -> bool:
        """
        Return whether a request has to be refused before its body is read. If memory is short, drop slow uploads.

        Args:
            runs: The number of runs of this process (`Executor.count`).
            most: The number of runs that it may have (`Executor.max_runs`).
            length: The body's Content-Length; 0 if it is not known.
            now: The event loop's time.
        """
        if runs + self.reading >= most and (runs >= most or not self._drop_slowest(now)):
            return True
        size = length or 1
        return not (body_memory.has_room(size) or self.make_room(size, now))

    def make_room(self, size: int, now: float) -> bool:
        """
        Drop slow uploads, the slowest first, until there is room for `size` more bytes.

        Returns:
            Whether there is room.
        """
        while not body_memory.has_room(size):
            if not self._drop_slowest(now):
                return False
        return True

    def begin(self, upload: Upload) -> bool:
        """Count a body that has not arrived completely. Return whether its sink has room for it."""
        self._uploads[upload] = None
        return self.has_sink_room(upload, upload.marked_at)

    def has_sink_room(self, upload: Upload, now: float) -> bool:
        """
        Return whether a sink's uploads leave room for other sinks. If needed, drop slow uploads of the sink first.
        """
        most: int = max(settings.MAX_PENDING_BYTES // 2, settings.MAX_BODY_BYTES)
        if body_memory.bytes <= most:
            return True
        while sum(other.size for other in self._uploads if other.sink_id == upload.sink_id) > most:
            if not self._drop_slowest(now, upload.sink_id, but=upload):
                return False
        return True

    def end(self, upload: Upload) -> None:
        """Stop counting an upload that is complete or has failed."""
        self._uploads.pop(upload, None)

    def _drop_slowest(self, now: float, sink_id: int | None = None, but: Upload | None = None) -> bool:
        """Drop the upload that has made no progress for the longest time. Return whether one was slow enough."""
        uploads = (
            other for other in self._uploads if other is not but and (sink_id is None or other.sink_id == sink_id)
        )
        slowest = min(uploads, key=lambda other: other.marked_at, default=None)
        if slowest is None or now - slowest.marked_at < settings.UPLOAD_STALL_TIMEOUT:
            return False
        del self._uploads[slowest]
        slowest.dropped = True
        # Its own task then has nothing left to subtract.
        body_memory.bytes -= slowest.size
        slowest.size = 0
        slowest.timeout.reschedule(now)
        return True


intake = Intake()  # of this process
