"""Runs in the admin: filters, search in deliveries, pagination, and the page of a run in each state."""

import html
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from runs.bulk import jobs
from runs.history import search
from runs.history.durations import ago
from runs.history.queries import Filter
from runs.listing.models import BulkAction, SavedView
from runs.listing.parameters import STATUSES
from runs.models import Run, Segment, StepRecord
from tests.integration.test_run_queries import EXPLAINING, asked, fill
from tests.support.hub import Hub
from tests.unit.test_admin import address, make_delivery, make_run, page, quick_logins, user_with  # noqa: F401

_RUNS = "/admin/runs/run/"
_BEGIN = datetime(2023, 11, 14, tzinfo=UTC)


def make_runs(count: int, **fields: Any) -> list[Run]:
    """Create runs a second apart, the oldest first."""
    begin = int(_BEGIN.timestamp() * 1000)
    values = {"app_id": "app_test", "workflow": "echo", "timeout": 1.0, "executor_id": 1, "status": "complete"} | fields
    return Run.objects.bulk_create(
        Run(id=f"run_{begin + at * 1000:012x}{at:032x}", created_at=_BEGIN + timedelta(seconds=at), **values)
        for at in range(count)
    )


def listed(client: Client, query: str = "") -> list[str]:
    """Return the ids of the runs on a page of the list."""
    return re.findall('data-run="([^"]+)"', page(client, f"{_RUNS}{query}"))


def link(shown: str, text: str) -> str | None:
    """Return the URL of the link with a text."""
    found = re.search(f'<a class="hub-button" href="([^"]+)"[^>]*>{text}</a>', shown)
    return html.unescape(found[1]) if found else None


# The list.


def test_the_list_asks_as_many_questions_for_many_runs_as_for_few_and_counts_none(admin_client: Client) -> None:
    asked_before: list[str] = []
    for runs in (3, 300):
        Run.objects.all().delete()
        make_runs(runs)
        with CaptureQueriesContext(connection) as queries:
            page(admin_client, _RUNS)
        statements = [query["sql"] for query in queries.captured_queries]
        # Queries: the session, its user, the ids, the page's runs and their details, two of secrets, and saved views.
        assert len(statements) == 8, statements
        assert not [sql for sql in statements if "COUNT(" in sql or "OFFSET" in sql]
        asked_before = asked_before or statements
    assert len(asked_before) == 8


_EXPLAIN_LIST = f"""{EXPLAINING}
from django.contrib.auth.models import User
from django.test import Client
from runs.models import Run
client = Client()
client.force_login(User.objects.create_user("admin", is_staff=True, is_superuser=True))
with connection.cursor() as cursor:
    cursor.execute(
        "INSERT INTO runs_delivery (run_id, method, path, path_params, query_string, headers, client, body)"
        " SELECT id, 'POST', '/', '{{}}', '', '[]', '', %s FROM runs_run", [b"body"]
    )
    cursor.execute("ANALYZE runs_delivery")
middle = Run.objects.exclude(id__contains="g").order_by("-id")[3000].pk
with connection.execute_wrapper(explain):
    for query in ("", f"before={{middle}}", "app=app_1", "sink=3", "status=error", "status=unfinished", "time=hour",
                  "workflow=demo", "from=2020-01-01T00:00&to=2030-01-01T00:00", "q=needle", "q=" + middle):
        answer = client.get("/admin/runs/run/?" + query, headers={{"host": "localhost"}})
        assert answer.status_code == 200, query
print(json.dumps([plan for plan in plans if "runs_run" in plan[0] or "runs_delivery" in plan[0]]))
"""


def test_the_list_is_read_along_indexes_however_many_runs_there_are(own_hub: Hub) -> None:
    fill(own_hub)
    plans = asked(own_hub, _EXPLAIN_LIST)
    assert len(plans) > 30
    for sql, plan in plans:
        explained = "\n".join(plan) + "\n"
        assert "Index" in explained or "INDEX" in explained or "PRIMARY KEY" in explained, (
            f"{sql[:900]}\n{explained[:900]}"
        )
        for bad in ("Seq Scan", "SCAN runs_run\n"):
            assert bad not in explained, f"{sql[:900]}\n{explained[:900]}"


