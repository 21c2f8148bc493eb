"""The request of a live run, and the memory that it takes."""

import asyncio

from runs.delivery.request import Request
from runs.execution.body_memory import body_memory

_RELEASED = Request("", "")  # the request of a run that needs its own no more


class HeldRequest:
    """Counts in `body_memory` what a request takes, until it is released. Belongs to one event loop."""

    __slots__ = ("_loop", "_weight", "request")

    def __init__(self, request: Request, loop: asyncio.AbstractEventLoop) -> None:
        """
        Args:
            request: What the run receives.
            loop: The run's.
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
        """Count the body no longer as it was sent, packed: it is recorded."""
        if (packed := self.request.packed) is not None:
            self.request.packed = None
            self._weigh(-len(packed))

    def release(self) -> None:
        """Let go of the request, which is recorded and not needed any more."""
        if self.request is not _RELEASED:
            body_memory.bytes -= self._weight
            self.request.watch = None
            self.request = _RELEASED

    def _weigh(self, size: int) -> None:
        """Count bytes, or with a size below 0 no longer, while the request is held."""
        if self.request is not _RELEASED:
            self._weight += size
            body_memory.bytes += size

    def _watch(self, size: int) -> bool:
        """Count what the request was parsed into, in any thread. Returns whether there is room for it."""
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
