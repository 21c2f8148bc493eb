"""Create and test a sink in the admin, in a real browser."""

import json
import re
from collections.abc import Callable
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser import sign_in
from tests.support.hub import Hub, Server

pytestmark = pytest.mark.one_database

TOKEN = "s3cret-t0ken-4711-xyz"


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(
        [
            {"path": "/slow", "workflow": "steps", "options": {"count": 3, "pause": 0.4}, "auth_token": TOKEN},
            {"path": "/signed", "signature": "github", "secrets": ["a secret"]},
            {"path": "/orders/{order_id}", "method": "ANY"},
            {"path": "/off", "active": False},
            {"path": "/long", "workflow": "steps", "options": {"count": 1, "pause": 60.0}},
        ]
    )
    hub.add_admin()
    return hub.start(GRACE_SECONDS="0")


def open_sink(
    page: Page, server: Server, hub: Hub, path: str, more: str = "change/", until: Literal["commit", "load"] = "load"
) -> None:
    [(number,)] = hub.query(f"SELECT id FROM sinks_sink WHERE path = '{path}'")
    page.goto(f"{server.url}/admin/sinks/sink/{number}/{more}", wait_until=until)


def test_a_sink_is_made_and_tried_and_its_answer_arrives_live(server: Server, hub: Hub, page: Page) -> None:
    sign_in(page, server.url)
    page.goto(f"{server.url}/admin/sinks/sink/add/")
    page.get_by_label("Path").fill("made")
    expect(page.locator("#new-url")).to_have_text(f"{server.url}/app_test/made")
    expect(page.get_by_label("Headers", exact=True)).to_be_visible()  # an option of the default workflow
    expect(page.locator("#id_option_steps__count")).to_be_hidden()
    page.locator("#id_workflow").select_option("steps")
    expect(page.get_by_label("Headers", exact=True)).to_be_hidden()
    page.locator("#id_option_steps__count").fill("3")
    page.locator("#id_option_steps__pause").fill("0.4")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#setup-url")).to_have_text(f"{server.url}/app_test/made")
    page.locator("#setup").get_by_role("link", name="Send a test").click()
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#status")).to_have_text("200 OK")
    expect(page.locator("#headers")).to_contain_text("content-type: text/event-stream")
    expect(page.locator("#answer")).to_contain_text('"progress":33')
    expect(page.locator("#answer")).to_contain_text('"type":"complete"')
    assert page.locator("#progress").evaluate("bar => bar.value") == 100
    page.get_by_role("link", name="View run").click()
    expect(page.locator("body")).to_contain_text("app_test")


def test_a_github_sink_takes_at_most_five_actions(server: Server, hub: Hub, page: Page) -> None:
    sign_in(page, server.url)
    page.goto(f"{server.url}/admin/")
    # Each line is an action: a click, or a changed field.
    actions: list[Callable[[], object]] = [
        lambda: page.locator(
            "#main a[href='/admin/sinks/sink/add/'], #content a[href='/admin/sinks/sink/add/']"
        ).click(),
        lambda: page.get_by_label("Search senders").fill("hub"),
        lambda: page.get_by_label("GitHub", exact=True).check(),
        lambda: page.get_by_label("Signing secrets").fill(TOKEN),
        lambda: page.get_by_role("button", name="Save", exact=True).click(),
    ]
    for act in actions:
        act()
    expect(page.locator("#setup-url")).to_have_text(f"{server.url}/app_test/github")
    assert len(actions) <= 5
    assert hub.query("SELECT provider, answer, workflow FROM sinks_sink WHERE path = '/github'") == [
        ("github", "async", "echo")
    ]
    expect(page.locator("#setup-curl")).to_be_visible()
    page.get_by_text("Python", exact=True).click()
    expect(page.locator("#setup-curl")).to_be_hidden()
    expect(page.locator("#setup-python")).to_contain_text('"x-hub-signature-256": f"sha256={signature}"')
    assert TOKEN not in page.content()
    page.locator("#setup").get_by_role("link", name="Send a test").click()
    expect(page.get_by_role("textbox", name="Body")).to_have_value(re.compile("refs/heads/main"))
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#status")).to_have_text("202 Accepted")


