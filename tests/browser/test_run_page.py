"""The page of a run in a real browser, from a website's form to the output."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.hub import Hub, Server
from tests.support.proxy import Proxy

pytestmark = pytest.mark.one_database

WEBSITE = "http://website.example/"
MARKUP = (
    """<script>document.title = "taken"</script><img src=x onerror='document.title = "taken"'>&lt;"'</pre></main>"""
)
WORD = "Donaudampfschifffahrtsgesellschaftskapitän" * 20
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 3, "is_mobile": True, "has_touch": True}
SINKS: list[dict[str, Any]] = [
    {"path": "/gated", "workflow": "gated"},
    {"path": "/inspect", "workflow": "inspect"},
    {"path": "/raises", "workflow": "raises"},
    {"path": "/speaks", "workflow": "speaks", "options": {"text": MARKUP}},
    {"path": "/fails", "workflow": "speaks", "options": {"text": MARKUP, "fails": True}},
    {"path": "/wide", "workflow": "speaks", "options": {"text": WORD}},
    {"path": "/wide-and-fails", "workflow": "speaks", "options": {"text": WORD, "fails": True}},
    {"path": "/wide-and-unwanted", "workflow": "inspect", "filter": "body.wanted"},
    {"path": "/many", "workflow": "floods", "options": {"events": 1200, "size": 10}},
]


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(SINKS)
    return hub.start(GRACE_SECONDS="1")


def send_form(page: Page, hub: str, path: str, **fields: object) -> None:
    """Fill in a website's form, and send it to a sink of the hub at this URL."""
    inputs = "".join(f'<label>{name}<textarea name="{name}"></textarea></label>' for name in fields)
    form = f'<!doctype html><form method="post" action="{hub}/app_test{path}">{inputs}<button>Send</button></form>'
    page.route(WEBSITE, lambda route: route.fulfill(body=form, content_type="text/html; charset=utf-8"))
    page.goto(WEBSITE)
    for name, value in fields.items():
        page.get_by_label(name).fill(str(value))
    page.get_by_role("button", name="Send").click()


def expect_status(page: Page, status: str) -> None:
    expect(page.locator("#status")).to_have_text(status)


def expect_progress(page: Page, percent: int) -> None:
    expect(page.locator("#percent")).to_have_text(f"{percent} %")
    expect(page.get_by_label("Progress")).to_have_js_property("value", percent)


def expect_steps(page: Page, *steps: str) -> None:
    expect(page.get_by_role("log").get_by_role("listitem")).to_have_text(list(steps))


def test_a_form_leads_to_the_page_of_its_run(server: Server, hub: Hub, page: Page) -> None:
    send_form(page, server.url, "/inspect", name="Grüße & <b>")
    expect_status(page, "complete")
    ((run_id,),) = hub.query("SELECT id FROM runs_run ORDER BY created_at DESC LIMIT 1")
    assert page.url == f"{server.url}/runs/{run_id}"
    expect(page).to_have_title("complete · Inspect")
    expect(page.get_by_role("heading", level=1)).to_have_text("Inspect")
    expect(page.locator("main")).to_contain_text("Run of POST /inspect")
    expect(page.locator("#result")).to_contain_text('"Grüße & <b>"')


def test_progress_and_output_come_without_reloading(
    server: Server, page: Page, tmp_path: Path, let: Callable[[int], None]
) -> None:
    send_form(page, server.url, "/gated", gates=tmp_path, name="Ada")
    expect_status(page, "running")
    expect_progress(page, 0)
    expect(page.locator("#result")).to_have_text("No result yet.")
    page.evaluate("window.stayed = true")
    let(1)
    expect_progress(page, 50)
    expect_steps(page, "50 % · step 1")
    expect_status(page, "running")
    let(2)
    expect_status(page, "complete")
    expect_progress(page, 100)
    expect_steps(page, "50 % · step 1", "100 % · step 2")
    expect(page.locator("#result")).to_contain_text('"name": "Ada"')
    expect(page).to_have_title("complete · Gated")
    assert page.evaluate("window.stayed")


def test_a_page_that_is_opened_in_the_middle_repeats_no_step(
    server: Server, page: Page, tmp_path: Path, let: Callable[[int], None]
) -> None:
    send_form(page, server.url, "/gated", gates=tmp_path)
    let(1)
    expect_progress(page, 50)
    page.reload()
    expect_steps(page, "50 % · step 1")
    let(2)
    expect_status(page, "complete")
    expect_steps(page, "50 % · step 1", "100 % · step 2")


def test_a_page_that_came_live_is_what_it_is_after_a_reload(
    server: Server, page: Page, tmp_path: Path, let: Callable[[int], None]
) -> None:
    send_form(page, server.url, "/gated", gates=tmp_path, name="Grüße & <b>\n" + MARKUP)
    expect_status(page, "running")
    let(1)
    let(2)
    expect_status(page, "complete")
    live = page.locator("main").inner_text()
    page.reload()
    assert page.locator("main").inner_text() == live


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_javascript_the_page_comes_again_until_the_run_is_over(
    server: Server, page: Page, tmp_path: Path, let: Callable[[int], None]
) -> None:
    send_form(page, server.url, "/gated", gates=tmp_path, name="Ada")
    expect_status(page, "running")
    expect_progress(page, 0)
    let(1)
    expect_progress(page, 50)
    expect_steps(page, "50 % · step 1")
    let(2)
    expect_status(page, "complete")
    expect_steps(page, "50 % · step 1", "100 % · step 2")
    expect(page.locator("#result")).to_contain_text('"name": "Ada"')
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)


