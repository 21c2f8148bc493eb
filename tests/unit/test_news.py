"""What a process polls the database for: one statement, which reads only small indexes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from runs.listing.models import BulkAction
from runs.models import Run, WorkflowReload
from runs.recovery import news
from runs.recovery.news import News

pytestmark = pytest.mark.django_db

_OWN = 7
_NOTHING = News(cancels=False, due=False, due_for_workers=False, bulk_due=False, reloads=0)


def add(**fields: Any) -> None:
    defaults = {"app_id": "app_1", "workflow": "echo", "timeout": 300, "created_at": datetime(2026, 6, 1, tzinfo=UTC)}
    Run.objects.create(id=f"run_{Run.objects.count():044x}", **{"executor_id": 0, **defaults, **fields})


def moment(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"status": "running", "executor_id": _OWN}, {}),
        ({"status": "running", "executor_id": _OWN, "cancel_requested": True}, {"cancels": True}),
        ({"status": "running", "executor_id": 8, "cancel_requested": True}, {}),
        ({"status": "complete", "executor_id": _OWN, "cancel_requested": True}, {}),
        ({"status": "queued", "executor_id": 8, "cancel_requested": True}, {"cancels": True}),
        ({"status": "waiting", "cancel_requested": True}, {"cancels": True}),
        ({"status": "queued"}, {"due": True}),
        ({"status": "queued", "executor_id": 8}, {}),
        ({"status": "queued", "engine": "procrastinate"}, {}),
        ({"status": "queued", "wake_at": -1}, {"due": True}),
        ({"status": "queued", "wake_at": 60}, {}),
        ({"status": "waiting"}, {}),
        ({"status": "waiting", "wake_at": -1}, {"due": True}),
        ({"status": "waiting", "wake_at": 60}, {}),
        ({"status": "waiting", "wake_at": -1, "executor_id": 8}, {}),
        ({"status": "waiting", "wake_at": -1, "engine": "procrastinate"}, {"due_for_workers": True}),
        ({"status": "waiting", "wake_at": 60, "engine": "procrastinate"}, {}),
    ],
)
def test_a_process_notices_the_runs_that_concern_it_and_no_others(
    fields: dict[str, Any], found: dict[str, Any]
) -> None:
    assert news.read(_OWN) == _NOTHING
    if "wake_at" in fields:
        fields = fields | {"wake_at": moment(fields["wake_at"])}
    add(**fields)
    assert news.read(_OWN) == _NOTHING._replace(**found)


@pytest.mark.parametrize(("next_at", "due"), [(-1, True), (60, False), (None, False)])
def test_a_process_notices_bulk_actions_that_are_due(next_at: float | None, due: bool) -> None:
    when = None if next_at is None else moment(next_at)
    BulkAction.objects.create(
        action="cancel", wanted={}, per_second=10, total=1, has_more=False, cursor="", next_at=when
    )
    assert news.read(_OWN) == _NOTHING._replace(bulk_due=due)


def test_a_process_notices_requests_to_reload() -> None:
    WorkflowReload.objects.create(pk=1, number=3)
    assert news.read(_OWN) == _NOTHING._replace(reloads=3)


def test_each_condition_is_found_by_its_index() -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        news.read(_OWN)
    [statement] = [query["sql"] for query in queries]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        plan = [row[3] for row in cursor.fetchall()]
    reads = [line for line in plan if line.startswith(("SEARCH", "SCAN")) and " INDEX " in line]
    indexes = [line.partition("INDEX ")[2].partition(" ")[0] for line in reads]
    assert indexes == ["runs_to_cancel", "runs_to_wake", "runs_to_take", "runs_to_take", "runs_to_wake", "bulk_due"], (
        plan
    )