def test_only_the_fields_that_a_sender_needs_are_shown_and_sent(server: Server, hub: Hub, page: Page) -> None:
    sign_in(page, server.url)
    page.goto(f"{server.url}/admin/sinks/sink/add/?signature=meta")
    secrets, verify, header = (
        page.locator("#id_secrets"),
        page.get_by_label("Verify token"),
        page.get_by_label("Prefix"),
    )
    expect(verify).to_be_visible()
    expect(page.locator("#sender-secret")).to_have_text("The app secret, under App settings, Basic.")
    secrets.fill(TOKEN)
    verify.fill(TOKEN)
    page.get_by_label("Search senders").fill("body (hmac")
    page.keyboard.press("Enter")
    expect(header).to_be_visible()
    expect(verify).to_be_hidden()
    expect(page.get_by_label("Path")).to_have_value("")
    page.get_by_label("Search senders").fill("")
    page.get_by_label("Any client").check()
    expect(secrets).to_be_hidden()
    expect(page.get_by_label("Bearer token", exact=True)).to_be_visible()
    page.get_by_label("Path").fill("plain")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#setup-url")).to_have_text(f"{server.url}/app_test/plain")
    assert hub.query("SELECT encrypted_secrets, encrypted_verify_token FROM sinks_sink WHERE path = '/plain'") == [
        ("", "")
    ]


def test_no_script_runs_that_is_none_of_the_static_files(server: Server, page: Page, console_errors: list[str]) -> None:
    sign_in(page, server.url)
    page.goto(f"{server.url}/admin/sinks/sink/")
    page.evaluate(
        """async () => {
          const inline = document.createElement("script");
          inline.textContent = "window.ran = 'inline'";
          const image = document.createElement("img");
          image.setAttribute("onerror", "window.ran = 'handler'");
          image.src = "/static/nothing.png";
          const foreign = document.createElement("script");
          foreign.src = "/healthz";
          const over = [image, foreign].map((one) => new Promise((done) => {
            for (const end of ["error", "load"]) one.addEventListener(end, done);
          }));
          document.body.append(inline, image, foreign);
          await Promise.all(over);
        }"""
    )
    assert page.evaluate("window.ran") is None
    refused = [error for error in console_errors if "Content Security Policy" in error]
    assert len(refused) >= 2
    console_errors.clear()


def test_a_fault_is_shown_at_the_field_of_its_option(server: Server, hub: Hub, page: Page) -> None:
    sign_in(page, server.url)
    open_sink(page, server, hub, "/slow")
    page.get_by_label("Count").fill("1.5")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#id_option_steps__count_error")).to_contain_text("integer")


def test_a_test_has_the_token_and_shows_it_to_nobody(server: Server, hub: Hub, page: Page) -> None:
    sign_in(page, server.url)
    open_sink(page, server, hub, "/slow", "test/")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#answer")).to_contain_text('"type":"complete"')
    assert TOKEN not in page.content()


def test_a_send_button_that_is_pressed_at_once_shows_the_answer_in_the_page(
    server: Server, hub: Hub, page: Page
) -> None:
    def slowly(route: Route) -> None:
        page.wait_for_timeout(1000)
        route.continue_()

    sign_in(page, server.url)
    page.route("**/console*.js", slowly)
    open_sink(page, server, hub, "/slow", "test/", until="commit")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#status")).to_have_text("200 OK")
    expect(page.locator("#answer")).to_contain_text('"type":"complete"')


def test_an_example_of_a_provider_is_signed_and_taken(server: Server, hub: Hub, page: Page) -> None:
    sign_in(page, server.url)
    open_sink(page, server, hub, "/signed", "test/")
    page.get_by_label("As sent by").select_option("GitHub")
    expect(page.get_by_label("Headers, one per line")).to_have_value(re.compile("X-GitHub-Event: push", re.IGNORECASE))
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#answer")).to_contain_text("refs/heads/main")
    expect(page.locator("#answer")).to_contain_text('"type":"complete"')