def test_with_javascript_the_page_does_not_come_again(server: Server, page: Page, tmp_path: Path) -> None:
    send_form(page, server.url, "/gated", gates=tmp_path)
    expect_status(page, "running")
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)


def expect_only_text(page: Page) -> None:
    """Check that no sent text became an element or was executed."""
    expect(page.locator("main img, main script")).to_have_count(0)
    expect(page.locator("body > main")).to_have_count(1)
    expect(page.locator("body > script")).to_have_count(1)
    assert "taken" not in page.title()


def test_what_a_form_says_is_text_on_the_page(
    server: Server, page: Page, tmp_path: Path, let: Callable[[int], None]
) -> None:
    send_form(page, server.url, "/gated", gates=tmp_path, says=MARKUP)
    expect_status(page, "running")
    let(1)
    let(2)
    escaped = MARKUP.replace('"', '\\"')  # as JSON
    for _ in ("live", "reloaded"):
        expect_status(page, "complete")
        expect_steps(page, f"50 % · {MARKUP}", f"100 % · {MARKUP}")
        expect(page.locator("#result")).to_contain_text(escaped)
        expect_only_text(page)
        page.reload()


@pytest.mark.parametrize(("path", "status"), [("/speaks", "complete"), ("/fails", "error")])
def test_what_a_workflow_says_is_text_on_the_page(server: Server, page: Page, path: str, status: str) -> None:
    send_form(page, server.url, path, name="Ada")
    for _ in ("first", "reloaded"):
        expect_status(page, status)
        expect_steps(page, f"50 % · {MARKUP} · {MARKUP}", f"warning: {MARKUP}")
        expect_only_text(page)
        page.reload()


def test_a_run_that_fails_says_why(server: Server, page: Page) -> None:
    send_form(page, server.url, "/raises")
    expect_status(page, "error")
    for _ in ("live", "reloaded"):
        expect(page.get_by_role("heading", name="The run failed")).to_be_visible()
        expect(page.locator("#result")).to_have_text("no such order: 4711")
        expect(page.locator("main")).not_to_contain_text("LookupError")
        page.reload()


def test_of_many_steps_the_newest_are_shown(server: Server, page: Page) -> None:
    send_form(page, server.url, "/many")
    expect_status(page, "complete")
    lines = page.get_by_role("log").get_by_role("listitem")
    expect(lines).to_have_count(500)
    expect(lines.last).to_contain_text("001199")
    expect(page.locator("#earlier")).to_be_visible()


def test_of_a_large_output_the_beginning_is_shown(
    server: Server, page: Page, tmp_path: Path, let: Callable[[int], None]
) -> None:
    send_form(page, server.url, "/gated", gates=tmp_path, name="x" * 300_000)
    expect_status(page, "running")
    let(1)
    let(2)
    expect(page.locator("#shortened")).to_be_visible()
    expect_status(page, "complete")
    expect(page.locator("#result")).to_contain_text("x" * 1000)


def expect_to_fit(page: Page, width: int) -> None:
    """Check that the page fits the screen: nothing scrolls horizontally, and no element extends beyond it."""
    assert page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [width, width]
    too_wide = (
        "(all) => all.filter((one) => one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML)"
    )
    assert page.locator("main *").evaluate_all(too_wide) == []


@pytest.mark.browser_context_args(**PHONE)
def test_on_a_phone_nothing_scrolls_sideways_while_the_run_goes_on(
    server: Server, page: Page, tmp_path: Path, let: Callable[[int], None]
) -> None:
    send_form(page, server.url, "/gated", gates=tmp_path, word=WORD)
    expect_status(page, "running")
    expect_to_fit(page, 360)
    let(1)
    expect_progress(page, 50)
    expect_to_fit(page, 360)
    let(2)
    expect_status(page, "complete")
    expect(page.locator("#result")).to_contain_text(WORD)
    expect_to_fit(page, 360)


@pytest.mark.browser_context_args(**PHONE)
@pytest.mark.parametrize(("path", "status"), [("/wide", "complete"), ("/wide-and-fails", "error")])
def test_on_a_phone_long_words_are_broken(server: Server, page: Page, path: str, status: str) -> None:
    send_form(page, server.url, path)
    expect_status(page, status)
    expect(page.locator("#result")).to_contain_text(WORD)
    expect_to_fit(page, 360)


@pytest.mark.browser_context_args(**PHONE)
def test_on_a_phone_what_is_not_processed_fits_too(server: Server, page: Page) -> None:
    send_form(page, server.url, "/wide-and-unwanted")
    expect(page.get_by_role("heading")).to_have_text("Received, not processed")
    expect_to_fit(page, 360)


def test_a_page_goes_on_when_the_connection_comes_back(
    server: Server, page: Page, tmp_path: Path, let: Callable[[int], None], proxy: Proxy, console_errors: list[str]
) -> None:
    send_form(page, f"http://127.0.0.1:{proxy.port}", "/gated", gates=tmp_path, name="Ada")
    let(1)
    expect_progress(page, 50)
    page.evaluate("window.stayed = true")
    proxy.cut()
    connection = page.locator("#connection")
    expect(connection).to_have_text("Connection lost. Reconnecting…")
    let(2)
    proxy.restore()
    expect_status(page, "complete")
    expect_progress(page, 100)
    expect_steps(page, "50 % · step 1", "100 % · step 2")
    expect(page.locator("#result")).to_contain_text('"name": "Ada"')
    expect(connection).to_be_empty()
    assert page.evaluate("window.stayed")
    assert all("net::ERR_" in error for error in console_errors)
    console_errors.clear()
