"""The pages on providers: their commands create sinks that accept the deliveries recorded there."""

import json
import re
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils.choices import flatten_choices
from django.utils.text import capfirst
from standardwebhooks import Webhook

from sinks.admin.sink_form import SinkForm
from sinks.config.signature_documents import PROPERTIES
from sinks.expressions.compilation import compiled
from sinks.models import Sink
from sinks.webhooks.signatures.signed_content import BadSignature, Delivery
from sinks.webhooks.signatures.verification import compile_verifier
from tests.support.hub import PROJECT, Hub, Server
from tests.support.signing import sign_as_github, sign_as_shopify, sign_as_slack, sign_as_stripe
from tests.support.web import web

pytestmark = pytest.mark.one_database

_FOLDER = PROJECT / "docs" / "providers"
_ADDRESS = {"app", "path", "workflow"}  # options of the command that every page has
_STATUS = {"async": 202, "json": 200}


@dataclass
class Page:
    """The command and the delivery on a page."""

    name: str
    text: str
    command: list[str]  # of manage.py
    options: dict[str, str]  # of the command, by name
    secret: str
    target: str
    headers: dict[str, str]
    body: bytes

    def verify(self, body: bytes) -> None:
        """Verify a body with the recorded header fields, by the command's settings."""
        options, sink = self.options, Sink()
        for name in PROPERTIES:
            if text := options.get("provider" if name == "signature" else name.replace("_", "-")):
                setattr(sink, name, text)
        scheme = sink.find_scheme()
        assert scheme is not None
        compile_verifier(scheme, [self.secret])(Delivery(self.fields, body), self.recorded_at)

    @property
    def fields(self) -> dict[bytes, bytes]:
        """The recorded header fields, in the server's form."""
        return {name.lower().encode(): value.encode() for name, value in self.headers.items()}

    @property
    def recorded_at(self) -> int:
        """The delivery's own timestamp; 0 if its scheme has none."""
        found = re.search(r"^(?:Stripe-Signature: t=|.*-Timestamp: )(\d+)", self.text, re.M | re.I)
        return int(found[1]) if found else 0


def _read(path: Path) -> Page:
    text = path.read_text()
    shell = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.S)).replace("\\\n", " ")
    (line,) = [line for line in shell.splitlines() if "sinks create" in line]
    command = shlex.split(line.partition("manage.py ")[2])
    options = dict(zip(command[2::2], command[3::2], strict=True))
    (recorded,) = re.findall(r"^## A recorded delivery\n.*```http\n(.*?)\n```\n\Z", text, re.S | re.M)
    head, _, body = recorded.partition("\n\n")
    request_line, *fields = head.splitlines()
    method, target, _ = request_line.split(" ")
    assert method == "POST"
    secret = re.search(r"^Signed with the secret `(.+)`\.$", text, re.M)
    return Page(
        path.stem,
        text,
        command,
        {name.removeprefix("--"): value for name, value in options.items()},
        secret[1] if secret else "",
        target,
        dict(field.split(": ", 1) for field in fields),
        body.encode(),
    )


PAGES = {path.stem: _read(path) for path in sorted(_FOLDER.glob("*.md")) if path.stem != "README"}
SIGNED = [name for name, page in PAGES.items() if page.secret]
NAMED = [name for name, page in PAGES.items() if {"dedupe-header", "dedupe-body"} & page.options.keys()]


def _standard(page: Page, body: bytes, now: int) -> dict[bytes, bytes]:
    name = page.headers["webhook-id"]
    signature = Webhook(page.secret).sign(name, datetime.fromtimestamp(now, UTC), body.decode())
    return {b"webhook-timestamp": str(now).encode(), b"webhook-signature": signature.encode()}


_SIGNERS: dict[str, Callable[[Page, bytes, int], dict[bytes, bytes]]] = {
    "github": lambda page, body, now: sign_as_github(page.secret, body, now),
    "meta": lambda page, body, now: sign_as_github(page.secret, body, now),
    "stripe": lambda page, body, now: sign_as_stripe(page.secret, body, now),
    "slack": lambda page, body, now: sign_as_slack(page.secret, body, now),
    "shopify": lambda page, body, now: sign_as_shopify(page.secret, body, now),
    "standard": _standard,
    "hmac": lambda page, body, now: {b"x-signature": sign_as_github(page.secret, body, now)[b"x-hub-signature-256"]},
}


