"""Runs that were let go, and are claimed when their time has come."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from runs.models import Delivery, Run, Segment, StepRecord
from runs.recovery.claims import claim_dead, claim_queued, claim_woken
from runs.workflows import registry

pytestmark = pytest.mark.django_db

_BEGUN = datetime(2026, 6, 1, tzinfo=UTC)
_OWN = 7


def _add(number: int, late: float, **changed: Any) -> None:
    """Record a run that has slept since, `late` seconds longer than it should, with the request that started it."""
    fields = {
        "id": f"run_{number:044x}",
        "app_id": "app_1",
        "workflow": "sleeps",
        "timeout": 300,
        "status": Run.Status.WAITING,
        "executor_id": 0,
        "created_at": _BEGUN,
        "started_at": _BEGUN,
        "wake_at": timezone.now() - timedelta(seconds=late),
    }
    run = Run.objects.create(**(fields | changed))
    Delivery.objects.create(run=run, method="POST", path="/sleep", headers=[], body=str(number).encode())
    StepRecord.objects.create(
        run=run,
        place=1,
        kind=StepRecord.Kind.WAIT,
        name="sleep",
        number=1,
        position=0,
        status=StepRecord.Status.WAITING,
        attempt=1,
        value="{}",
        at=_BEGUN,
    )


def test_many_runs_that_wake_at_once_are_claimed_together_and_each_once() -> None:
    for number in range(60):
        _add(number, late=60 - number)
    # Those that are late the longest come first.
    claimed = [[claim.run.pk for claim in claim_woken(_OWN, 1000)] for _ in range(3)]
    assert [len(run_ids) for run_ids in claimed] == [50, 10, 0]
    assert [run_id for run_ids in claimed for run_id in run_ids] == [f"run_{number:044x}" for number in range(60)]


def test_no_more_runs_are_claimed_than_can_start() -> None:
    for number in range(5):
        _add(number, late=1)
    assert len(claim_woken(_OWN, 3)) == 3
    assert Run.objects.filter(status=Run.Status.WAITING).count() == 2


def test_a_woken_run_continues_its_attempt_with_its_own_request_and_steps() -> None:
    _add(1, late=1, attempt=2, lease=5)
    _add(2, late=2)
    claims = {claim.run.pk[-1]: claim for claim in claim_woken(_OWN, 50)}
    for number, (attempt, lease) in {"1": (2, 6), "2": (1, 2)}.items():
        claim, stored = claims[number], Run.objects.get(pk=claims[number].run.pk)
        for run in (claim.run, stored):
            assert (run.status, run.executor_id, run.attempt, run.lease) == (Run.Status.RUNNING, _OWN, attempt, lease)
        assert stored.wake_at is None
        assert claim.has_waited and not claim.crashed and not claim.is_retry
        assert claim.delivery is not None and bytes(claim.delivery.body) == number.encode()
        assert claim.history is not None and list(claim.history.waits) == [("sleep", "", 1)]


@pytest.mark.parametrize("status", [Run.Status.WAITING, Run.Status.QUEUED, Run.Status.RUNNING])
def test_a_claimed_run_has_the_hash_of_the_installed_code(status: Run.Status) -> None:
    _add(1, late=1, status=status, workflow="demo", code_hash="0123456789ab", executor_id=9 * (status == "running"))
    _add(2, late=1, status=status, workflow="gone", code_hash="0123456789ab", executor_id=9 * (status == "running"))
    if status == Run.Status.WAITING:
        claims = claim_woken(_OWN, 50)
    elif status == Run.Status.QUEUED:
        claims = [claim for _ in range(2) if (claim := claim_queued(_OWN)) is not None]
    else:
        claims = claim_dead(9, _OWN)
    installed = registry.find_installed("demo")
    assert installed.code_hash not in ("", "0123456789ab")
    assert {(claim.workflow, claim.run.code_hash) for claim in claims} == {
        (installed, installed.code_hash),
        (None, "0123456789ab"),
    }
    assert {(run.workflow, run.code_hash) for run in Run.objects.all()} == {
        ("demo", installed.code_hash),
        ("gone", "0123456789ab"),
    }


def test_runs_that_sleep_on_or_belong_to_workers_or_are_queued_are_not_woken() -> None:
    _add(1, late=-60)
    _add(2, late=1, engine=Run.Engine.PROCRASTINATE)
    _add(3, late=1, wake_at=None)
    _add(4, late=1, status=Run.Status.QUEUED)
    assert claim_woken(_OWN, 50) == []
    claim = claim_queued(_OWN)
    assert claim is not None and claim.run.pk.endswith("4") and claim.is_retry
    assert claim_queued(_OWN) is None


# Never remove one: a run that waited when its process of an earlier release died must not count as crashed.
@pytest.mark.parametrize("text", ["Waiting for its turn: only so many runs are executed here at once."])
def test_a_run_that_only_waited_for_its_turn_is_known_by_the_event_of_any_release(text: str) -> None:
    for number, said in enumerate((text, "Something else.")):
        _add(number, late=0, status=Run.Status.RUNNING, executor_id=8, wake_at=None)
        event = f'{{"type":"log","run_id":"run_{number:044x}","level":"info","message":{json.dumps(said)}}}'
        Segment.objects.create(
            run_id=f"run_{number:044x}", first=1, last=1, data=event, at=_BEGUN + timedelta(seconds=1)
        )
    claimed = {claim.run.pk[-1]: claim for claim in claim_dead(8, _OWN)}
    assert [claimed[name].crashed for name in "01"] == [False, True]
    assert [claimed[name].run.attempt for name in "01"] == [1, 2]
