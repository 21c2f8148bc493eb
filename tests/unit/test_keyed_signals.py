"""Keyed signals in the database: each is given to one wait, the oldest, whichever comes first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from runs.history.retention import prune_signals
from runs.ids import new_run_id
from runs.links.keyed_signals import (
    ConflictingDelivery,
    Origin,
    RepeatedDelivery,
    end_wait,
    hand_over,
    send_keyed,
    take_keyed,
    withdraw,
)
from runs.links.signals import TooManySignals, give_back, send, take, wake_signalled
from runs.models import Run, Signal, SignalledDelivery, StepRecord, Wait

pytestmark = pytest.mark.django_db

_SENT = "app_test", "payment", "7"
_WAIT = "payment", "7", ":1"


def made(**fields: Any) -> Run:
    now = datetime.now(UTC)
    defaults = {"app_id": "app_test", "workflow": "echo", "timeout": 60, "executor_id": 1, "created_at": now}
    return Run.objects.create(id=new_run_id(), **defaults | fields)


def waiting() -> Run:
    return made(status=Run.Status.WAITING, executor_id=0)


def ended(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(status=Run.Status.CANCELLED)


def is_woken(run: Run) -> bool:
    run.refresh_from_db()
    return run.wake_at is not None


def test_the_run_that_has_waited_longest_gets_the_signal_and_wakes() -> None:
    first, second = waiting(), waiting()
    assert take_keyed(first.pk, *_WAIT) is None
    assert take_keyed(second.pk, *_WAIT) is None
    send_keyed(*_SENT, "1")
    assert (is_woken(first), is_woken(second)) == (True, False)
    send_keyed(*_SENT, "2")
    assert is_woken(second)
    assert [take_keyed(run.pk, *_WAIT) for run in (second, first, first)] == ["2", "1", "1"]
    assert not Wait.objects.exists()


def test_a_signal_that_comes_first_is_kept_and_taken_once() -> None:
    send_keyed(*_SENT, "1")
    send_keyed(*_SENT, "2")
    first, second, third = waiting(), waiting(), waiting()
    assert [take_keyed(run.pk, *_WAIT) for run in (first, second, third)] == ["1", "2", None]


@pytest.mark.parametrize(
    "sent", [("app_other", "payment", "7"), ("app_test", "refund", "7"), ("app_test", "payment", "8")]
)
def test_a_signal_reaches_only_waits_for_its_app_its_name_and_its_key(sent: tuple[str, str, str]) -> None:
    run = waiting()
    send_keyed(*sent, "1")
    assert take_keyed(run.pk, *_WAIT) is None
    send_keyed(*sent, "2")
    assert take_keyed(run.pk, *_WAIT) is None
    assert not is_woken(run)


def test_signals_to_a_run_and_keyed_ones_end_only_their_own_waits() -> None:
    run = waiting()
    assert take_keyed(run.pk, *_WAIT) is None
    send(run, "payment", '"to the run"')
    assert take_keyed(run.pk, *_WAIT) is None
    send_keyed(*_SENT, '"keyed"')
    assert take(run.pk, "payment", ":2") == '"to the run"'
    assert take(run.pk, "payment", ":3") is None
    assert take_keyed(run.pk, *_WAIT) == '"keyed"'


def test_a_run_that_has_ended_gets_nothing_and_its_wait_is_removed() -> None:
    first, second = waiting(), waiting()
    take_keyed(first.pk, *_WAIT)
    take_keyed(second.pk, *_WAIT)
    ended(first)
    send_keyed(*_SENT, "1")
    assert not Wait.objects.exists()
    assert take_keyed(second.pk, *_WAIT) == "1"


def test_the_signal_of_a_run_that_ends_before_it_takes_it_goes_to_the_next_wait() -> None:
    first, second = waiting(), waiting()
    take_keyed(first.pk, *_WAIT)
    take_keyed(second.pk, *_WAIT)
    send_keyed(*_SENT, "1")
    ended(first)
    assert (hand_over(), hand_over()) == (1, 0)
    assert is_woken(second)
    assert take_keyed(second.pk, *_WAIT) == "1"
    ended(second)
    assert hand_over() == 0  # it was taken


def test_a_wait_whose_time_has_come_is_given_nothing_afterwards() -> None:
    first, second = waiting(), waiting()
    take_keyed(first.pk, *_WAIT)
    assert end_wait(first.pk, *_WAIT) is None
    send_keyed(*_SENT, "1")
    assert not is_woken(first)
    assert take_keyed(second.pk, *_WAIT) == "1"


def test_a_wait_that_was_given_a_signal_as_its_time_came_takes_it() -> None:
    run = waiting()
    take_keyed(run.pk, *_WAIT)
    send_keyed(*_SENT, "1")
    assert (end_wait(run.pk, *_WAIT), end_wait(run.pk, *_WAIT)) == ("1", "1")


@pytest.mark.parametrize("comes", ["before", "during"])
def test_a_wait_that_its_workflow_cancels_leaves_the_signal_to_the_next(comes: str) -> None:
    first, second = made(), waiting()
    take_keyed(first.pk, *_WAIT)
    take_keyed(second.pk, *_WAIT)
    if comes == "during":
        send_keyed(*_SENT, "1")
    withdraw(first.pk, *_WAIT, first.lease + 1)  # of a process that has lost the run
    assert Wait.objects.count() == (1 if comes == "during" else 2)
    withdraw(first.pk, *_WAIT, first.lease)
    if comes == "before":
        send_keyed(*_SENT, "1")
    assert is_woken(second)
    assert take_keyed(second.pk, *_WAIT) == "1"


def test_a_cancelled_wait_for_a_signal_to_the_run_leaves_it_to_the_next_wait() -> None:
    run = made()
    send(run, "payment", "1")
    assert take(run.pk, "payment", ":1") == "1"
    give_back(run.pk, "payment", ":1", run.lease + 1)  # of a process that has lost the run
    assert take(run.pk, "payment", ":2") is None
    give_back(run.pk, "payment", ":1", run.lease)
    assert take(run.pk, "payment", ":2") == "1"


def test_two_waits_of_one_run_get_a_signal_each() -> None:
    run = waiting()
    waits = [("payment", "7", ":1"), ("payment", "7", "1:1")]
    assert [take_keyed(run.pk, *wait) for wait in waits] == [None, None]
    send_keyed(*_SENT, "1")
    assert take_keyed(run.pk, *waits[0]) == "1"
    assert take_keyed(run.pk, *waits[1]) is None
    send_keyed(*_SENT, "2")
    assert [take_keyed(run.pk, *wait) for wait in waits] == ["1", "2"]


def test_a_run_that_was_let_go_as_its_signal_came_is_woken_but_not_for_a_wait_that_has_ended() -> None:
    run = waiting()
    record = {"run": run, "kind": "wait", "name": "payment", "key": "7", "number": 1, "position": 0, "attempt": 1}
    StepRecord.objects.create(place=1, status="waiting", at=run.created_at, **record)
    take_keyed(run.pk, *_WAIT)
    send_keyed(*_SENT, "1")
    Run.objects.filter(pk=run.pk).update(wake_at=None)  # by the journal, which lets it go
    assert wake_signalled() == 1
    assert is_woken(run)
    StepRecord.objects.create(place=2, status="complete", at=run.created_at, **record)
    Run.objects.filter(pk=run.pk).update(wake_at=None)
    assert wake_signalled() == 0


def origin(fingerprint: str = "a", *, is_strict: bool = True) -> Origin:
    return Origin("delivery", fingerprint, is_strict, 60)


def test_a_repeated_delivery_sends_no_second_signal() -> None:
    send_keyed(*_SENT, "1", origin())
    with pytest.raises(RepeatedDelivery):
        send_keyed(*_SENT, "1", origin())
    with pytest.raises(ConflictingDelivery):
        send_keyed(*_SENT, "1", origin("b"))
    with pytest.raises(RepeatedDelivery):
        send_keyed(*_SENT, "1", origin("b", is_strict=False))
    assert Signal.objects.count() == 1


def test_a_delivery_id_is_remembered_as_long_as_signals_are_kept(settings: Any) -> None:
    settings.KEEP_SIGNALS_DAYS = 3
    send_keyed(*_SENT, "1", origin())
    remembered = SignalledDelivery.objects.get()
    assert timedelta(days=2) < remembered.expires_at - datetime.now(UTC) <= timedelta(days=3)
    SignalledDelivery.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    send_keyed(*_SENT, "1", origin())
    assert Signal.objects.count() == 2


def test_an_app_keeps_a_bounded_number_of_signals_but_waits_still_get_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runs.links.signals.MAX_KEPT", 1)
    run = waiting()
    take_keyed(run.pk, *_WAIT)
    send_keyed("app_test", "other", "7", "1")
    with pytest.raises(TooManySignals):
        send_keyed("app_test", "other", "7", "2", origin())
    send_keyed(*_SENT, "3", origin())  # the one that was refused is not remembered
    assert take_keyed(run.pk, *_WAIT) == "3"
    send_keyed("app_more", "other", "7", "4")


def test_retention_deletes_old_signals_without_a_run_and_expired_delivery_ids(settings: Any) -> None:
    settings.KEEP_SIGNALS_DAYS = 3
    now = datetime.now(UTC)
    run = waiting()
    send_keyed(*_SENT, '"taken"', origin())
    assert take_keyed(run.pk, *_WAIT) == '"taken"'
    send_keyed(*_SENT, '"old"')
    send(run, "payment", '"to the run"')
    Signal.objects.update(created_at=now - timedelta(days=4))
    send_keyed(*_SENT, '"new"')
    assert sum(prune_signals(now, rest=lambda seconds: None)) == 1
    assert list(Signal.objects.order_by("id").values_list("payload", flat=True)) == ['"taken"', '"to the run"', '"new"']
    assert SignalledDelivery.objects.exists()
    assert sum(prune_signals(now + timedelta(days=4), rest=lambda seconds: None)) == 1
    assert not SignalledDelivery.objects.exists()


def test_signals_and_waits_are_matched_and_counted_by_an_index() -> None:
    run = waiting()
    with CaptureQueriesContext(connection) as captured:
        send_keyed("app_test", "other", "7", "1")
        take_keyed(run.pk, *_WAIT)
        send_keyed(*_SENT, "1")
        take_keyed(run.pk, *_WAIT)
        hand_over()
        wake_signalled()
    plans = []
    with connection.cursor() as cursor:
        for query in captured:
            if query["sql"].startswith(("SELECT", "UPDATE", "DELETE")):
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                plans += [str(row[3]) for row in cursor.fetchall()]
    assert len(plans) > 10
    assert [plan for plan in plans if plan.startswith("SCAN runs_") and "INDEX" not in plan] == []
    assert [plan for plan in plans if "COVERING INDEX signals_sizes" in plan], plans
