"""The admin's home page: figures of the apps that a user may see, problems, and the way to the first sink."""

import html
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import httpx
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from runs.history.summaries import Hours, Load, Period, Point, Summary, Totals, present
from runs.history.tallies import HOUR, KEPT
from runs.load.percentiles import READ
from runs.models import Run, Tally
from sinkhub.admin_site.chart import chart_of, ticks
from sinks.admin.sparkline import sparkline
from sinks.dashboard.links import sink_page
from sinks.models import App, Membership, Sink
from tests.support.browser import sign_in
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

_HOME = "/admin/"


def tally(sink: Sink, kind: str, count: int, ago: int = 0) -> None:
    """Record a tally as servers do: for each span, and for the sink, its app and all apps."""
    now = int(time.time()) - ago
    for span in KEPT:
        for source_id, app_id in ((sink.pk, sink.app.app_id), (0, sink.app.app_id), (0, "")):
            row, _ = Tally.objects.get_or_create(
                span=span, at=now - now % span, source_id=source_id, app_id=app_id, kind=kind, defaults={"count": 0}
            )
            Tally.objects.filter(pk=row.pk).update(count=row.count + count)


@pytest.fixture
def sinks(db: None) -> list[Sink]:
    apps = [App.objects.create(app_id=f"app_{name}") for name in ("mine", "other")]
    return [Sink.objects.create(app=app, path="/hook", workflow="echo") for app in apps]


def shown(client: Client, query: str = "") -> Any:
    """Return the context of the page."""
    answer = client.get(f"{_HOME}{query}")
    assert answer.status_code == 200
    return answer.context


def test_the_first_visit_shows_the_way_to_the_first_sink(admin_client: Client) -> None:
    page = admin_client.get(_HOME).content.decode()
    assert "Create your first sink" in page
    assert 'href="/admin/sinks/app/add/"' in page
    assert 'href="/admin/sinks/sink/add/"' in page
    App.objects.create(app_id="app_one")
    assert "You have an app." in admin_client.get(_HOME).content.decode()


def test_the_demo_is_no_first_sink(admin_client: Client) -> None:
    demo = App.objects.create(app_id="app_demo")
    sink = Sink.objects.create(app=demo, path="/slow", workflow="demo")
    page = admin_client.get(_HOME).content.decode()
    assert "Create your first sink" in page
    assert "Create an app</a>" in page
    assert f'<a href="{sink_page(sink.pk)}">POST /app_demo/slow</a>' in page
    Sink.objects.create(app=App.objects.create(app_id="app_one"), path="/hook", workflow="echo")
    assert "Create your first sink" not in admin_client.get(_HOME).content.decode()


def links(page: str, kind: str) -> list[dict[str, list[str]]]:
    """Return the parameters of a page's links to the list of runs or of refusals."""
    return [parse_qs(html.unescape(query)) for query in re.findall(rf'href="/admin/{kind}/\?([^"]+)"', page)]