def test_what_is_refused_is_shown_as_the_caller_would_see_it(server: Server, hub: Hub, page: Page) -> None:
    sign_in(page, server.url)
    open_sink(page, server, hub, "/off", "test/")
    expect(page.locator("form#console")).to_contain_text("it answers 404")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#status")).to_have_text("404 Not Found")
    expect(page.locator("#answer")).to_contain_text('"status": 404')
    page.get_by_label("Headers, one per line").fill("no header")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#status")).to_contain_text("'no header' is not a header")
    page.get_by_label("Headers, one per line").fill("X-Forwarded-For: 192.0.2.1")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#status")).to_contain_text("X-Forwarded-For cannot be set here")


def test_the_method_and_the_paths_parameters_are_asked_for(server: Server, hub: Hub, page: Page) -> None:
    sign_in(page, server.url)
    open_sink(page, server, hub, "/orders/{order_id}", "test/")
    page.get_by_label("Method").select_option("PUT")
    page.get_by_label("order_id").fill("42 a")
    page.get_by_label("Query").fill("x=1&y=ü")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#answer")).to_contain_text('"path_params":{"order_id":"42 a"}')
    expect(page.locator("#answer")).to_contain_text('"method":"PUT"')
    expect(page.locator("#answer")).to_contain_text('"y":"ü"')


def test_who_stops_listening_stops_no_run(server: Server, hub: Hub, page: Page) -> None:
    sign_in(page, server.url)
    open_sink(page, server, hub, "/long", "test/")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#status")).to_have_text("200 OK")
    page.get_by_role("button", name="Stop listening").click()
    expect(page.locator("#status")).to_contain_text("the run continues")
    assert hub.query("SELECT count(*) FROM runs_run WHERE status = 'running'") == [(1,)]


def test_a_token_is_shown_on_a_page_of_its_own(server: Server, hub: Hub, page: Page) -> None:
    sign_in(page, server.url)
    open_sink(page, server, hub, "/slow")
    assert TOKEN not in page.content()
    page.get_by_role("button", name="Reveal token").click()
    expect(page.locator("#token-1")).to_have_text(TOKEN)
    page.get_by_role("button", name="Copy: Token").click()
    expect(page.get_by_role("button", name="Copy: Token")).to_have_text("Copied")


@pytest.mark.browser_context_args(viewport={"width": 390, "height": 844})
def test_pages_fit_a_narrow_window(server: Server, hub: Hub, page: Page) -> None:
    sign_in(page, server.url)
    for more in ("change/", "test/"):
        open_sink(page, server, hub, "/slow", more)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), more


def test_the_form_of_a_user_fits_its_window(server: Server, page: Page) -> None:
    sign_in(page, server.url)
    page.goto(f"{server.url}/admin/auth/user/1/change/")
    expect(page.locator(".selector-chosen").first).to_be_visible()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_nobody_tests_a_sink_who_may_not_change_it(server: Server, hub: Hub) -> None:
    hub.shell(_VIEWER)
    [(number,)] = hub.query("SELECT id FROM sinks_sink WHERE path = '/slow'")
    with httpx.Client(base_url=server.url, timeout=30) as viewer:
        viewer.get("/admin/login/").raise_for_status()

        def post(path: str, **form: Any) -> httpx.Response:
            return viewer.post(path, data=form | {"csrfmiddlewaretoken": viewer.cookies["csrftoken"]})

        post("/admin/login/", username="viewer", password="correct horse", next="/admin/")
        assert viewer.get(f"/admin/sinks/sink/{number}/change/").status_code == 200
        assert viewer.get(f"/admin/sinks/sink/{number}/test/").status_code == 403
        assert post(f"/admin/sinks/sink/{number}/send/", body="{}").status_code == 403


_VIEWER = """
from django.contrib.auth.models import Permission, User
user = User.objects.create_user("viewer", password="correct horse", is_staff=True)
user.user_permissions.set(Permission.objects.filter(codename__in=["view_sink", "view_app"]))
"""


def test_a_server_that_is_not_reached_is_said(hub: Hub) -> None:
    import asyncio

    from sinks.console.console import relayed
    from sinks.console.sending import Outgoing

    async def lines() -> list[Any]:
        return [json.loads(line) async for line in relayed(Outgoing("POST", "http://127.0.0.1:1/a", [], b""), 5)]

    [line] = asyncio.run(lines())
    assert line["error"].startswith("http://127.0.0.1:1 does not answer: ")
