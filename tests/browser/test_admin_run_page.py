"""Runs in the admin in a real browser: pages that follow, cancel and replay a run, and a list that refreshes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_run_page import MARKUP, WORD
from tests.support.browser import sign_in
from tests.support.hub import Hub, Server
from tests.support.proxy import Proxy
from tests.support.web import web

pytestmark = pytest.mark.one_database

PASSWORD = "correct horse"
NARROW = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
RUNS = "/admin/runs/run/"
SINKS: list[dict[str, Any]] = [
    {"path": "/gated", "workflow": "gated"},
    {"path": "/inspect", "workflow": "inspect"},
    {"path": "/raises", "workflow": "raises"},
    {"path": "/speaks", "workflow": "speaks", "options": {"text": MARKUP}},
    {"path": "/wide", "workflow": "speaks", "options": {"text": WORD}},
    {"path": "/slow", "workflow": "steps", "options": {"count": 1, "pause": 600.0}},
    {"path": "/many", "workflow": "floods", "options": {"events": 1200, "size": 10}},
    {"path": "/echo", "workflow": "echo"},
    {"path": "/approves", "workflow": "approves"},
    {"path": "/long", "workflow": "steps", "options": {"count": 20, "pause": 0.5}},
]


def prepare(hub: Hub) -> None:
    hub.add_sinks(SINKS)
    hub.add_admin()


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    prepare(hub)
    return hub.start(GRACE_SECONDS="0")


def send(server: Server, path: str, **kwargs: Any) -> str:
    """Start a run. Return its id."""
    answer = web.post(f"{server.url}/app_test{path}", headers={"Prefer": "respond-async"}, timeout=60, **kwargs)
    return str(answer.json()["run_id"])


def finished(server: Server, path: str, **kwargs: Any) -> str:
    """Start a run, and wait for its end. Return its id."""
    run_id = send(server, path, **kwargs)
    web.get(f"{server.url}/runs/{run_id}/events", timeout=60)
    return run_id


def open_run(page: Page, url: str, run_id: str) -> None:
    """Sign in and open a run's page."""
    open_place(page, url, f"{RUNS}{run_id}/change/")


def open_place(page: Page, url: str, place: str = RUNS) -> None:
    """Sign in and open a page, by default the list of runs."""
    sign_in(page, url)
    page.goto(url + place)


def expect_status(page: Page, status: str) -> None:
    expect(page.locator("#status")).to_have_text(status)
    expect(page.locator("#status")).to_have_attribute("data-status", status)


def expect_steps(page: Page, *steps: str) -> None:
    expect(page.locator("#events .run-text")).to_have_text(list(steps))


def cancel_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Cancel")


def test_progress_and_output_come_without_reloading(
    server: Server, page: Page, tmp_path: Path, let: Callable[[int], None]
) -> None:
    open_run(page, server.url, send(server, "/gated", data={"gates": str(tmp_path), "name": "Ada"}))
    expect_status(page, "running")
    expect(page.locator("#result")).to_be_hidden()
    expect(cancel_button(page)).to_be_visible()
    page.evaluate("window.stayed = true")
    let(1)
    expect(page.get_by_label("Progress")).to_have_js_property("value", 50)
    expect_steps(page, "50 % · step 1")
    let(2)
    expect_status(page, "complete")
    expect(page.locator("#output")).to_contain_text('"name": "Ada"')
    expect(page.locator("#result").get_by_role("tree")).to_contain_text('name: "Ada"')
    expect_steps(page, "50 % · step 1", "100 % · step 2", "The run is complete.")
    expect(page.locator("[data-field=finished]")).to_contain_text("UTC")
    expect(page.locator("[data-field=duration]")).to_contain_text("s")
    expect(cancel_button(page)).to_be_hidden()
    assert page.evaluate("window.stayed")


def test_steps_come_without_reloading_and_are_the_same_after_it(hub: Hub, server: Server, page: Page) -> None:
    run_id = send(server, "/approves")
    open_run(page, server.url, run_id)
    rows = page.locator("#step-rows tr")
    expect(rows.locator("[data-part=status]")).to_have_text(["complete", "waiting"])
    expect(rows.locator("[data-part=step]")).to_have_text(["load", "approval"])
    expect(rows.locator("[data-part=key]").first).to_have_text("order 7")
    page.evaluate("window.stayed = true")
    hub.manage("runs", "signal", run_id, "approval", "--payload", '"Ada"')
    expect_status(page, "complete")
    expect(rows.locator("[data-part=status]")).to_have_text(["complete"] * 3)
    expect(rows.locator("[data-part=status]").nth(1)).to_have_attribute("data-status", "complete")
    expect(rows.locator("[data-part=attempt]")).to_have_text(["1", "1", "2"])
    expect(rows.locator("[data-part=duration]").last).to_contain_text(" s")
    assert page.evaluate("window.stayed")
    live = page.locator("#steps").inner_text()
    page.reload()
    assert page.locator("#steps").inner_text() == live