def test_pages_lead_to_older_and_newer_runs_and_back(admin_client: Client) -> None:
    ids = [run.pk for run in reversed(make_runs(120))]
    shown, pages = page(admin_client, _RUNS), []
    assert link(shown, "Newer") is None
    while older := link(shown, "Older"):
        pages.append(re.findall('data-run="([^"]+)"', shown))
        shown = page(admin_client, f"{_RUNS}{older}")
    pages.append(re.findall('data-run="([^"]+)"', shown))
    assert pages == [ids[:50], ids[50:100], ids[100:]]
    newer = link(shown, "Newer")
    assert newer is not None
    shown = page(admin_client, f"{_RUNS}{newer}")
    assert re.findall('data-run="([^"]+)"', shown) == ids[50:100]
    assert listed(admin_client, link(shown, "Newer") or "") == ids[:50]
    assert listed(admin_client, link(shown, "Newest") or "") == ids[:50]


def test_pages_keep_their_filters(admin_client: Client) -> None:
    make_runs(60, app_id="app_one")
    shown = page(admin_client, f"{_RUNS}?app=app_one&status=complete")
    assert (link(shown, "Older") or "").startswith("?app=app_one&status=complete&before=run_")


@pytest.mark.parametrize("query", ["before=x", "before=run_1", "before=run_%27", "back=a,b"])
def test_an_address_that_is_no_page_leads_to_the_list(admin_client: Client, query: str) -> None:
    answer = admin_client.get(f"{_RUNS}?{query}")
    assert (answer.status_code, answer.headers["location"]) == (302, f"{_RUNS}?e=1")
    page(admin_client, f"{_RUNS}?e=1")


@pytest.mark.parametrize(
    "query",
    [
        "app=app_other",
        "sink=7",
        "status=error",
        "status=bad",
        "workflow=demo",
        "time=hour",
        "duration=10",
        "app=app_other&sink=7&status=error&workflow=demo&time=hour&duration=10",
        "q=needle",
        "q=needle&app=app_other",
    ],
)
def test_runs_are_filtered_and_searched(admin_client: Client, query: str) -> None:
    make_runs(3, duration=0.5)
    wanted = make_run(app_id="app_other", source_id=7, status="error", workflow="demo", duration=11.0)
    make_delivery(wanted, b'{"order": "needle-4711"}')
    assert listed(admin_client, f"?{query}") == [wanted.pk]


def test_the_list_shows_requests_the_beginning_of_bodies_and_errors(admin_client: Client) -> None:
    make_delivery(make_run(), b'{"order": 4711, "note": "<b>"}' + b"x" * 900 + b"end-of-body", path="/orders/<b>")
    make_delivery(make_run(), b"\x89PNG\xff" * 2000)
    make_delivery(make_run(status="error", error_type="LookupError", error_message="no <stock>"), b"")
    shown = page(admin_client, _RUNS)
    assert "<span>POST /orders/&lt;b&gt;</span>" in shown
    assert "{&quot;order&quot;: 4711, &quot;note&quot;: &quot;&lt;b&gt;&quot;}" in shown
    assert "end-of-body" not in shown
    assert "binary, 9.8 KiB" in shown
    assert "<em>LookupError: no &lt;stock&gt;</em>" in shown


def test_saved_views_are_of_their_user_alone(db: None) -> None:
    mine, other = user_with("view_run"), user_with("view_run", name="other")
    answer = mine.post(f"{_RUNS}views/", {"name": "Broken", "query": "status=failed&before=x&evil=1"})
    assert answer.headers["location"] == f"{_RUNS}?status=failed"
    saved = SavedView.objects.get()
    assert f'<a class="hub-chip" href="?status=failed">{saved.name}</a>' in page(mine, _RUNS)
    assert "Broken" not in page(other, _RUNS)
    other.post(f"{_RUNS}views/", {"delete": saved.pk})
    assert SavedView.objects.exists()
    mine.post(f"{_RUNS}views/", {"delete": saved.pk})
    assert not SavedView.objects.exists()


def test_the_csv_has_the_runs_that_match_and_no_formula(admin_client: Client) -> None:
    make_runs(3)
    failed = make_run(status="error", error_type="=cmd", error_message="x")
    make_delivery(failed, b"a body")
    lines = b"".join(admin_client.get(f"{_RUNS}csv/?status=failed")).decode().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(failed.pk)
    assert ",'=cmd: x," in lines[1]
    assert "a body" in b"".join(admin_client.get(f"{_RUNS}csv/?status=failed&bodies=1")).decode()


