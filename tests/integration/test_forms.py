"""Web forms: redirects after a form was sent, and the page that shows its run."""

import json
import re
import socket
from html import unescape
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from tests.integration.test_answers import wait_for
from tests.support.hub import Hub, Server
from tests.support.web import web

pytestmark = pytest.mark.one_database

HTML = "<script>alert(1)</script>\"'&amp;</pre></main>"
SINKS: list[dict[str, Any]] = [
    {"path": "/form", "workflow": "inspect", "method": "ANY"},
    {"path": "/thanks", "workflow": "inspect", "redirect": "https://example.com/thanks?a=1&b=<2>"},
    {"path": "/umlaut", "workflow": "inspect", "redirect": "https://example.com/grüße"},
    {"path": "/async", "workflow": "inspect", "answer": "async"},
    {"path": "/some", "workflow": "inspect", "filter": "body.wanted"},
    {"path": "/some-thanks", "workflow": "inspect", "filter": "body.wanted", "redirect": "https://example.com/thanks"},
    {"path": "/guarded", "workflow": "inspect", "auth_token": "guard-token"},
    {"path": "/limited", "workflow": "inspect", "body_limit": 5},
    {"path": "/slow", "workflow": "steps", "options": {"count": 4, "pause": 0.5}},
    {"path": "/endless", "workflow": "steps", "options": {"count": 1, "pause": 60}},
    {"path": "/raises", "workflow": "raises"},
    {"path": "/speaks", "workflow": "speaks", "options": {"text": HTML}},
    {"path": "/fails", "workflow": "speaks", "options": {"text": HTML, "fails": True}},
    {"path": "/many", "workflow": "floods", "options": {"events": 1200, "size": 10}},
    {"path": "/large", "workflow": "floods", "options": {"events": 50, "size": 20_000}},
    {"path": "/long", "workflow": "echo"},
    {"path": "/deep", "workflow": "deep", "options": {"levels": 900}},
    {"path": "/deepest", "workflow": "deep", "options": {"levels": 960}},
    {"path": "/deep-and-wide", "workflow": "deep", "options": {"levels": 900, "width": 500_000}},
    {"path": "/surrogate", "workflow": "returns", "options": {"kind": "surrogate"}},
]
# Header fields that browsers send with a form.
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"}


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks(SINKS)
    return hub.start(GRACE_SECONDS="1")


def send_form(server: Server, path: str, **fields: str) -> httpx.Response:
    return web.post(f"{server.url}/app_test{path}", data={"name": "Ada", **fields}, headers=BROWSER)


def run_of(server: Server, hub: Hub, path: str, status: str = "complete", **fields: str) -> str:
    """Start a run as a browser does, wait until it has a status, and return its URL."""
    place = send_form(server, path, **fields).headers["location"]
    wait_for(hub, place.removeprefix("/runs/"), status)
    return server.url + place


class _Page(HTMLParser):
    """A parsed page: elements by name, and their texts."""

    VOID = frozenset({"meta", "link", "br", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.open: list[tuple[str, list[str]]] = []
        self.feed(text)
        assert self.open == [], "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found: list[str] = []
        self.elements.append((tag, dict(attrs), found))
        if tag not in self.VOID:
            self.open.append((tag, found))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, found in self.open:
            found.append(data)

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, "".join(found)) for name, attributes, found in self.elements if name == tag]

    def by_id(self, name: str) -> str:
        return next("".join(found) for _, attributes, found in self.elements if attributes.get("id") == name)


def page_of(address: str) -> _Page:
    answer = web.get(address, headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return _Page(answer.text)


def test_a_browser_that_sends_a_form_is_sent_on_to_the_page_of_the_run(server: Server, hub: Hub) -> None:
    answer = send_form(server, "/form")
    run_id = answer.headers["x-run-id"]
    assert (answer.status_code, answer.headers["location"]) == (303, f"/runs/{run_id}")
    assert answer.headers["cache-control"] == "no-store"
    assert f'href="/runs/{run_id}"' in answer.text
    wait_for(hub, run_id)
    with httpx.Client(follow_redirects=True, timeout=60) as client:
        followed = client.post(f"{server.url}/app_test/form", data={"name": "Ada"}, headers=BROWSER)
    assert (followed.status_code, followed.request.method) == (200, "GET")
    assert followed.headers["content-type"] == "text/html; charset=utf-8"


def test_a_sink_sends_browsers_where_it_says(server: Server, hub: Hub) -> None:
    answer = send_form(server, "/thanks")
    assert answer.status_code == 303
    assert answer.headers.get_list("location") == ["https://example.com/thanks?a=1&b=%3C2%3E"]
    assert 'href="https://example.com/thanks?a=1&amp;b=%3C2%3E"' in answer.text
    wait_for(hub, answer.headers["x-run-id"])
    assert send_form(server, "/umlaut").headers["location"] == "https://example.com/gr%C3%BC%C3%9Fe"


def test_a_browser_is_sent_on_whatever_the_sinks_own_answer(server: Server) -> None:
    assert send_form(server, "/async").status_code == 303


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("text/html", 303),
        ("text/html, application/json;q=0.9", 303),
        ("text/html, application/json", 200),
        ("text/html, text/event-stream", 200),
        ("text/html;q=0.5, */*", 200),
        ("text/*", 200),
        ("application/json, text/plain, */*", 200),
    ],
)
def test_only_a_client_that_wants_html_most_is_sent_on(server: Server, accept: str, status: int) -> None:
    answer = web.post(f"{server.url}/app_test/form", headers={"Accept": accept})
    assert answer.status_code == status