def _send(server: Server, page: Page, body: bytes | None = None, **headers: str) -> httpx.Response:
    """Send the recorded delivery, or another body, signed as its provider would sign it now."""
    content = page.body if body is None else body
    fields = page.fields | {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    if page.secret:
        fields |= _SIGNERS[page.options["provider"]](page, content, int(time.time()))
    return web.post(server.url + page.target, content=content, headers=list(fields.items()), timeout=60)


def _runs(hub: Hub) -> int:
    return int(hub.query("SELECT count(*) FROM runs_run")[0][0])


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    for page in PAGES.values():
        hub.manage(*page.command, check=True, **({page.options["secret-env"]: page.secret} if page.secret else {}))
    return hub.start()


def test_the_index_names_every_page() -> None:
    linked = re.findall(r"\]\(([^)/]+)\.md\)", (_FOLDER / "README.md").read_text())
    assert sorted(linked) == sorted(PAGES)


@pytest.mark.parametrize("name", SIGNED)
def test_the_recorded_delivery_is_signed_with_the_secret_that_the_page_names(name: str) -> None:
    page = PAGES[name]
    page.verify(page.body)
    with pytest.raises(BadSignature, match="none of the sink"):
        page.verify(page.body + b" ")


@pytest.mark.parametrize("name", PAGES)
def test_the_delivery_goes_to_the_address_that_the_page_tells_the_provider(name: str) -> None:
    page = PAGES[name]
    assert page.target == f"/{page.options['app']}{page.options['path']}"
    assert f"https://{page.headers['Host']}{page.target}" in page.text


@pytest.mark.parametrize("name", PAGES)
def test_what_the_page_enters_in_the_form_is_what_its_command_does(name: str) -> None:
    page = PAGES[name]
    table = page.text.partition("## In the sink")[2].partition("```sh")[0]
    entered = dict(re.findall(r"^\| ([A-Z][^|]*?) \| (.+) \|$", table, re.M))
    wanted: dict[str, str | None] = {}
    for option, value in page.options.items():
        if option in _ADDRESS:
            continue
        if option == "secret-env":
            wanted[str(SinkForm.base_fields["secrets"].label)] = None
        elif option == "verify-token":
            wanted[str(SinkForm.base_fields["verify_token"].label)] = None
        else:
            renamed = {"cors-origin": "cors_origins", "provider": "signature"}
            name_of_field = renamed.get(option, option.replace("-", "_"))
            if name_of_field in PROPERTIES:
                form_field: Any = SinkForm.base_fields[name_of_field]
                known = dict(flatten_choices(form_field.choices)) if hasattr(form_field, "choices") else {}
                wanted[str(form_field.label)] = str(known[value]) if value in known else f"`{value}`"
                continue
            model_field: Any = Sink._meta.get_field(name_of_field)
            chosen = dict(model_field.flatchoices).get(value) if model_field.choices else None
            wanted[capfirst(model_field.verbose_name)] = str(chosen) if chosen else f"`{value}`"
    assert entered == {label: entered.get(label) if value is None else value for label, value in wanted.items()}


@pytest.mark.parametrize("name", PAGES)
def test_the_delivery_starts_a_run_of_the_sink_that_the_command_makes(hub: Hub, server: Server, name: str) -> None:
    page = PAGES[name]
    answer = _send(server, page)
    if name == "web-forms":
        assert (answer.status_code, answer.headers["location"]) == (303, page.options["redirect"])
    else:
        assert answer.status_code == _STATUS[page.options["answer"]]
        assert answer.json()["run_id"] == answer.headers["x-run-id"]
    ((sink,),) = hub.query(f"SELECT source_id FROM runs_run WHERE id = '{answer.headers['x-run-id']}'")
    assert hub.query(f"SELECT path FROM sinks_sink WHERE id = {sink}") == [(page.options["path"],)]


@pytest.mark.parametrize("name", NAMED)
def test_a_repeat_with_a_signature_of_its_own_starts_no_second_run(hub: Hub, server: Server, name: str) -> None:
    first = _send(server, PAGES[name])
    before = _runs(hub)
    second = _send(server, PAGES[name], x_slack_retry_num="1", x_slack_retry_reason="http_timeout")
    assert second.status_code == first.status_code
    assert second.headers["x-run-id"] == first.headers["x-run-id"]
    assert second.headers["idempotent-replayed"] == "true"
    assert _runs(hub) == before


@pytest.mark.parametrize("name", SIGNED)
def test_the_recorded_delivery_with_one_byte_more_is_refused(hub: Hub, server: Server, name: str) -> None:
    page = PAGES[name]
    before = _runs(hub)
    answer = web.post(server.url + page.target, content=page.body + b" ", headers=page.headers)
    assert answer.status_code == 401
    assert _runs(hub) == before


@pytest.mark.parametrize("name", SIGNED)
def test_the_recorded_delivery_is_taken_later_only_where_its_scheme_has_no_time(server: Server, name: str) -> None:
    page = PAGES[name]
    answer = web.post(server.url + page.target, content=page.body, headers=page.headers, timeout=60)
    assert answer.status_code == (401 if page.recorded_at else _STATUS[page.options["answer"]])


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("github", b"refs/heads/main", b"refs/heads/other"),
        ("stripe", b'"type": "payment_intent.succeeded"', b'"type": "payment_intent.created"'),
        ("slack", b'"type":"app_mention"', b'"type":"reaction_added"'),
        ("standard-webhooks", b'"type":"contact.created"', b'"type":"contact.deleted"'),
        ("meta", b'"messages":[', b'"statuses":['),
    ],
)
def test_what_the_pages_filter_leaves_out_is_answered_with_200_and_starts_no_run(
    hub: Hub, server: Server, name: str, old: bytes, new: bytes
) -> None:
    before = _runs(hub)
    assert old in PAGES[name].body
    answer = _send(server, PAGES[name], PAGES[name].body.replace(old, new))
    assert (answer.status_code, answer.json()["output"]["filtered"]) == (200, True)
    assert _runs(hub) == before


