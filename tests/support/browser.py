"""
A real browser for tests: the fixture `page`, a page of Chromium in a new context for each test.

    def test_the_page_greets(server: Server, page: Page) -> None:
        page.goto(server.url)
        expect(page.get_by_role("heading")).to_have_text("Hello")

A test with `page` also fails on an error in the console. A mark sets the options of its context:
`@pytest.mark.browser_context_args(java_script_enabled=False)`.

Playwright marks an event loop as running in the thread that uses it; Django's database and `asyncio.run` then fail in
that thread. So the browser has its own thread, and tests with `page` run in it; other tests and all fixtures run in
pytest's thread. Therefore a fixture cannot use `page`; a function that the test calls can.
"""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.support.chromium import describe_missing, find_chromium

# Timeout of each browser action, in milliseconds; long, since many tests run at once.
PATIENCE = 30_000


def executable() -> Path:
    """Return the browser's program; fail the test if there is none."""
    path = find_chromium()
    if path is None:
        pytest.fail(describe_missing(), pytrace=False)
    return path


@dataclass
class _Chromium:
    """A browser, and the only thread that may use it."""

    thread: ThreadPoolExecutor
    playwright: Playwright
    browser: Browser


@dataclass
class _Visit:
    """A test's use of the browser."""

    thread: ThreadPoolExecutor
    context: BrowserContext
    console_errors: list[str]
    scripts: bool  # whether its pages run scripts

    def of(self, test: Callable[..., object]) -> Callable[..., None]:
        """Return a function that runs the test in the browser's thread."""

        def visit(**arguments: object) -> None:
            try:
                test(**arguments)
            except BaseException as failure:
                for error in self.console_errors:
                    failure.add_note(f"In the console: {error}")
                raise
            for page in self.context.pages if self.scripts else ():
                with suppress(PlaywrightError):  # it may be navigating
                    page.evaluate("new Promise(done => setTimeout(done))")  # rejections are reported a task later
            self.context.close()  # more errors may arrive until then
            if self.console_errors:
                pytest.fail("The page logged errors:\n" + "\n".join(self.console_errors), pytrace=False)

        return lambda **arguments: self.thread.submit(visit, **arguments).result()


_VISIT = pytest.StashKey[_Visit]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser_context_args(**kwargs): options of the browser context of `page`.")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    visit = pyfuncitem.stash.get(_VISIT, None)
    if visit is None:
        return (yield)
    test = pyfuncitem.obj
    pyfuncitem.obj = visit.of(test)
    try:
        return (yield)
    finally:
        pyfuncitem.obj = test


@pytest.fixture(scope="session")
def _chromium() -> Iterator[_Chromium]:
    """Start the browser that all tests of this process share."""
    path = executable()
    expect.set_options(timeout=PATIENCE)

    def launch() -> _Chromium:
        playwright = sync_playwright().start()
        try:
            browser = playwright.chromium.launch(
                executable_path=path, headless=True, args=["--no-sandbox"], timeout=2 * PATIENCE
            )
        except BaseException:
            playwright.stop()
            raise
        return _Chromium(thread, playwright, browser)

    def close(chromium: _Chromium) -> None:
        try:
            chromium.browser.close()
        finally:
            chromium.playwright.stop()

    with ThreadPoolExecutor(1, "browser") as thread:
        chromium = thread.submit(launch).result()
        yield chromium
        thread.submit(close, chromium).result()


@pytest.fixture
def console_errors() -> list[str]:
    """The logged and uncaught errors of the test's pages. A test that expects errors checks and clears the list."""
    return []


@pytest.fixture
def page(request: pytest.FixtureRequest, _chromium: _Chromium, console_errors: list[str]) -> Iterator[Page]:
    """An empty page in a new context."""
    mark = request.node.get_closest_marker("browser_context_args")
    options: dict[str, Any] = mark.kwargs if mark else {}

    def note(message: ConsoleMessage) -> None:
        # If a page has no icon, the browser requests one, once for each server.
        if message.type == "error" and not message.location["url"].endswith("/favicon.ico"):
            console_errors.append(f"{message.text} ({message.location['url']})")

    def open_page() -> Page:
        context = _chromium.browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        context.on("console", note)
        context.on("weberror", lambda uncaught: console_errors.append(f"not caught: {uncaught.error}"))
        request.node.stash[_VISIT] = _Visit(
            _chromium.thread, context, console_errors, options.get("java_script_enabled", True)
        )
        return context.new_page()

    opened = _chromium.thread.submit(open_page).result()
    yield opened
    _chromium.thread.submit(opened.context.close).result()


def sign_in(page: Page, url: str, user: str = "admin", password: str = "correct horse") -> None:
    """Sign in to the admin without the browser, and give it the cookies: this saves loading two pages."""
    with httpx.Client(base_url=url, timeout=60) as client:
        client.get("/admin/login/")
        form = {"username": user, "password": password, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        answer = client.post("/admin/login/", data=form)
        assert answer.status_code == 302, answer.text
        page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in client.cookies.items()])