def test_a_page_that_came_live_is_what_it_is_after_a_reload(
    server: Server, page: Page, tmp_path: Path, let: Callable[[int], None]
) -> None:
    open_run(page, server.url, send(server, "/gated", data={"gates": str(tmp_path), "says": f"Grüße\n{MARKUP}"}))
    expect_status(page, "running")
    let(1)
    let(2)
    expect_status(page, "complete")
    expect(page.locator("#result")).to_be_visible()
    # Without the times: a live event shows its arrival, which is a little later than its emission.
    texts = ".map((one) => one.innerText).join(' ').replace(/\\d\\d:\\d\\d:\\d\\d|just now|\\d+ s ago/g, '')"
    live = page.locator(".hub-card").evaluate_all(f"(all) => all{texts}")
    page.reload()
    expect(page.get_by_role("button", name="Copy the output")).to_be_visible()
    assert page.locator(".hub-card").evaluate_all(f"(all) => all{texts}") == live


def test_a_slow_run_is_cancelled_by_its_button(server: Server, page: Page) -> None:
    open_run(page, server.url, send(server, "/slow"))
    expect_status(page, "running")
    cancel_button(page).click()
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_text("The run is being cancelled.")).to_be_visible()
    expect_status(page, "cancelled")
    expect_steps(page, "The run is cancelled.")
    expect(cancel_button(page)).to_be_hidden()


def test_a_replay_leads_to_the_new_run_which_is_followed(server: Server, hub: Hub, page: Page) -> None:
    origin = finished(server, "/inspect", content=b'{"order": 4711}')
    open_run(page, server.url, origin)
    page.get_by_role("button", name="Replay").click()
    page.get_by_role("button", name="Replay the run").click()
    expect(page.get_by_text(f"This run is a replay of {origin}")).to_be_visible()
    expect_status(page, "complete")  # was queued when the page loaded
    expect(page.locator("#output")).to_contain_text("4711")
    ((new,),) = hub.query(f"SELECT id FROM runs_run WHERE replay_of = '{origin}'")
    assert new in page.url
    page.get_by_role("link", name=origin).click()
    expect(page.locator("#run-id")).to_have_text(origin)


def test_the_stream_breaks_and_goes_on_without_repeating_events(
    server: Server, page: Page, tmp_path: Path, let: Callable[[int], None], proxy: Proxy, console_errors: list[str]
) -> None:
    run_id = send(server, "/gated", data={"gates": str(tmp_path)})
    open_run(page, f"http://127.0.0.1:{proxy.port}", run_id)
    let(1)
    expect_steps(page, "50 % · step 1")
    page.evaluate("window.stayed = true")
    proxy.cut()
    connection = page.locator("#connection")
    expect(connection).to_have_text("Connection lost. Reconnecting…")
    let(2)
    proxy.restore()
    expect_status(page, "complete")
    expect_steps(page, "50 % · step 1", "100 % · step 2", "The run is complete.")
    expect(connection).to_be_hidden()
    assert page.evaluate("window.stayed")
    assert all("net::ERR_" in error for error in console_errors)
    console_errors.clear()


def test_a_server_that_crashes_and_comes_back_shows_the_next_attempt(
    own_hub: Hub, page: Page, console_errors: list[str]
) -> None:
    prepare(own_hub)
    server = own_hub.start()
    open_run(page, server.url, send(server, "/long"))
    expect(page.locator("#events")).to_contain_text("step 2")
    server.kill()
    expect(page.locator("#connection")).to_be_visible()
    own_hub.launch(["manage.py", "serve", "--host", "127.0.0.1", "--port", str(server.port)])
    expect(page.locator("#events")).to_contain_text("this is attempt 2.")
    expect(page.locator("[data-field=attempt]")).to_have_text("2")
    expect(page.locator("#attempts")).to_be_visible()
    expect_status(page, "complete")
    numbers = page.locator("#events .run-number").all_inner_texts()
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    assert all("net::ERR_" in error or "status of 5" in error for error in console_errors)
    console_errors.clear()


