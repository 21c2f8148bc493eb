"""The memory that requests take: counted for this process, and held by each live run until it is released."""

import asyncio

from django.conf import settings

from runs.delivery.request import Request


class BodyMemory:
    """The bytes of bodies that are being read or unpacked, and of live runs' bodies with parsed values (estimated)."""

    __slots__ = ("bytes", "most")

    def __init__(self) -> None:
        self.bytes = 0
        self.read_settings()

    def read_settings(self) -> None:
        """
        Read MAX_PENDING_BYTES. Called once, when an executor starts, because each read of a setting costs a Python
        call.
        """
        self.most: int = settings.MAX_PENDING_BYTES

    def has_room(self, size: int) -> bool:
        """Return whether `size` more bytes stay within MAX_PENDING_BYTES."""
        return self.bytes + size <= self.most


body_memory = BodyMemory()


_RELEASED = Request("", "")  # replaces the request of a run that no longer needs it


class HeldRequest:
    """Counts the memory of a request in `body_memory`, until it is released. Belongs to one event loop."""

    __slots__ = ("_loop", "_weight", "request")

    def __init__(self, request: Request, loop: asyncio.AbstractEventLoop) -> None:
        """
        Args:
            request: The run's request.
            loop: The run's event loop.
        """
        self.request = request
        self._loop = loop
        self._weight = request.counted
        if request.counted:
            request.counted = 0
        else:
            request.packed = None  # recorded already
            self._weigh(len(request.body))
        if not request.is_small:
            self._weigh(request.measure_parsed())
            request.watch = self._watch

    def drop_packed(self) -> None:
        """Drop the packed body, as it was received, because it is recorded."""
        if (packed := self.request.packed) is not None:
            self.request.packed = None
            self._weigh(-len(packed))

    def release(self) -> None:
        """Release the request, which is recorded and no longer needed."""
        if self.request is not _RELEASED:
            body_memory.bytes -= self._weight
            self.request.watch = None
            self.request = _RELEASED

    def _weigh(self, size: int) -> None:
        """Count `size` more bytes, or fewer if it is negative, while the request is held."""
        if self.request is not _RELEASED:
            self._weight += size
            body_memory.bytes += size

    def _watch(self, size: int) -> bool:
        """Count a parsed value, in any thread. Return whether there is room for it; if not, it is not counted."""
        try:
            on_loop = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            on_loop = False
        if not body_memory.has_room(size):
            return False
        if on_loop:
            self._weigh(size)
        else:
            self._loop.call_soon_threadsafe(self._weigh, size)
        return True