def test_head_of_a_browser_is_sent_on_without_a_body(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.sendall(b"HEAD /app_test/form HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n")
        head, _, body = b"".join(iter(lambda: wire.recv(65536), b"")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 303 See Other\r\n")
    assert body == b""


def test_a_form_that_the_filter_does_not_want_gets_a_page_that_says_so(server: Server, hub: Hub) -> None:
    before = hub.query("SELECT count(*) FROM runs_run")
    answer = send_form(server, "/some")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = _Page(answer.text)
    assert page.all("h1")[0][1] == "Received, not processed"
    assert "The filter does not match." in page.all("main")[0][1]
    assert hub.query("SELECT count(*) FROM runs_run") == before
    assert send_form(server, "/some", wanted="yes").status_code == 303


def test_a_form_that_the_filter_does_not_want_goes_where_the_sink_sends_browsers(server: Server) -> None:
    answer = send_form(server, "/some-thanks")
    assert (answer.status_code, answer.headers["location"]) == (303, "https://example.com/thanks")
    assert "x-run-id" not in answer.headers


@pytest.mark.parametrize(("path", "status"), [("/guarded", 401), ("/nothing", 404), ("/limited", 413)])
def test_what_is_refused_is_a_problem_for_browsers_too(server: Server, path: str, status: int) -> None:
    answer = send_form(server, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_the_page_of_a_guarded_run_wants_the_token(server: Server) -> None:
    bearer = {"Authorization": "Bearer guard-token"}
    run_id = web.post(f"{server.url}/app_test/guarded", headers=bearer).headers["x-run-id"]
    assert web.get(f"{server.url}/runs/{run_id}", headers=BROWSER).status_code == 401
    answer = web.get(f"{server.url}/runs/{run_id}", headers=BROWSER | bearer)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_a_run_that_goes_on_is_shown_without_javascript_and_comes_again_by_itself(server: Server) -> None:
    with web.stream("POST", f"{server.url}/app_test/slow") as stream:
        address = server.url + stream.headers["location"]
        lines = stream.iter_lines()
        while "id: 2" not in next(lines):
            pass
        text = web.get(address, headers=BROWSER).text
    page = _Page(text)
    assert page.by_id("status") == "running"
    assert [line for _, line in page.all("li")][:2] == ["25 % \u00b7 s1 \u00b7 step 1", "50 % \u00b7 s2 \u00b7 step 2"]
    assert page.by_id("percent") == f"{page.all('progress')[0][0]['value']} %" != "0 %"
    assert page.by_id("result") == "No result yet."
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in text
    shown = page.all("main")[0][0]
    assert (shown["data-over"], shown["data-last"]) == ("no", str(len(page.all("li"))))


def test_a_run_that_is_over_is_shown_without_javascript_and_stays(server: Server, hub: Hub) -> None:
    address = run_of(server, hub, "/slow")
    text = web.get(address, headers=BROWSER).text
    page = _Page(text)
    assert page.by_id("status") == "complete"
    assert len(page.all("li")) == 4
    assert (page.all("progress")[0][0]["value"], page.by_id("percent")) == ("100", "100 %")
    assert page.by_id("result") == '{\n  "steps": 4,\n  "attempt": 1\n}'
    assert "http-equiv" not in text
    assert page.all("main")[0][0]["data-over"] == "yes"


def test_a_run_that_failed_is_shown_with_its_error_and_no_traceback(server: Server, hub: Hub) -> None:
    address = run_of(server, hub, "/raises", "error")
    text = web.get(address, headers=BROWSER).text
    page = _Page(text)
    assert (page.by_id("status"), page.by_id("result")) == ("error", "no such order: 4711")
    assert "Traceback" not in text


def test_a_run_that_was_cancelled_is_shown_as_that(server: Server, hub: Hub) -> None:
    place = send_form(server, "/endless").headers["location"]
    run_id = place.removeprefix("/runs/")
    cancel = f"from runs.models import Run; Run.objects.filter(pk='{run_id}').update(cancel_requested=True)"
    hub.shell(cancel)
    wait_for(hub, run_id, "cancelled")
    page = page_of(server.url + place)
    assert (page.by_id("status"), page.by_id("result")) == ("cancelled", "cancelled")


@pytest.mark.parametrize(("path", "status"), [("/speaks", "complete"), ("/fails", "error")])
def test_what_a_workflow_says_is_text_on_the_page(server: Server, hub: Hub, path: str, status: str) -> None:
    address = run_of(server, hub, path, status)
    text = web.get(address, headers=BROWSER).text
    assert "<script>alert" not in text
    assert HTML not in text
    page = _Page(text)
    assert len(page.all("script")) == 1
    assert [line for _, line in page.all("li")] == [f"50 % \u00b7 {HTML} \u00b7 {HTML}", f"warning: {HTML}"]
    assert HTML in (page.by_id("result") if status == "error" else json.loads(page.by_id("result"))["text"])


def test_the_page_allows_no_script_but_its_own_and_needs_nothing_from_elsewhere(server: Server, hub: Hub) -> None:
    address = run_of(server, hub, "/form")
    answers = [web.get(address, headers=BROWSER) for _ in range(2)]
    nonces = []
    for answer in answers:
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
        assert (policy["default-src"], policy["connect-src"], policy["frame-ancestors"]) == (
            "'none'",
            "'self'",
            "'none'",
        )
        nonce = policy["script-src"].removeprefix("'nonce-").removesuffix("'")
        assert policy["style-src"] == policy["script-src"]
        page = _Page(answer.text)
        assert {attributes["nonce"] for tag in ("script", "style") for attributes, _ in page.all(tag)} == {nonce}
        assert not re.search(r'\s(on\w+|style|src)="', answer.text)
        assert not re.search(r"https?://|@import|url\(", answer.text)
        assert answer.headers["referrer-policy"] == "no-referrer"
        nonces.append(nonce)
    assert nonces[0] != nonces[1]


def test_the_page_fits_phones_dark_rooms_and_screen_readers(server: Server, hub: Hub) -> None:
    address = run_of(server, hub, "/form")
    text = web.get(address, headers=BROWSER).text
    page = _Page(text)
    assert page.all("html")[0][0]["lang"] == "en"
    assert any(
        attributes.get("name") == "viewport" and "width=device-width" in (attributes["content"] or "")
        for attributes, _ in page.all("meta")
    )
    assert "prefers-color-scheme: dark" in text
    assert "overflow-wrap: anywhere" in text
    assert page.all("label")[0][0]["for"] == page.all("progress")[0][0]["id"]
    assert any(attributes.get("aria-live") == "polite" for attributes, _ in page.all("div"))
    names = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(names) == len(set(names))


def test_of_many_lines_the_newest_are_shown_and_the_page_says_so(server: Server, hub: Hub) -> None:
    page = page_of(run_of(server, hub, "/many"))
    lines = [line for _, line in page.all("li")]
    assert len(lines) == 500
    assert [line[:12] for line in lines] == [f"info: {number:06d}" for number in range(700, 1200)]
    assert "hidden" not in next(attributes for attributes, _ in page.all("p") if attributes.get("id") == "earlier")
    assert page.all("main")[0][0]["data-last"] == "1201"


def test_long_lines_and_a_long_output_are_shortened(server: Server, hub: Hub) -> None:
    page = page_of(run_of(server, hub, "/large"))
    assert {len(line) for _, line in page.all("li")} == {2000}
    page = page_of(run_of(server, hub, "/long", name="x" * 300_000))
    assert len(page.by_id("result")) == 200_000
    assert "hidden" not in next(attributes for attributes, _ in page.all("p") if attributes.get("id") == "shortened")


@pytest.mark.parametrize("path", ["/deep", "/deepest", "/deep-and-wide", "/surrogate"])
def test_an_unusual_output_is_shown_too(server: Server, hub: Hub, path: str) -> None:
    address = run_of(server, hub, path)
    assert page_of(address).by_id("status") == "complete"


def test_the_page_tells_where_its_events_are(server: Server, hub: Hub) -> None:
    address = run_of(server, hub, "/form")
    shown = page_of(address).all("main")[0][0]
    place = unescape(shown["data-events-url"] or "")
    assert server.url + place == f"{address}/events"
    assert web.get(f"{server.url}{place}?after={shown['data-last']}").status_code == 204
