"""The waits of a live run: short ones in memory; for long ones the run is let go, and a process wakes it in time."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError

from runs.events.formatting import format_step
from runs.links.keyed_signals import end_wait, take_keyed, withdraw
from runs.links.signals import give_back, take
from runs.models import StepRecord
from runs.steps.errors import Suspended, WorkflowChanged
from runs.steps.history import History, PastStep, ReplayOrder, value_of
from runs.steps.options import check_text
from runs.steps.recorder import LiveSteps, Recorder
from runs.steps.scopes import Scope

Awaited = tuple[str, str]  # "signal" and its name, or "run" and the id of a child
_Found = TypeVar("_Found")

_WAIT = StepRecord.Kind.WAIT.value
_WAITING, _COMPLETE = StepRecord.Status.WAITING.value, StepRecord.Status.COMPLETE.value
_ERROR = StepRecord.Status.ERROR.value
_MISSED = "no signal {!r} came in time"
_DAY = 86400.0  # seconds
_MAX_SECONDS = 10 * 366 * 86400.0


class Waits:
    """The waits of one execution of a run. Belongs to one event loop, on which its methods are called."""

    def __init__(
        self,
        live: LiveSteps,
        records: Recorder,
        order: ReplayOrder,
        past: History,
        scope: Callable[[], Scope],
        is_working: Callable[[], bool],
    ) -> None:
        """
        Args:
            live: The run.
            records: Takes the records of its steps and waits.
            order: The order in which recorded results come back.
            past: What earlier executions recorded.
            scope: Returns the scope of the calling task.
            is_working: Returns whether a step is executed, or a task of the workflow does something else than wait.
        """
        self._live = live
        self._records = records
        self._order = order
        self._past = past
        self._scope = scope
        self._is_working = is_working
        self._numbers: dict[tuple[str, str], int] = {}  # how many waits of each name each scope has called
        self._parked: dict[asyncio.Future[None], datetime | None] = {}  # the waits in progress, and when each ends
        self._expected: dict[Awaited, set[asyncio.Future[None]]] = {}  # those that something may end earlier
        self._looking = 0  # how many waits look for what they are for
        self._timer: asyncio.TimerHandle | None = None
        self._let_go_after: float = settings.LET_GO_TIMEOUT
        self.has_awaited = False  # whether it has waited for a signal or a child
        self.is_suspended = False  # whether the run is let go
        self.changed: WorkflowChanged | None = None  # the first wait for another key than the recorded one

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """
        Wait for some seconds.

        Raises:
            ValueError: It is not a number from 0 to 10 years.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise TypeError(f"seconds must be a number, not {type(seconds).__name__}")
        if not (math.isfinite(seconds) and 0 <= seconds <= _MAX_SECONDS):
            raise ValueError(f"seconds must be from 0 to {_MAX_SECONDS:g}, not {seconds!r}")
        return self.sleep_until(self._live.utc_now() + timedelta(seconds=seconds))

    def sleep_until(self, moment: datetime) -> Coroutine[Any, Any, None]:
        """
        Wait until a moment. The moment of the first execution counts.

        Raises:
            TypeError, ValueError: It is no datetime, has no time zone, or is more than 10 years ahead.
        """
        if not isinstance(moment, datetime):
            raise TypeError(f"the moment must be a datetime, not {type(moment).__name__}")
        if moment.tzinfo is None:
            raise ValueError("the moment must have a time zone, such as datetime.now(UTC)")
        if moment > self._live.utc_now() + timedelta(seconds=_MAX_SECONDS + 60):
            raise ValueError("the moment must not be more than 10 years ahead")
        return self._wait("sleep", moment, for_signal=False)

    def wait_for(self, name: str, key: str | None, timeout: float | None) -> Coroutine[Any, Any, Any]:
        """
        Wait for a signal.

        Args:
            name: The signal's name.
            key: The signal's key; None for a signal to this run.
            timeout: Seconds; None for any time.

        Returns:
            A coroutine that returns the signal's payload, or raises TimeoutError.

        Raises:
            WorkflowChanged: The run has recorded another key here.
        """
        check_text("the name of a signal", name)
        if key is not None:
            check_text("the key of a signal", key)
        if timeout is not None and not (math.isfinite(timeout) and 0 < timeout <= _MAX_SECONDS):
            raise ValueError(f"timeout must be from 0 to {_MAX_SECONDS:g} seconds, not {timeout!r}")
        until = None if timeout is None else self._live.utc_now() + timedelta(seconds=timeout)
        return self._wait(name, until, for_signal=True, key=key or "")

    def _wait(self, name: str, until: datetime | None, *, for_signal: bool, key: str = "") -> Coroutine[Any, Any, Any]:
        """
        Number a wait in its scope.

        Args:
            name: The signal's name, or "sleep".
            until: When the wait ends at the latest; None if it has no such time. A recorded one takes precedence.
            for_signal: Whether a signal ends it before.
            key: The signal's key; empty for a signal to this run.

        Returns:
            A coroutine that returns the signal's payload, None after a sleep, or raises TimeoutError.
        """
        self._live.check_live()
        scope = self._scope()
        number = self._numbers[(name, scope.path)] = self._numbers.get((name, scope.path), 0) + 1
        past = self._past.waits.get((name, scope.path, number))
        if past is not None and past.key != key:
            self.changed = self.changed or WorkflowChanged(
                f"The workflow waits for {name!r} with another key than its run has recorded. Keys that change have to"
                " come from the request, a step, run.now() or run.random()."
            )
            raise self.changed
        if past is not None and past.is_over:
            return self._give_back(name, past)
        if past is not None:
            recorded = value_of(past)["until"]
            until = None if recorded is None else datetime.fromisoformat(recorded)
        return self._perform(name, key, scope, number, until, past, for_signal)

    async def _give_back(self, name: str, past: PastStep) -> Any:
        await self._order.turn(past.place)
        if past.status == _ERROR:
            raise TimeoutError(_MISSED.format(name))
        return value_of(past)

    async def _perform(
        self,
        name: str,
        key: str,
        scope: Scope,
        number: int,
        until: datetime | None,
        past: PastStep | None,
        for_signal: bool,
    ) -> Any:
        try:
            await self._order.ready(past)
        except asyncio.CancelledError:
            if for_signal and past is not None and self._is_live():  # an earlier execution may have begun to wait
                await self._finish(partial(self._withdraw, name, key, f"{scope.path}:{number}"))
            raise
        self._live.check_live()
        place = (name, key, number, scope.path, 0)
        if past is None:
            value = json.dumps({"until": None if until is None else until.isoformat()})
            self._records.add(_WAIT, *place, _WAITING, 1, "", value)
            self._live.emit(format_step(self._live.run_id, name, _WAITING, 1))
            if for_signal:
                await self._records.committed()  # before a signal is looked for: who sends one may see the wait
        begun_at = past.at if past is not None and past.at is not None else self._live.utc_now()
        payload: str | None = None
        if for_signal:
            payload = await self._signal(scope, until, name, key, f"{scope.path}:{number}")
        else:
            await self.until(scope, until)
        self._live.check_live()
        duration = max(0.0, (self._live.utc_now() - begun_at).total_seconds())
        is_missed = for_signal and payload is None
        status = _ERROR if is_missed else _COMPLETE
        missed = json.dumps({"type": TimeoutError.__name__, "message": _MISSED.format(name)})
        self._records.add(_WAIT, *place, status, 1, "", missed if is_missed else payload or "null", None, duration)
        self._live.emit(format_step(self._live.run_id, name, status, 1, duration))
        await self._committed(is_signal=payload is not None)
        if is_missed:
            raise TimeoutError(_MISSED.format(name))
        return json.loads(payload or "null")

    async def _signal(self, scope: Scope, until: datetime | None, name: str, key: str, wait: str) -> str | None:
        """Wait for a signal; the key is empty for one to this run. Return its payload; None if none came in time."""
        identity = (self._live.run_id, name, key, wait) if key else (self._live.run_id, name, wait)
        asked: list[asyncio.Future[str | None]] = []

        async def ask(function: Callable[..., str | None]) -> str | None:
            # Shielded, so that a cancelled wait can be withdrawn after that.
            asked[:] = [asyncio.ensure_future(self._ask(function, *identity))]
            return await asyncio.shield(asked[0])

        async def give_up() -> None:
            if asked:
                await asyncio.wait(asked)
            await self._withdraw(name, key, wait)

        try:
            payload = await self.until(scope, until, ("signal", name), partial(ask, take_keyed if key else take))
            return payload if payload is not None or not key else await self._look(partial(ask, end_wait))
        except asyncio.CancelledError:
            if self._is_live():  # the workflow has cancelled the wait
                await self._finish(give_up)
            raise

    async def _committed(self, *, is_signal: bool) -> None:
        """Wait until the end of a wait is recorded. With a signal, it ends although it is cancelled meanwhile."""
        committed = self._records.flushed()
        try:
            await asyncio.shield(committed)
        except asyncio.CancelledError:
            if not is_signal or committed.cancelled() or not self._is_live():
                raise
            await committed  # nobody else would get the signal

    async def _withdraw(self, name: str, key: str, wait: str) -> None:
        """End a wait that the workflow has cancelled. The signal that it has taken is for the next wait."""
        if key:
            await self._ask(withdraw, self._live.run_id, name, key, wait, self._live.lease)
            return
        await self._ask(give_back, self._live.run_id, name, wait, self._live.lease)
        self.notify(("signal", name))

    async def _finish(self, function: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Call a function to its end although the caller is cancelled. The run is not let go meanwhile."""
        self._looking += 1
        finishing = asyncio.ensure_future(function())
        finishing.add_done_callback(self._end_look)
        await asyncio.shield(finishing)

    def _end_look(self, task: "asyncio.Task[None]") -> None:
        self._looking -= 1

    async def _ask(self, function: Callable[..., _Found], *args: Any) -> _Found:
        """Call a function that queries the database; again while the database is away."""
        while True:
            try:
                found: _Found = await self._live.in_thread(function, *args)
                return found
            except (OperationalError, InterfaceError):
                await asyncio.sleep(settings.START_RETRY_INTERVAL)

    async def _look(self, look: Callable[[], Awaitable[_Found]]) -> _Found:
        """Call a function that may take a signal. The run is not let go meanwhile: no other signal would wake it."""
        self._looking += 1
        try:
            return await look()
        finally:
            self._looking -= 1

    def _is_live(self) -> bool:
        try:
            self._live.check_live()
        except (Exception, Suspended):
            return False
        return True

    @property
    def is_expecting(self) -> bool:
        """Whether the run waits for a signal or a child."""
        return bool(self._expected)

    def awaited(self, kind: str) -> set[str]:
        """Return what the run waits for: the names of signals (kind `signal`), or the ids of children (`run`)."""
        return {name for awaited, name in self._expected if awaited == kind}

    def notify(self, awaited: Awaited) -> None:
        """Let the waits for a signal or a child look for it."""
        for parked in self._expected.get(awaited, ()):
            _end(parked)

    async def until(
        self,
        scope: Scope,
        moment: datetime | None,
        awaited: Awaited | None = None,
        look: Callable[[], Awaitable[_Found | None]] | None = None,
    ) -> _Found | None:
        """
        Wait until something is found, or a moment has come. Meanwhile, the run may be let go.

        Args:
            scope: The scope of the calling task.
            moment: When the wait ends at the latest; None for any time.
            awaited: What may end it earlier, after `notify`.
            look: Returns what the wait is for; None if it is not there.

        Returns:
            What was found; None if the moment came first.

        Raises:
            Suspended: The run is let go.
        """
        while True:
            self._live.check_live()  # a run that is let go must not take a signal: nothing would wake it
            # Before the look: what comes during it must not be missed.
            parked = self._expect(awaited)
            try:
                found = await self._look(look) if look is not None else None
                if found is not None or (moment is not None and moment <= self._live.utc_now()):
                    return found
                await self._park(scope, moment, parked)
            finally:
                self._forget(awaited, parked)
                del parked  # as in `_park`

    def _expect(self, awaited: Awaited | None) -> "asyncio.Future[None]":
        parked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if awaited is not None:
            self.has_awaited = True
            self._expected.setdefault(awaited, set()).add(parked)
        return parked

    def _forget(self, awaited: Awaited | None, parked: "asyncio.Future[None]") -> None:
        if awaited is not None:
            waiting = self._expected[awaited]
            waiting.discard(parked)
            if not waiting:
                del self._expected[awaited]

    async def _park(self, scope: Scope, moment: datetime | None, parked: "asyncio.Future[None]") -> None:
        """Wait until a moment, a day at most, or until the future is completed."""
        left = _DAY if moment is None else (moment - self._live.utc_now()).total_seconds()
        self._parked[parked] = moment
        scope.parked += 1
        # Not for longer than a day at once: the wall clock may be set meanwhile.
        timer = asyncio.get_running_loop().call_later(min(max(left, 0.0), _DAY), _end, parked)
        self._schedule()
        try:
            await parked
        except Suspended:
            if (task := asyncio.current_task()) is not None:
                task.add_done_callback(_retrieve)
            raise
        finally:
            timer.cancel()
            scope.parked -= 1
            del self._parked[parked]
            # The future has an exception whose traceback has this frame. Without the circle, all of them are freed now,
            # not at some later collection of garbage.
            del parked

    def _schedule(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._let_go_after, self._consider)

    def _consider(self) -> None:
        """Let the run go if it only waits, and not only for a moment."""
        self._timer = None
        if not self._parked or self.is_suspended:
            return
        until = min((moment for moment in self._parked.values() if moment is not None), default=None)
        soon = until is not None and (until - self._live.utc_now()).total_seconds() <= self._let_go_after
        is_waking = any(parked.done() for parked in self._parked)  # a signal or a child's end has just come
        if soon or is_waking or self._looking or self._is_working():
            self._schedule()
            return
        self.is_suspended = True
        for parked in self._parked:
            if not parked.done():
                parked.set_exception(Suspended())
        self._live.let_go(None if until is None else until.astimezone(UTC))

    def close(self) -> None:
        """Cancel all waits."""
        if self._timer is not None:
            self._timer.cancel()
        for parked in self._parked:
            parked.cancel()


def _end(parked: "asyncio.Future[None]") -> None:
    if not parked.done():
        parked.set_result(None)


def _retrieve(task: "asyncio.Task[object]") -> None:
    """Retrieve the exception of a task: asyncio would log it if the workflow, which has been let go, does not."""
    if not task.cancelled():
        task.exception()