def test_a_bulk_action_handles_each_run_that_matches_once_and_can_be_stopped(admin_client: Client) -> None:
    runs = make_runs(7, status="running")
    other = make_run(app_id="app_other")
    shown = page(admin_client, f"{_RUNS}bulk/?app=app_test")
    assert 'value="cancel"' in shown
    assert 'value="replay"' not in shown
    begun = admin_client.post(f"{_RUNS}bulk/?app=app_test", {"action": "cancel", "per_second": "10"})
    action = BulkAction.objects.get()
    assert (begun.headers["location"], action.total) == (f"{_RUNS}bulk/{action.pk}/", 7)
    jobs.apply_due(timezone.now())
    action.refresh_from_db()
    assert 0 < action.done < 7
    jobs.apply_due(timezone.now() + timedelta(seconds=5))
    action.refresh_from_db()
    assert (action.done, action.failed, action.stopped) == (7, 0, "")
    assert action.finished_at
    assert set(Run.objects.filter(cancel_requested=True)) == set(runs)
    assert LogEntry.objects.count() == 7
    assert ">7<" in page(admin_client, f"{_RUNS}bulk/{action.pk}/")
    assert not Run.objects.get(pk=other.pk).cancel_requested
    page(user_with("view_run", "change_run", name="other"), f"{_RUNS}bulk/{action.pk}/", 404)


def test_runs_that_are_not_over_are_found(admin_client: Client) -> None:
    make_runs(3)
    going = [make_run(status="queued"), make_run()]
    assert set(listed(admin_client, "?status=unfinished")) == {run.pk for run in going}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("sink=abc", "No sink has 'abc' in its address"),
        ("from=soon", "'soon' is not a time"),
        ("status=gone", "There is no status 'gone': choose one from the list."),
        ("time=year", "There is no time 'year'"),
        ("duration=nan", "There is no duration 'nan'"),
    ],
)
def test_a_filter_that_is_none_is_told(admin_client: Client, query: str, words: str) -> None:
    make_runs(1)
    assert words in html.unescape(page(admin_client, f"{_RUNS}?{query}"))


def test_a_run_is_found_by_its_id_whatever_else_is_chosen(admin_client: Client) -> None:
    run = make_runs(3)[0]
    assert listed(admin_client, f"?q=%20{run.pk}%20") == [run.pk]
    assert listed(admin_client, f"?q={run.pk[:-1]}f") == []


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Grüße".encode(), "Grüße"),
        (b'{"name": "Gr\\u00fc\\u00dfe"}', "Grüße"),
        (b'100% of it\'s \\ "this"', '100% of it\'s \\ "this"'),
        (b"\x89PNG needle \xff", "needle"),
    ],
)
def test_a_body_is_searched_as_it_came_and_as_json_writes_it(admin_client: Client, body: bytes, text: str) -> None:
    run = make_run()
    make_delivery(run, body)
    make_delivery(make_run(), b"other")
    assert [found.pk for found in search.find(Filter(), text).runs] == [run.pk]
    assert listed(admin_client, f"?q={quote(text)}") == [run.pk]


def test_a_search_reads_so_many_new_runs_and_says_so(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = make_runs(30)
    make_delivery(runs[0], b"needle")
    make_delivery(runs[28], b"needle")
    monkeypatch.setattr(search, "READ", 20)
    looked = search.find(Filter(), "needle")
    assert ([run.pk for run in looked.runs], looked.next) == ([runs[28].pk], runs[10].pk)
    rest = search.find(Filter(), "needle", looked.next)
    assert ([run.pk for run in rest.runs], rest.next) == ([runs[0].pk], None)
    shown = page(admin_client, f"{_RUNS}?q=needle")
    assert "back to 2023-11-14 00:00:10 UTC" in shown
    assert (link(shown, "Older") or "").startswith(f"?q=needle&before={runs[10].pk}")


def test_what_is_asked_for_without_its_page_is_the_rows_alone(admin_client: Client) -> None:
    run = make_runs(1)[0]
    rows = admin_client.get(_RUNS, headers={"X-Rows": "1"}).content.decode()
    assert f'data-run="{run.pk}"' in rows
    assert "<html" not in rows
    assert "<script" not in rows


def test_a_list_without_runs_says_what_would_bring_some(admin_client: Client) -> None:
    assert "Each request to a sink starts a run" in page(admin_client, _RUNS)
    make_runs(1)
    assert "No run matches these filters." in page(admin_client, f"{_RUNS}?app=app_none")


def test_no_action_is_done_to_more_than_the_page(admin_client: Client) -> None:
    make_runs(60, status="running")
    form = {"action": "cancel", "select_across": "1", "_selected_action": ["x"]}
    admin_client.post(_RUNS, form)
    assert Run.objects.filter(cancel_requested=True).count() == 50


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "just now"), (1, "just now"), (59, "59 s ago"), (185, "3 min ago"), (7300, "2 h ago"), (90000, "1 d ago")],
)
def test_how_long_ago_a_run_was_is_said_in_one_unit(seconds: float, text: str) -> None:
    assert ago(seconds) == text


