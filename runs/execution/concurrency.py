"""How many runs of one source are executed at once in this process, and which wait for their turn."""

from collections.abc import Callable, Mapping

_SWEEP_FROM = 1024  # lanes


class Lane:
    """The runs of one source that has a limit."""

    __slots__ = ("limit", "recording", "running", "waiting")

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.recording = 0
        self.running = 0
        self.waiting: dict[str, Callable[[], None]] = {}  # what starts each, by run id, in their order

    @property
    def count(self) -> int:
        return self.recording + self.running + len(self.waiting)

    def join(self, run_id: str, start: Callable[[], None]) -> bool:
        """
        Take a slot, or wait for one.

        Args:
            run_id: The run.
            start: Called when it has waited and has a slot.

        Returns:
            Whether it has one now, and is to be started by the caller.
        """
        if not self.waiting and self._is_free():
            self.running += 1
            return True
        self.waiting[run_id] = start
        return False

    def leave(self, run_id: str) -> None:
        """Give up the slot, or the place among those that wait."""
        if self.waiting.pop(run_id, None) is None:
            self.running -= 1
            self.advance()

    def change(self, limit: int | None) -> None:
        """Another limit takes effect."""
        if limit != self.limit:
            self.limit = limit
            self.advance()

    def advance(self) -> None:
        """Start those whose turn it is."""
        while self.waiting and self._is_free():
            start = self.waiting.pop(next(iter(self.waiting)))
            self.running += 1
            start()

    def _is_free(self) -> bool:
        return self.limit is None or self.running < self.limit


class Lanes:
    """All lanes of this process. Belongs to one event loop."""

    def __init__(self) -> None:
        self._lanes: dict[int, Lane] = {}
        self._sweep_at = _SWEEP_FROM

    @property
    def waiting(self) -> int:
        """How many runs wait for their turn."""
        return sum(len(lane.waiting) for lane in self._lanes.values())

    def is_full(self, source_id: int, limit: int, queue: int) -> bool:
        """
        Whether one more run is too many.

        Args:
            source_id: What asks for it.
            limit: How many of its runs are executed at once.
            queue: How many may wait besides.
        """
        lane = self._lanes.get(source_id)
        return lane is not None and lane.count >= limit + queue

    def get(self, source_id: int) -> Lane | None:
        """The source's lane, if there is anything in it: an empty one knows nothing of runs that had no limit."""
        lane = self._lanes.get(source_id)
        return lane if lane is not None and lane.count else None

    def add(self, source_id: int, limit: int) -> Lane:
        """Make the source's lane."""
        if len(self._lanes) >= self._sweep_at:
            self._lanes = {key: lane for key, lane in self._lanes.items() if lane.count}
            self._sweep_at = max(_SWEEP_FROM, 2 * len(self._lanes))
        lane = self._lanes[source_id] = Lane(limit)
        return lane

    def waited_for(self) -> list[int]:
        """The sources for whose limits runs wait."""
        return [source_id for source_id, lane in self._lanes.items() if lane.waiting]

    def change(self, limits: Mapping[int, int | None]) -> None:
        """Have limits take effect. A source that is gone keeps the last one that it had."""
        for source_id, limit in limits.items():
            if lane := self._lanes.get(source_id):
                lane.change(limit)
