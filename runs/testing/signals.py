"""Signals of a test: when each is sent, by the run's clock."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runs.models import StepRecord
from runs.steps.values import encode_result
from runs.testing.memory import KeptSignal, Rows

_PAUSE = 10.0  # seconds; more than LET_GO_TIMEOUT


@dataclass(frozen=True)
class Signal:
    """
    A signal to the run.

    Args:
        name: Its name. It ends a wait for the name, whatever the wait's key is.
        payload: Its payload, a JSON value.
        after: When it is sent: seconds since the start of the run, by its clock. None: some seconds after the run has
            begun to wait for the name, when it is let go.
    """

    name: str
    payload: Any = None
    after: float | None = None


Signals = Mapping[str, Any] | Iterable[Signal]


class Sender:
    """Sends the signals of a test. Belongs to one event loop."""

    def __init__(self, signals: Signals, rows: Rows, now: Callable[[], datetime]) -> None:
        """
        Args:
            signals: Names and payloads, or `Signal` objects.
            rows: The run's rows.
            now: Returns the time.

        Raises:
            InvalidResult: A payload is not JSON, or larger than MAX_STEP_BYTES.
        """
        found = [Signal(*item) for item in signals.items()] if isinstance(signals, Mapping) else list(signals)
        self._rows = rows
        self._now = now
        self._loop = asyncio.get_running_loop()
        self._unsent: dict[str, deque[str]] = {}  # payloads for the waits for each name
        self._waits: set[tuple[str, str]] = set()  # those for which a signal is scheduled
        self._scheduled = 0
        self.changed = asyncio.Event()  # set when a signal was sent
        self.notify: Callable[[str], None] = lambda name: None  # called with the name of each signal that is sent
        for signal in found:
            payload = encode_result(signal.payload)
            if signal.after is None:
                self._unsent.setdefault(signal.name, deque()).append(payload)
            else:
                self._schedule(signal.after, signal.name, payload)

    @property
    def has_more(self) -> bool:
        """Whether a signal is going to be sent."""
        return self._scheduled > 0

    def notice(self, name: str, wait: str) -> None:
        """Note that a wait for a name looks for its signal: the first time, send one soon."""
        of_name = [signal for signal in self._rows.signals if signal.name == name]
        if (name, wait) in self._waits or any(signal.taken_by == wait for signal in of_name):
            return
        self._waits.add((name, wait))
        if any(not signal.taken_by for signal in of_name):
            return
        if unsent := self._unsent.get(name):
            left = self._left_of(name, wait)
            self._schedule(_PAUSE if left is None else min(_PAUSE, left / 2), name, unsent.popleft())

    def _left_of(self, name: str, wait: str) -> float | None:
        """Return how many seconds are left of a wait; None if it has no limit."""
        until = None
        for record in self._rows.records:
            if (
                record.kind == StepRecord.Kind.WAIT
                and f"{record.scope}:{record.number}" == wait
                and record.name == name
            ):
                until = json.loads(record.value)["until"]
        return None if until is None else (datetime.fromisoformat(until) - self._now()).total_seconds()

    def _schedule(self, seconds: float, name: str, payload: str) -> None:
        self._scheduled += 1
        self._loop.call_later(seconds, self._send, name, payload)

    def _send(self, name: str, payload: str) -> None:
        self._scheduled -= 1
        self._rows.signals.append(KeptSignal(name, payload))
        self.notify(name)
        self.changed.set()