def test_each_status_can_be_chosen() -> None:
    assert set(Run.Status.values) <= set(STATUSES)


# A run's page.


def test_a_run_leads_to_its_sink_and_to_the_runs_of_that(db: None) -> None:
    run = make_run(source_id=4711)
    sink = '<a href="/admin/sinks/sink/4711/">View sink</a>'
    runs = '<a href="/admin/runs/run/?sink=4711">all its runs</a>'
    shown = page(user_with("view_run", "view_sink", name="both"), address(run))
    assert sink in shown
    assert runs in shown
    shown = page(user_with("view_run"), address(run))
    assert sink not in shown
    assert runs in shown
    assert "its runs" not in page(user_with("view_run", name="other"), address(make_run()))


def state(client: Client, run: Run) -> dict[str, Any]:
    answer = client.get(f"/admin/runs/run/{run.pk}/state/")
    assert answer.status_code == 200
    return dict(answer.json())


def test_the_state_of_a_run_is_what_its_page_shows(admin_client: Client) -> None:
    now = datetime(2026, 5, 4, 3, 2, 1, 987000, tzinfo=UTC)
    run = make_run(
        status="complete",
        created_at=now - timedelta(seconds=1),
        started_at=now,
        finished_at=now,
        duration=65.0,
        attempt=2,
        events=1,
        code_hash="9f86d081884c",
    )
    end = f'{{"type":"complete","run_id":"{run.pk}","output":{{"x":1}}}}'
    Segment.objects.create(run=run, first=1, last=1, at=now, data=end)
    current = state(admin_client, run)
    assert current.pop("axis")["seconds"] == 1
    assert [(bar["status"], bar["seconds"]) for bar in current.pop("attempts")] == [("queued", 1), ("complete", 0)]
    assert current == {
        "status": "complete",
        "over": True,
        "attempt": 2,
        "code_hash": "9f86d081884c",
        "started": "2026-05-04 03:02:01 UTC",
        "finished": "2026-05-04 03:02:01 UTC",
        "duration": "1 min 5 s",
        "counts_from": "",
        "cancelling": False,
        "note": "",
        "error": "",
        "failed_step": "",
        "retry": "",
        "traceback": "",
        "output": json.dumps({"x": 1}, indent=2),
        "response": "",
        "waits": [],
        "earlier_steps": 0,
        "steps": [],
    }
    shown = html.unescape(page(admin_client, address(run)))
    for text in (current["started"], current["duration"], current["output"], current["code_hash"]):
        assert f">{text}<" in shown


def test_the_page_of_a_run_shows_its_response(admin_client: Client) -> None:
    run = make_run()
    value = {"status": 202, "headers": {"x-job": "7"}, "body": "<b>on it</b>"}
    record = {"kind": "response", "name": "respond", "number": 1, "position": 0, "attempt": 0}
    StepRecord.objects.create(run=run, place=1, at=run.created_at, value=json.dumps(value), **record)
    assert state(admin_client, run)["response"] == "202\nx-job: 7\n\n<b>on it</b>"
    assert "&lt;b&gt;on it&lt;/b&gt;" in page(admin_client, address(run))


def test_the_page_of_a_run_that_goes_on_reloads_itself_without_javascript(admin_client: Client) -> None:
    assert '<meta http-equiv="refresh"' in page(admin_client, address(make_run()))
    assert '<meta http-equiv="refresh"' not in page(admin_client, address(make_run(status="complete")))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "queued", "engine": "procrastinate"}, "workers need PostgreSQL"),
        ({"status": "queued"}, "Waiting for a server"),
        ({"status": "running", "started_at": None}, "concurrency limit is reached"),
        ({"status": "queued", "workflow": "gone"}, "The workflow gone is no longer installed here. If no server"),
        ({"status": "error", "workflow": "gone"}, "The workflow gone is no longer installed here. To replay"),
    ],
)
def test_a_run_that_waits_says_for_what(admin_client: Client, fields: dict[str, Any], words: str) -> None:
    assert words in page(admin_client, address(make_run(**fields)))


