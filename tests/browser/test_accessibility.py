"""Accessibility of the pages: screen readers, contrast and narrow windows, in the light and the dark theme."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.support.browser import sign_in
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

pytestmark = pytest.mark.one_database

TOKEN = "s3cret-t0ken-4711-xyz"
_ALL_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
# Rules that depend on colours, or on the visible parts of a narrow window; the others need only one check per page.
_RULES_OF_LOOK = {
    "type": "rule",
    "values": [
        "aria-hidden-focus",
        "button-name",
        "color-contrast",
        "link-in-text-block",
        "link-name",
        "scrollable-region-focusable",
    ],
}
_PARTS = 4  # of the pages, each a test, since one test has a time limit
_NARROW, _WIDE = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
_TOO_WIDE = """() => [...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.01)
  .map((one) => [one.tagName, one.className.toString(), one.getBoundingClientRect().right]).slice(0, 9)"""
# Fields that are visible only by their text.
_UNSEEN = """() => [...document.querySelectorAll("input, select, textarea")].filter((field) => {
  const boxed = (one) => getComputedStyle(one).borderLeftWidth !== "0px";
  return !["hidden", "checkbox", "radio", "submit", "file"].includes(field.type) && field.offsetWidth > 4
    && field.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && !boxed(field) && !boxed(field.parentElement)
    && getComputedStyle(field).backgroundColor === "rgba(0, 0, 0, 0)";
}).map((field) => field.outerHTML.slice(0, 200))"""
_SETUP = """
from django.contrib.auth.models import User
from sinks.models import App, Membership, Schedule
app = App.objects.get()
for role in ("owner", "editor", "viewer"):
    Membership.objects.create(app=app, user=User.objects.create_user(role, is_staff=True), role=role)
for name, active in (("nightly", True), ("idle", False)):
    Schedule.objects.create(app=app, name=name, cron="30 2 * * *", workflow="echo", active=active)
"""


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(
        [
            {"path": "/steps", "workflow": "steps", "options": {"count": 2, "pause": 0.0}, "auth_token": TOKEN},
            {"path": "/raises", "workflow": "raises"},
            {"path": "/slow", "workflow": "steps", "options": {"count": 2, "pause": 600.0}},
            {"path": "/orders/{id}", "method": "ANY", "signature": "github", "secrets": ["a secret"], "active": False},
        ]
    )
    hub.add_admin()
    hub.shell(_SETUP)
    hub.manage("secrets", "set", "app_test", "STRIPE_KEY", stdin=TOKEN)
    hub.manage("apitokens", "create", "--user", "admin", "--name", "a token", "--scope", "runs:read")
    return hub.start(GRACE_SECONDS="0")


def run_of(server: Server, path: str, *, ends: bool = True) -> str:
    """Start a run, and wait for its end. Return its id."""
    headers = {"Prefer": "respond-async", "Authorization": f"Bearer {TOKEN}"}
    run_id = str(web.post(f"{server.url}/app_test{path}", headers=headers, json={"a": [1, "<b>"]}).json()["run_id"])
    if ends:
        web.get(f"{server.url}/runs/{run_id}/events", headers=headers, timeout=60)
    return run_id


@pytest.fixture(scope="module")
def places(server: Server, hub: Hub) -> list[str]:
    """Create content for the admin's pages, and return their URLs."""
    done, failed = run_of(server, "/steps"), run_of(server, "/raises")
    going = run_of(server, "/slow", ends=False)
    web.post(f"{server.url}/app_test/steps")  # is refused
    wait_until(lambda: hub.query("SELECT 1 FROM runs_tally WHERE kind LIKE 'refused%'"), "nothing is counted")
    wait_until(lambda: hub.query("SELECT 1 FROM sinks_refusal"), "the refusal is not kept")
    [(refusal,)] = hub.query("SELECT id FROM sinks_refusal")
    [(app,)] = hub.query("SELECT id FROM sinks_app")
    numbers = dict(hub.query("SELECT path, id FROM sinks_sink"))
    [(token,)] = hub.query("SELECT id FROM sinks_apitoken")
    sinks = [f"/admin/sinks/sink/{number}/change/" for number in numbers.values()]
    sink = f"/admin/sinks/sink/{numbers['/steps']}/"
    start = (
        'from sinks.models import *; from sinks.schedules.firing import *; start_now(Schedule.objects.get(name="idle"))'
    )
    hub.shell(start)
    schedules = [f"/admin/sinks/schedule/{number}/change/" for (number,) in hub.query("SELECT id FROM sinks_schedule")]
    runs = [f"/admin/runs/run/{run_id}/change/" for run_id in (done, failed, going)]
    return [
        "/admin/",
        "/admin/?period=week",
        "/admin/sinks/sink/",
        "/admin/sinks/sink/add/",
        *sinks,
        f"{sinks[-1]}?created=1",
        f"{sink}test/",
        f"{sink}history/",
        f"{sink}delete/",
        "/admin/sinks/schedule/",
        "/admin/sinks/schedule/add/",
        *schedules,
        "/admin/runs/run/",
        "/admin/runs/run/?q=nothing",
        *runs,
        "/admin/sinks/app/",
        "/admin/sinks/app/add/",
        f"/admin/sinks/app/{app}/change/",
        "/admin/sinks/apitoken/",
        "/admin/sinks/apitoken/add/",
        f"/admin/sinks/apitoken/{token}/change/",
        "/admin/auth/user/",
        "/admin/password_change/",
        "/admin/second-factor/set-up/",
        sink,
        f"{schedules[0].removesuffix('change/')}activation/",
        "/admin/sinks/refusal/",
        f"/admin/sinks/refusal/{refusal}/change/",
        f"/admin/sinks/refusal/{refusal}/accept/",
        "/admin/sinks/auditentry/",
        "/admin/sinks/app/import/",
        "/admin/sinks/app/export/",
        f"/admin/sinks/app/{app}/secrets/",
        f"/admin/runs/run/{done}/compare/?with={failed}",
        "/admin/runs/run/?q=a",
        "/admin/runs/run/bulk/?status=error",
        "/admin/runs/wait/",
        "/admin/runs/signal/",
        "/admin/docs/",
        "/admin/docs/admins/",
        f"/runs/{failed}",
        f"/runs/{going}",
    ]


