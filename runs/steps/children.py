"""The children of a live run: start each once, and wait for the ends of those that it calls."""

import json
from collections.abc import Coroutine
from functools import partial
from typing import Any

from runs.events.formatting import format_step
from runs.ids import new_run_id
from runs.links.children import Outcome, read_outcome
from runs.models import Run, StepRecord
from runs.steps.errors import ChildFailed
from runs.steps.history import History, ReplayOrder, value_of
from runs.steps.numbering import Call, Numbering
from runs.steps.options import check_text
from runs.steps.recorder import LiveSteps, Recorder
from runs.steps.values import digest_of, encode_payload
from runs.steps.waits import Waits

_START, _CALL = StepRecord.Kind.START.value, StepRecord.Kind.CALL.value
_RUNNING, _WAITING = StepRecord.Status.RUNNING.value, StepRecord.Status.WAITING.value
_COMPLETE, _ERROR = StepRecord.Status.COMPLETE.value, StepRecord.Status.ERROR.value


class Children:
    """The children of one execution of a run. Belongs to one event loop, on which its methods are called."""

    def __init__(
        self,
        live: LiveSteps,
        records: Recorder,
        order: ReplayOrder,
        past: History,
        numbering: Numbering,
        waits: Waits,
    ) -> None:
        """
        Args:
            live: The run.
            records: Takes the records of its steps.
            order: The order in which recorded results come back.
            past: What earlier executions recorded.
            numbering: Numbers the calls.
            waits: The waits of the run.
        """
        self._live = live
        self._records = records
        self._order = order
        self._past = past
        self._numbering = numbering
        self._waits = waits

    def start(self, workflow: str, payload: Any, key: str | None, options: dict[str, Any]) -> Coroutine[Any, Any, str]:
        """Number a start of a child. Return a coroutine that starts it and returns its id. See `Run.start`."""
        return self._child(_START, workflow, payload, key, options)

    def call(self, workflow: str, payload: Any, key: str | None, options: dict[str, Any]) -> Coroutine[Any, Any, Any]:
        """Number a call of a child. Return a coroutine that starts it and returns its output. See `Run.call`."""
        return self._child(_CALL, workflow, payload, key, options)

    def _child(
        self, kind: str, workflow: str, payload: Any, key: str | None, options: dict[str, Any]
    ) -> Coroutine[Any, Any, Any]:
        self._live.check_live()
        check_text("the name of a workflow", workflow)
        if key is not None:
            check_text("the key of a child run", key)
        text = encode_payload(payload)
        call = self._numbering.call(kind, workflow, key, digest_of((payload,), options))
        past = call.past
        if past is not None and past.is_over and not self._past.is_again(past):
            return self._order.give_back(workflow, past)
        return self._perform(call, text, options)

    async def _perform(self, call: Call, payload: str, options: dict[str, Any]) -> Any:
        past, is_awaited = call.past, call.kind == _CALL
        await self._order.ready(past)
        begun_at = self._live.utc_now()
        if past is not None and not past.is_over:
            child, attempt, begun_at = str(value_of(past)["run"]), past.attempt, past.at or begun_at
        else:
            child, attempt = new_run_id(), past.attempt + 1 if past is not None else 1
            status = _WAITING if is_awaited else _RUNNING
            begun = status, attempt, call.digest, json.dumps({"run": child})
            record = self._records.row(call.kind, call.place, *begun)
            await self._live.start_child(child, call.name, payload, options, is_awaited, record)
            self._live.emit(format_step(self._live.run_id, call.name, status, attempt))
        outcome = Outcome(Run.Status.COMPLETE, json.dumps(child)) if not is_awaited else await self._wait(call, child)
        self._live.check_live()
        is_complete = outcome.status == Run.Status.COMPLETE
        kind, message = outcome.error
        value = outcome.output if is_complete else json.dumps({"type": kind, "message": message, "run": child})
        status = _COMPLETE if is_complete else _ERROR
        duration = max(0.0, (self._live.utc_now() - begun_at).total_seconds())
        self._records.add(call.kind, *call.place, status, attempt, call.digest, value, None, duration)
        self._live.emit(format_step(self._live.run_id, call.name, status, attempt, duration))
        await self._records.committed()
        if not is_complete:
            raise ChildFailed(call.name, child, kind, message)
        return json.loads(outcome.output)

    async def _wait(self, call: Call, child: str) -> Outcome:
        """Wait for the end of a child; meanwhile, the run may be let go."""
        look = partial(self._live.in_thread, read_outcome, child)
        outcome: Outcome | None = await self._waits.until(call.scope, None, ("run", child), look)
        assert outcome is not None
        return outcome
