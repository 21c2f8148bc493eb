"""The order in which recorded results come back: as they were committed, so that races of tasks go the same way."""

import asyncio
from collections import deque
from collections.abc import Iterable

_PATIENCE = 1.0  # seconds to wait for a call that the workflow does not make any more


class ReplayOrder:
    """Lets calls continue in the order of their recorded places, one in each turn of the loop."""

    def __init__(self, places: Iterable[int]) -> None:
        """
        Args:
            places: The places of the recorded results, in order.
        """
        self._places = deque(places)
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._is_scheduled = False

    async def turn(self, place: int) -> None:
        """Wait until the results at earlier places have come back. Not for ever: the workflow's code may be another."""
        loop = asyncio.get_running_loop()
        self._waiting[place] = waiting = loop.create_future()
        self._schedule()
        try:
            await waiting
        finally:
            self._waiting.pop(place, None)

    def close(self) -> None:
        """Cancel all that waits."""
        if self._timer is not None:
            self._timer.cancel()
        for waiting in list(self._waiting.values()):
            waiting.cancel()

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._continue)

    def _continue(self) -> None:
        self._is_scheduled = False
        # A call that comes after its turn was passed over need not wait.
        late = [place for place in self._waiting if not self._places or place < self._places[0]]
        for place in late:
            self._release(place)
        if not self._waiting:
            return
        if self._places and self._places[0] in self._waiting:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._release(self._places.popleft())
            if self._waiting:
                self._schedule()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_PATIENCE, self._pass_over)

    def _pass_over(self) -> None:
        """Stop waiting for results that come before those that are waited for."""
        self._timer = None
        if self._waiting:
            first = min(self._waiting)
            while self._places and self._places[0] < first:
                self._places.popleft()
            self._schedule()

    def _release(self, place: int) -> None:
        waiting = self._waiting.pop(place)
        if not waiting.done():
            waiting.set_result(None)