def test_who_is_signed_out_meanwhile_is_told(server: Server, page: Page) -> None:
    open_run(page, server.url, send(server, "/slow"))
    expect_status(page, "running")
    page.context.clear_cookies()
    expect(page.locator("#connection")).to_contain_text("You are signed out")


@pytest.mark.parametrize("path", ["/speaks", "/inspect"])
def test_what_was_sent_and_said_is_text_on_the_page(server: Server, page: Page, path: str) -> None:
    body = "<script>document.title = 'taken'</script>" + MARKUP
    open_run(page, server.url, finished(server, path, content=body.encode()))
    expect(page.locator("#body")).to_have_text(body)
    expect(page.locator("#output")).to_contain_text("taken" if path == "/speaks" else "script")
    expect(page.locator(".run-page img, .run-page script")).to_have_count(0)
    assert "taken" not in page.title()


def test_what_is_said_live_is_text_on_the_page(
    server: Server, page: Page, tmp_path: Path, let: Callable[[int], None]
) -> None:
    open_run(page, server.url, send(server, "/gated", data={"gates": str(tmp_path), "says": MARKUP}))
    expect_status(page, "running")
    let(1)
    expect_steps(page, f"50 % · {MARKUP}")
    let(2)
    expect_status(page, "complete")
    expect(page.locator("#result")).to_be_visible()
    expect(page.locator(".run-page img, .run-page script")).to_have_count(0)
    assert "taken" not in page.title()


def test_a_failed_run_has_its_traceback_folded(server: Server, page: Page) -> None:
    open_run(page, server.url, finished(server, "/raises"))
    expect_status(page, "error")
    expect(page.locator(".run-error")).to_have_text("LookupError: no such order: 4711")
    traceback = page.locator("[data-field=traceback]")
    expect(traceback).to_be_hidden()
    page.get_by_text("Traceback", exact=True).focus()
    page.keyboard.press("Enter")
    expect(traceback).to_contain_text("raise LookupError")


@pytest.mark.browser_context_args(permissions=["clipboard-read", "clipboard-write"])
def test_what_was_sent_is_copied(server: Server, page: Page) -> None:
    open_run(page, server.url, finished(server, "/inspect", content=b'{"order":4711}'))
    for name, part in (
        ("the body", '{\n  "order": 4711\n}'),
        ("the curl command", "curl -gN -X POST"),
        ("run's id", "run_"),
    ):
        button = page.get_by_role("button", name=re.compile(f"Copy .*{name}|Copy {name}"))
        button.click()
        expect(button).to_have_text("Copied")
        assert part in page.evaluate("navigator.clipboard.readText()")


def test_of_many_events_the_newest_are_shown(server: Server, page: Page) -> None:
    open_run(page, server.url, finished(server, "/many"))
    expect(page.locator("#events li")).to_have_count(500)
    expect(page.locator("#events li").last).to_contain_text("The run is complete.")
    expect(page.locator("#earlier")).to_be_visible()


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_javascript_the_page_comes_again_until_the_run_is_over(
    server: Server, page: Page, tmp_path: Path, let: Callable[[int], None]
) -> None:
    run_id = send(server, "/gated", data={"gates": str(tmp_path), "name": "Ada"})
    with httpx.Client(base_url=server.url, timeout=60) as client:
        client.get("/admin/login/")
        form = {"username": "admin", "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        client.post("/admin/login/", data=form)
        cookies = [{"name": name, "value": value, "url": server.url} for name, value in client.cookies.items()]
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.goto(f"{server.url}{RUNS}{run_id}/change/")
    expect(page.locator("#status")).to_be_visible()
    expect_status(page, "running")
    let(1)
    expect_steps(page, "50 % · step 1")
    let(2)
    expect_status(page, "complete")
    expect(page.locator("#output")).to_contain_text('"name": "Ada"')
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)
    page.get_by_role("button", name="Replay").click()
    page.get_by_role("button", name="Replay the run").click()
    expect(page.get_by_text(f"This run is a replay of {run_id}")).to_be_visible()
    page.goto(f"{server.url}{RUNS}")
    row(page, run_id).locator(".run-id > a").first.click()
    expect(page.locator("#run-id")).to_have_text(run_id)


def expect_to_fit(page: Page, width: int) -> None:
    """Check that nothing scrolls horizontally."""
    assert page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [width, width]
    too_wide = (
        "(all) => all.filter((one) => one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML)"
    )
    assert page.locator(".run-page *, #rows *, .run-filters *").evaluate_all(too_wide) == []