def test_another_topic_of_shopify_is_answered_with_200_and_starts_no_run(hub: Hub, server: Server) -> None:
    before = _runs(hub)
    answer = _send(server, PAGES["shopify"], x_shopify_topic="orders/paid")
    assert (answer.status_code, answer.json()["output"]["filtered"]) == (200, True)
    assert _runs(hub) == before


def test_the_providers_checks_of_the_address_are_answered_without_a_run(hub: Hub, server: Server) -> None:
    before = _runs(hub)
    ping = _send(server, PAGES["github"], b'{"zen":"Design for failure.","hook_id":292430182}', x_github_event="ping")
    assert (ping.status_code, ping.json()) == (200, {"pong": True})
    asked = {"token": "XXYYZZ", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7", "type": "url_verification"}
    challenge = _send(server, PAGES["slack"], json.dumps(asked).encode())
    assert (challenge.status_code, challenge.text) == (200, asked["challenge"])
    meta = PAGES["meta"]
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": meta.options["verify-token"]}
    verified = web.get(server.url + meta.target, params=query)
    assert (verified.status_code, verified.text) == (200, "1158201444")
    assert web.get(server.url + meta.target, params=query | {"hub.verify_token": "wrong"}).status_code == 403
    assert _runs(hub) == before


def test_a_script_of_the_forms_site_may_send_json_and_read_the_answer(server: Server) -> None:
    page = PAGES["web-forms"]
    origin = page.headers["Origin"]
    assert origin == page.options["cors-origin"]
    address = server.url + page.target
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    preflight = web.options(address, headers={"Origin": origin} | asked)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, origin)
    assert web.options(address, headers={"Origin": "https://evil.example.net"} | asked).status_code == 403
    accept = {"Origin": origin, "Accept": "application/json"}
    answer = web.post(address, json={"name": "Ada", "message": "Hello"}, headers=accept, timeout=60)
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.json()["output"]["json"] == {"name": "Ada", "message": "Hello"}


def test_the_form_on_the_page_has_the_fields_that_the_browser_sent(server: Server) -> None:
    page = PAGES["web-forms"]
    names = re.findall(r'name="(\w+)"', page.text.partition("<form")[2].partition("</form>")[0])
    sent = httpx.QueryParams(page.body.decode())
    assert list(sent) == names
    answer = web.post(
        server.url + page.target,
        content=page.body,
        timeout=60,
        headers={
            "Content-Type": page.headers["Content-Type"],
            "Accept": "application/json",
        },
    )
    assert answer.json()["output"]["form"] == dict(sent)


_BOTS = {"event": {"type": "message", "bot_id": "B01"}}
_MESSENGER = {"object": "page", "entry": [{"messaging": [{"message": {"mid": "m_1"}}, {"read": {}}]}]}


@pytest.mark.parametrize(
    ("name", "expression", "document", "found"),
    [
        (
            "github",
            "headers.\"x-github-event\" == 'pull_request' && body.action == 'opened'",
            {"headers": {"x-github-event": "pull_request"}, "body": {"action": "opened"}},
            True,
        ),
        (
            "slack",
            "body.event.type == 'message' && !(body.event.bot_id)",
            {"body": {"event": {"type": "message"}}},
            True,
        ),
        ("slack", "body.event.type == 'message' && !(body.event.bot_id)", {"body": _BOTS}, False),
        ("meta", "join(',', entry[].messaging[].message.mid)", _MESSENGER, "m_1"),
        ("meta", "body.entry[].messaging[].message", {"body": _MESSENGER}, [{"mid": "m_1"}]),
    ],
)
def test_the_other_expressions_on_the_pages_do_what_is_said_of_them(
    name: str, expression: str, document: Any, found: Any
) -> None:
    assert f"`{expression}`" in PAGES[name].text
    assert compiled(expression).search(document) == found