def test_a_run_that_waits_for_a_worker_where_none_runs_says_what_to_do(make_hub: Callable[[str], Hub]) -> None:
    script = """if True:
        from django.utils import timezone
        from runs.models import Run
        from runs.admin.run_page import state_of
        run = Run(status="queued", engine="procrastinate", workflow="echo", created_at=timezone.now())
        print(state_of(run)["note"])
    """
    output = make_hub("postgresql").shell(script).stdout
    assert output.strip() == "Waiting for a worker, but none is running: start one with manage.py worker."


def test_a_run_without_its_request_offers_no_replay(admin_client: Client) -> None:
    run = make_run(status="complete")
    assert f"{run.pk}/replay/" not in page(admin_client, address(run))
    make_delivery(run)
    assert f"{run.pk}/replay/" in page(admin_client, address(run))


def test_the_button_cancels_a_run_that_goes_on(admin_client: Client) -> None:
    run = make_run()
    place = f"/admin/runs/run/{run.pk}/cancel/"
    assert f'action="{place}"' in page(admin_client, address(run))
    answer = admin_client.post(place, follow=True)
    assert answer.redirect_chain == [(address(run), 302)]
    assert [str(message) for message in answer.context["messages"]] == ["The run is being cancelled."]
    run.refresh_from_db()
    assert run.cancel_requested
    assert LogEntry.objects.get().object_id == run.pk
    assert state(admin_client, run)["cancelling"]


def test_a_failed_run_is_resumed_by_a_button(admin_client: Client) -> None:
    run = make_run(status="error", error_type="LookupError", error_message="broken", finished_at=timezone.now())
    place = f"/admin/runs/run/{run.pk}/resume/"
    assert f'action="{place}"' not in page(admin_client, address(run))  # its request is not kept
    make_delivery(run)
    assert f'action="{place}"' in page(admin_client, address(run))
    answer = admin_client.post(place, follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["The run continues as its next attempt."]
    run.refresh_from_db()
    assert (run.status, run.error_type) == ("queued", "")
    assert LogEntry.objects.get().object_id == run.pk
    again = admin_client.post(place, follow=True)
    assert "can be resumed: this one is queued" in str(next(iter(again.context["messages"])))


def test_a_run_that_is_over_is_not_cancelled(admin_client: Client) -> None:
    run = make_run(status="complete")
    assert re.search('<form id="cancel"[^>]* hidden>', page(admin_client, address(run)))
    answer = admin_client.post(f"/admin/runs/run/{run.pk}/cancel/", follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["The run had already ended."]
    run.refresh_from_db()
    assert not run.cancel_requested


def test_a_cancel_wants_a_post_with_a_csrf_token_the_permission_and_a_run(
    admin_client: Client, admin_user: Any
) -> None:
    run = make_run()
    place = f"/admin/runs/run/{run.pk}/cancel/"
    viewer = user_with("view_run")
    assert place not in page(viewer, address(run))
    assert viewer.post(place).status_code == 403
    assert "Cancel this run?" in page(admin_client, place)
    assert viewer.get(place).status_code == 403
    assert admin_client.post("/admin/runs/run/run_none/cancel/").status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_user)
    assert strict.post(place).status_code == 403
    assert Client().post(place).status_code == 302
    run.refresh_from_db()
    assert not run.cancel_requested
    assert user_with("view_run", "change_run", name="other").post(place).status_code == 302
    run.refresh_from_db()
    assert run.cancel_requested


def test_a_state_is_for_those_who_may_view_runs(db: None) -> None:
    run = make_run()
    place = f"/admin/runs/run/{run.pk}/state/"
    assert user_with("view_sink").get(place).status_code == 404  # as if it did not exist
    assert user_with("view_run", name="other").get(place).status_code == 200
    assert Client().get(place).status_code == 302


def test_the_output_of_a_run_that_is_nested_deeply_is_shown(admin_client: Client) -> None:
    run = make_run(status="complete", events=1)
    output = "[" * 5000 + "]" * 5000
    end = f'{{"type":"complete","run_id":"{run.pk}","output":{output}}}'
    Segment.objects.create(run=run, first=1, last=1, at=datetime.now(UTC), data=end)
    assert f">{output}</pre>" in page(admin_client, address(run))


def test_an_event_that_utf_8_cannot_encode_is_shown(admin_client: Client) -> None:
    run = make_run()
    event = f'{{"type":"log","run_id":"{run.pk}","level":"info","message":"a\\ud800b"}}'
    Segment.objects.create(run=run, first=1, last=1, at=datetime.now(UTC), data=event)
    assert r"a\ud800b" in page(admin_client, address(run))