def test_each_figure_and_column_leads_to_its_runs_or_refusals(admin_client: Client, sinks: list[Sink]) -> None:
    for kind, count in (("complete:050", 8), ("error:050", 2), ("refused:token", 5)):
        tally(sinks[0], kind, count, 600)
    begin = datetime.fromtimestamp((time.time() - 600) // 60 * 60, UTC)
    minute = {"from": [f"{begin:%Y-%m-%dT%H:%MZ}"], "to": [f"{begin + timedelta(minutes=1):%Y-%m-%dT%H:%MZ}"]}
    page = admin_client.get(_HOME).content.decode()
    runs, refusals = links(page, "runs/run"), links(page, "sinks/refusal")
    assert minute in runs
    assert {"status": ["complete"], **minute} in runs
    assert {"status": ["failed"], **minute} in runs
    assert minute in refusals
    since = runs[0]["from"]
    assert {"status": ["failed"], "sink": [str(sinks[0].pk)], "from": since} in runs
    assert {"kind": ["token"], "from": since} in refusals
    assert admin_client.get(f"/admin/runs/run/?from={since[0]}").status_code == 200


def test_the_chart_has_axes_and_scales_of_its_own_for_runs_and_refusals(db: None) -> None:
    at = datetime(2026, 11, 30, 22, 5, tzinfo=UTC)
    points = tuple(Point(at + timedelta(minutes=minute), complete=7 * minute, refused=minute) for minute in range(60))
    with timezone.override(ZoneInfo("Asia/Kolkata")):
        chart = chart_of(Summary(Period.HOUR, at, Totals(), points))
    assert [value for value, _ in chart.ticks] == [0, 200, 400, 600]
    assert (chart.columns[-1].parts[0].height, chart.refused_top, chart.columns[-1].refused.height) == (
        68.83,
        60,
        98.33,
    )
    assert chart.columns[5].tick == "03:40"
    assert (chart.columns[0].time, chart.columns[0].text, chart.zone) == ("03:35 to 03:36", "no runs", "IST")
    assert len(chart.rows) == 59


def test_the_columns_of_a_week_begin_at_midnight_of_the_user(db: None) -> None:
    at = datetime(2026, 11, 24, 5, tzinfo=UTC)
    points = tuple(Point(at + timedelta(hours=hour), complete=1) for hour in range(168))
    with timezone.override(ZoneInfo("Europe/Berlin")):
        chart = chart_of(Summary(Period.WEEK, at, Totals(), points))
    assert sum(column.parts[0].count for column in chart.columns) == 168
    assert chart.columns[1].time == "Tue 24 Nov, 09:00 to 12:00"
    assert next(column.tick for column in chart.columns if column.tick) == "Wed 25"


@pytest.mark.parametrize(("highest", "values"), [(0, [0]), (1, [0, 1]), (4, [0, 1, 2, 3, 4]), (41, [0, 20, 40, 60])])
def test_the_values_of_an_axis_are_round(highest: int, values: list[int]) -> None:
    assert ticks(highest) == values


def test_percentiles_are_exact_where_few_runs_ended(admin_client: Client, sinks: list[Sink]) -> None:
    now = datetime.now(UTC)
    for number in range(1, 101):
        run_id = f"run_{int(now.timestamp() * 1000):012x}{number:032x}"
        fields = {"workflow": "echo", "timeout": 1.0, "executor_id": 1, "created_at": now, "status": "complete"}
        Run.objects.create(id=run_id, app_id="app_mine", source_id=sinks[0].pk, duration=number * 1.25, **fields)
    tally(sinks[0], "complete:0170", 100)
    shown_ = shown(admin_client)["durations"]
    assert (shown_["p50"], shown_["p95"], shown_["precision"]) == ("1 min 2 s", "1 min 59 s", "exact")
    assert parse_qs(shown_["link"].partition("?")[2])["duration"] == ["60"]
    tally(sinks[0], "complete:0170", READ)
    shown_ = shown(admin_client)["durations"]
    assert (shown_["p50"], shown_["precision"]) == ("1.6 s", "within 6%")


def test_the_queue_shows_the_oldest_run_that_could_start(sinks: list[Sink]) -> None:
    now = datetime.now(UTC)
    made = [("queued", 5, None), ("queued", 90, now + timedelta(hours=1)), ("queued", 70, now - timedelta(minutes=9))]
    for number, (status, minutes, wake_at) in enumerate([*made, ("running", 80, None)]):
        at = now - timedelta(minutes=minutes)
        run_id = f"run_{int(at.timestamp() * 1000):012x}{number:032x}"
        fields = {"workflow": "echo", "timeout": 1.0, "executor_id": 0, "created_at": at, "status": status}
        Run.objects.create(id=run_id, app_id="app_mine", source_id=sinks[0].pk, wake_at=wake_at, **fields)
    load = present()
    assert (load.queued, load.running, load.oldest) == (3, 1, now - timedelta(minutes=9))
    assert load.engines["local"] == Load(1, 3, 0, now - timedelta(minutes=9))
    assert (present(frozenset(["app_other"])).queued, present(frozenset(["app_other"])).oldest) == (0, None)


def test_it_shows_what_runs_came_to(admin_client: Client, sinks: list[Sink]) -> None:
    tally(sinks[0], "complete:050", 8)
    tally(sinks[0], "error:050", 2)
    tally(sinks[1], "refused:token", 5)
    tally(sinks[1], "refused:rate", 1)
    home = shown(admin_client)
    assert (home["totals"].runs, home["share"], home["totals"].refused) == (10, 0.8, 6)
    assert [reason for reason, *_ in home["refusals"]] == ["token", "rate"]
    assert [(row["name"], row["figure"]) for row in home["failing"]] == [("POST /app_mine/hook", "2 of 10")]
    assert [row["name"] for row in home["slowest"]] == ["POST /app_mine/hook"]
    page = admin_client.get(_HOME).content.decode()
    assert "8 complete, 2 failed, 6 refused" in page
    assert ">80.0%</a>" in page


@pytest.mark.parametrize(("query", "runs"), [("", 1), ("?period=day", 3), ("?period=week", 7), ("?period=nonsense", 1)])
def test_it_is_of_the_last_hour_day_or_week(admin_client: Client, sinks: list[Sink], query: str, runs: int) -> None:
    for count, hours in ((1, 0), (2, 5), (4, 100)):
        tally(sinks[0], "complete", count, hours * HOUR)
    assert shown(admin_client, query)["totals"].runs == runs


def test_a_member_sees_the_figures_of_their_apps_alone(sinks: list[Sink]) -> None:
    user = User.objects.create_user("ada", is_staff=True)
    Membership.objects.create(user=user, app=sinks[0].app, role="viewer")
    tally(sinks[0], "complete", 3)
    tally(sinks[1], "error:050", 90)
    tally(sinks[1], "refused:token", 5)
    client = Client()
    client.force_login(user)
    home = shown(client)
    assert (home["totals"].runs, home["totals"].refused, home["refusals"]) == (3, 0, [])
    assert (home["failing"], home["slowest"]) == ([], [])
    assert "app_other" not in client.get(_HOME).content.decode()
    assert "/admin/sinks/sink/add/" not in client.get(_HOME).content.decode()


def test_who_may_see_no_runs_sees_no_figures(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    page = client.get(_HOME).content.decode()
    assert "Runs by minute" not in page
    assert "Ask an administrator to create an app" in page


def test_a_sink_whose_workflow_is_gone_is_said_with_what_to_do(admin_client: Client, sinks: list[Sink]) -> None:
    assert shown(admin_client)["problems"] == []
    Sink.objects.filter(pk=sinks[0].pk).update(workflow="no-more")
    [problem] = shown(admin_client)["problems"]
    assert problem.text.startswith("Active sinks use the workflow 'no-more', which is not installed")
    assert problem.hint.startswith("Install it")
    Sink.objects.filter(pk=sinks[0].pk).update(active=False)
    assert shown(admin_client)["problems"] == []


def test_a_deleted_sink_keeps_its_place_without_a_name(admin_client: Client, sinks: list[Sink]) -> None:
    tally(sinks[0], "error:050", 2)
    sinks[0].delete()
    [failing] = shown(admin_client)["failing"]
    assert (failing["name"], failing["link"]) == ("a deleted sink of app_mine", "")


def test_a_sparkline_says_in_words_what_it_shows() -> None:
    picture = sparkline(Hours((1, *[0] * 23), tuple([0] * 24), tuple([2] * 24)))
    assert 'aria-label="1 ok, 0 failed, 48 refused"' in picture
    assert picture.count("<rect") == 25
    assert "none" in sparkline(Hours(*[tuple([0] * 24)] * 3))


def test_the_list_of_sinks_asks_no_more_for_many_than_for_one(
    admin_client: Client, sinks: list[Sink], django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        Sink.objects.create(app=sinks[0].app, path=f"/{number}", workflow="echo")
    tally(sinks[1], "complete:001", 2)
    with django_assert_max_num_queries(20):
        page = admin_client.get("/admin/sinks/sink/").content.decode()
    assert "2 ok, 0 failed, 0 refused" in page


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks([{"path": "/hook"}, {"path": "/closed", "auth_token": "s3cret-token"}])
    hub.add_admin()
    return hub.start(SINKHUB_WORKFLOWS="")


def test_figures_move_while_somebody_looks(server: Server, page: Page) -> None:
    sign_in(page, server.url)
    page.goto(f"{server.url}{_HOME}")
    expect(page.locator("#ended")).to_have_text("0")
    for path in ("/hook", "/hook", "/closed"):
        web.post(f"{server.url}/app_test{path}")
    expect(page.locator("#ended")).to_have_text("2")
    expect(page.locator("#refused")).to_have_text("1")


@pytest.mark.browser_context_args(viewport={"width": 390, "height": 844})
def test_it_fits_a_narrow_window(server: Server, page: Page) -> None:
    sign_in(page, server.url)
    for path in (_HOME, "/admin/sinks/sink/", "/admin/sinks/app/"):
        page.goto(f"{server.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path


def test_a_channel_layer_that_is_away_is_said(own_hub: Hub) -> None:
    own_hub.add_admin()
    server = own_hub.start(REDIS_URL="redis://127.0.0.1:1/0", wait=False)
    wait_until(lambda: _answers(server, "/healthz"), "the server does not start")
    with httpx.Client(base_url=server.url, timeout=30, follow_redirects=True) as admin:
        admin.get("/admin/login/").raise_for_status()
        form = {"username": "admin", "password": "correct horse", "next": _HOME}
        page = admin.post("/admin/login/", data=form | {"csrfmiddlewaretoken": admin.cookies["csrftoken"]}).text
    assert "The channel layer is unavailable" in page
    assert "Check that Redis is running at REDIS_URL." in page


def test_a_database_that_is_away_is_said_on_a_page(own_hub: Hub) -> None:
    server = own_hub.start()
    lose = "ALTER TABLE django_session RENAME TO django_session_gone"
    code = f"from django.db import connection; connection.cursor().execute('{lose}')"
    own_hub.shell(code)
    answer = web.get(f"{server.url}/admin/", headers={"Cookie": f"sessionid={'x' * 32}"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "The database is unavailable" in answer.text


def _answers(server: Server, path: str) -> bool:
    try:
        return web.get(f"{server.url}{path}").status_code == 200
    except httpx.TransportError:
        return False