@pytest.mark.browser_context_args(**NARROW)
def test_in_a_narrow_window_nothing_scrolls_sideways(server: Server, page: Page) -> None:
    run_id = finished(server, "/wide", content=WORD.encode(), params={"word": WORD})
    open_run(page, server.url, run_id)
    expect_status(page, "complete")
    expect_to_fit(page, 390)
    page.evaluate("for (const one of document.querySelectorAll('.run-page [hidden]')) one.hidden = false")
    card = page.locator(".hub-card").filter(has=page.locator("#earlier"))
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert card.evaluate("card => card.scrollWidth <= card.clientWidth"), "a note is wider than its card"
    page.goto(server.url + RUNS)
    expect(page.locator(f'[data-run="{run_id}"]')).to_be_visible()
    expect_to_fit(page, 390)


def row(page: Page, run_id: str) -> Locator:
    return page.locator(f'#rows tr[data-run="{run_id}"]')


def test_new_runs_appear_in_the_list_and_change_without_reloading(
    server: Server, page: Page, tmp_path: Path, let: Callable[[int], None]
) -> None:
    old = finished(server, "/inspect")
    open_place(page, server.url)
    expect(row(page, old)).to_be_visible()
    page.evaluate("window.stayed = true")
    new = send(server, "/gated", data={"gates": str(tmp_path)})
    expect(page.locator("#rows tbody tr").first).to_have_attribute("data-run", new)
    expect(row(page, new).locator(".hub-badge")).to_have_text("running")
    let(1)
    let(2)
    expect(row(page, new).locator(".hub-badge")).to_have_text("complete")
    expect(row(page, new).locator("td.run-took")).to_contain_text("s")
    assert page.evaluate("window.stayed")
    ids = page.locator("#rows [data-run]").evaluate_all("(all) => all.map((one) => one.dataset.run)")
    assert ids == sorted(set(ids), reverse=True)
    row(page, new).locator(".run-id > a").first.click()
    expect(page.locator("#run-id")).to_have_text(new)


def test_the_list_stands_still_while_runs_are_chosen_and_they_are_cancelled_together(
    server: Server, page: Page
) -> None:
    slow = [send(server, "/slow") for _ in range(2)]
    open_place(page, server.url)
    for run_id in slow:
        row(page, run_id).get_by_role("checkbox").check()
    new = finished(server, "/inspect")
    expect(page.locator("#live")).to_have_text("Paused while runs are selected.")
    expect(row(page, new)).to_have_count(0)
    page.locator("select[name=action]").select_option("cancel")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("Cancelling: 2.")).to_be_visible()
    expect(row(page, new)).to_be_visible()
    for run_id in slow:
        expect(row(page, run_id).locator(".hub-badge")).to_have_text("cancelled")


def test_all_runs_are_chosen_with_those_that_arrived(server: Server, page: Page) -> None:
    finished(server, "/inspect")
    open_place(page, server.url)
    new = finished(server, "/inspect")
    expect(row(page, new)).to_be_visible()
    page.locator("#action-toggle").check()
    boxes = page.locator("#rows input.action-select")
    expect(row(page, new).get_by_role("checkbox")).to_be_checked()
    count = boxes.count()
    expect(page.locator(".action-counter")).to_have_text(f"{count} of {count} selected")
    row(page, new).get_by_role("checkbox").uncheck()
    expect(page.locator(".action-counter")).to_have_text(f"{count - 1} of {count} selected")


def test_a_list_of_nothing_gets_its_first_run(server: Server, page: Page) -> None:
    open_place(page, server.url, f"{RUNS}?workflow=echo&app=app_test")
    expect(page.get_by_role("heading", name="No runs found")).to_be_visible()
    run_id = finished(server, "/echo")
    expect(row(page, run_id)).to_be_visible()


def test_a_list_says_that_its_server_is_away_and_goes_on_when_it_is_back(
    server: Server, page: Page, proxy: Proxy, console_errors: list[str]
) -> None:
    open_place(page, f"http://127.0.0.1:{proxy.port}")
    expect(page.locator("#live")).to_have_text("Live")
    page.wait_for_load_state("networkidle")
    proxy.cut()
    expect(page.locator("#live")).to_have_text("Server unavailable. Reconnecting…")
    proxy.restore()
    run_id = finished(server, "/inspect")
    expect(row(page, run_id)).to_be_visible()
    expect(page.locator("#live")).to_have_text("Live")
    assert all("net::ERR_" in error for error in console_errors)
    console_errors.clear()
