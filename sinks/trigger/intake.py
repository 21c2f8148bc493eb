"""What one server process takes on: bodies that come in, within bounds of memory."""

import asyncio

from django.conf import settings

from runs.execution.body_memory import body_memory

_PROGRESS_BYTES = 64 * 1024  # that an upload has to bring within UPLOAD_STALL_TIMEOUT, where room is short


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


intake = Intake()  # of this process
