"""Concurrency limits: how many runs of a source execute at once in this process, and which wait for their turn."""

from collections.abc import Callable, Mapping

_SWEEP_FROM = 1024  # lanes


class Lane:
    """The runs of one source that has a limit."""

    __slots__ = ("limit", "recording", "running", "waiting")

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.recording = 0
        self.running = 0
        self.waiting: dict[str, Callable[[], None]] = {}  # functions that start the runs, by run id, in order

    @property
    def count(self) -> int:
        return self.recording + self.running + len(self.waiting)

    def join(self, run_id: str, start: Callable[[], None]) -> bool:
        """
        Take a slot, or wait for one.

        Args:
            run_id: The run.
            start: Called when a run that had to wait gets a slot.

        Returns:
            Whether it has a slot now; if so, the caller starts the run.
        """
        if not self.waiting and self._is_free():
            self.running += 1
            return True
        self.waiting[run_id] = start
        return False

    def leave(self, run_id: str) -> None:
        """Release the slot, or the place in the queue."""
        if self.waiting.pop(run_id, None) is None:
            self.running -= 1
            self.advance()

    def change(self, limit: int | None) -> None:
        """Apply another limit."""
        if limit != self.limit:
            self.limit = limit
            self.advance()

    def advance(self) -> None:
        """Start waiting runs while slots are free."""
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
        Return whether a source has no place for another run.

        Args:
            source_id: The source.
            limit: How many of its runs may execute at once.
            queue: How many more may wait.
        """
        lane = self._lanes.get(source_id)
        return lane is not None and lane.count >= limit + queue

    def get(self, source_id: int) -> Lane | None:
        """Return the source's lane if it has runs; an empty lane may miss runs that were started without a limit."""
        lane = self._lanes.get(source_id)
        return lane if lane is not None and lane.count else None

    def add(self, source_id: int, limit: int) -> Lane:
        """Create the source's lane, in place of an empty one. Sometimes remove other empty lanes."""
        if len(self._lanes) >= self._sweep_at:
            self._lanes = {key: lane for key, lane in self._lanes.items() if lane.count}
            self._sweep_at = max(_SWEEP_FROM, 2 * len(self._lanes))
        lane = self._lanes[source_id] = Lane(limit)
        return lane

    def waited_for(self) -> list[int]:
        """Return the sources whose lanes have waiting runs."""
        return [source_id for source_id, lane in self._lanes.items() if lane.waiting]

    def change(self, limits: Mapping[int, int | None]) -> None:
        """Apply limits, by source. A source that is not included keeps its limit."""
        for source_id, limit in limits.items():
            if lane := self._lanes.get(source_id):
                lane.change(limit)