def faults(page: Page) -> list[str]:
    """
    Expand all collapsed parts, and return the page's violations of axe-core's rules: as it was loaded, dark and in a
    narrow window, and then light and in a wide one.
    """
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    found = _faults(page, _RULES_OF_LOOK)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(_WIDE)  # type: ignore[arg-type] # a TypedDict
    # The admin reads the preference when it loads a page, and keeps it as this class.
    page.evaluate("document.documentElement.classList.remove('dark')")
    page.evaluate("for (const animation of document.getAnimations()) animation.cancel()")
    found += _faults(page, _ALL_RULES)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(_NARROW)  # type: ignore[arg-type]
    return found


def _faults(page: Page, rules: Any) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    found = [f"{page.url}: {wide} px are beside the window: {page.evaluate(_TOO_WIDE)}"] if wide > 0 else []
    found += [f"{page.url}: a field is not seen: {field}" for field in page.evaluate(_UNSEEN)]
    for violation in Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]}).response["violations"]:
        found += [f"{page.url}: {violation['help']}: {node['html'][:200]}" for node in violation["nodes"]]
    return found


@pytest.mark.browser_context_args(color_scheme="dark", viewport=_NARROW)
@pytest.mark.parametrize("part", range(_PARTS))
def test_no_page_has_a_fault(server: Server, places: list[str], page: Page, part: int) -> None:
    sign_in(page, server.url)
    found = []
    for place in places[part::_PARTS]:
        page.goto(server.url + place)
        page.wait_for_load_state()
        found += faults(page)
    assert not found, "\n".join(found)


@pytest.mark.browser_context_args(color_scheme="dark", viewport=_NARROW)
def test_neither_the_login_nor_a_refused_form_has_a_fault(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/admin/login/")
    assert page.evaluate("document.documentElement.classList.contains('dark')")
    found = faults(page)
    sign_in(page, server.url)
    page.goto(f"{server.url}/admin/sinks/sink/add/")
    page.locator("form [name=path]").fill("no?path")
    page.locator("form").evaluate_all("forms => { for (const form of forms) form.noValidate = true; }")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".errornote, .errorlist").first).to_be_visible()
    found += faults(page)
    assert not found, "\n".join(found)


def tab_to(page: Page, name: str) -> None:
    """Press the tab key until a field or a button with this name has the focus."""
    named = "(({labels, innerText}) => labels?.length ? labels[0].innerText : innerText)(document.activeElement)"
    for _ in range(100):
        page.keyboard.press("Tab")
        if str(page.evaluate(named)).strip("* \n") == name:
            return
    pytest.fail(f"The tab key does not lead to {name}.")


def test_a_sink_is_made_by_keyboard_alone(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/admin/sinks/sink/add/")
    for name, typed in (("Username", "admin"), ("Password", "correct horse")):
        page.get_by_label(name).focus()
        page.keyboard.type(typed)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.url}/admin/sinks/sink/add/")
    expect(page.get_by_label("Search senders")).to_be_focused()
    page.keyboard.type("stripe")
    page.keyboard.press("Enter")
    tab_to(page, "Path")
    page.keyboard.type("/typed")  # the text of a field that is reached by the tab key is selected
    tab_to(page, "Signing secrets")
    page.keyboard.type("a-secret-of-the-provider")
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    expect(page.locator("#setup-url")).to_have_text(f"{server.url}/app_test/typed")
