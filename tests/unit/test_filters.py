"""Filters: which deliveries start a run, and the answers to the others."""

import json
import socket
from typing import Any

import pytest

from runs.delivery.request import Request
from sinks.expressions import compilation
from sinks.routing.matching import DeliverTo
from sinks.trigger import filters
from sinks.trigger.refusals import Filtered, RefusalKind, Refused
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

pytestmark = pytest.mark.one_database

_SINKS: list[dict[str, Any]] = [
    {"path": "/push", "filter": "headers.\"x-github-event\" == 'push' && body.ref == 'refs/heads/main'"},
    {"path": "/query", "method": "ANY", "filter": "query.kind == 'a' && method == 'PUT'"},
    {"path": "/form", "filter": "body.name == 'Zoe'"},
    {"path": "/text", "filter": "contains(body, 'urgent')"},
    {"path": "/items/{item}", "filter": "path_params.item != '13'"},
    {"path": "/sum", "filter": "avg(body.v) > `1`"},
    {"path": "/ceil", "filter": "ceil(to_number(body.v)) > `1`"},
]


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    hub.add_sinks([{"workflow": "echo", **sink} for sink in _SINKS])
    return hub.start()


def _starts(hub: Hub, server: Server, path: str, method: str = "POST", **request: Any) -> bool:
    before = hub.runs()
    answer = web.request(method, f"{server.url}/app_test{path}", **request)
    assert answer.status_code == 200, answer.text
    started = "x-run-id" in answer.headers
    assert hub.runs() == before + started
    assert started != ('"filtered":true' in answer.text)
    return started


@pytest.mark.parametrize(
    ("event", "ref", "starts"),
    [
        ("push", "refs/heads/main", True),
        ("push", "refs/heads/other", False),
        ("issues", "refs/heads/main", False),
    ],
)
def test_headers_and_body_decide(hub: Hub, server: Server, event: str, ref: str, starts: bool) -> None:
    assert _starts(hub, server, "/push", json={"ref": ref}, headers={"X-GitHub-Event": event}) is starts


def test_query_method_form_text_and_path_decide(hub: Hub, server: Server) -> None:
    assert _starts(hub, server, "/query?kind=a", "PUT")
    assert not _starts(hub, server, "/query?kind=a", "POST")
    assert _starts(hub, server, "/form", data={"name": "Zoe"})
    assert not _starts(hub, server, "/form", data={"name": "Bob"})
    assert _starts(hub, server, "/text", content=b"this is urgent")
    assert not _starts(hub, server, "/text", content=b"this can wait")
    assert _starts(hub, server, "/items/12")
    assert not _starts(hub, server, "/items/13")


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("headers.\"x-kind\" == 'a'", True),
        ("[method, path] == ['POST', '/x']", True),
        ("body.n == `1`", True),
        ("@.body.n == `1`", True),
        ("headers | @.body", False),
        ("contains(keys(@), 'body')", True),
        ("values(@)[-1].n == `1`", True),
        ("*.n == [`1`]", True),
        ("{all: body}.all.n == `1`", True),
        ("map(&body.n, [@])[0] == `1`", True),
    ],
)
def test_a_filter_sees_the_body_however_it_names_it(expression: str, wanted: bool) -> None:
    request = Request("POST", "/x", header_list=[("x-kind", "a")], body=b'{"n": 1}')
    assert (filters.why_filtered(compilation.compiled(expression), request) is None) is wanted


@pytest.mark.parametrize(
    ("expression", "fields", "wanted"),
    [
        ("parse_json(body.payload).action == 'opened'", b"payload=%7B%22action%22%3A%22opened%22%7D", True),
        ("parse_json(body.payload).action == 'opened'", b"payload=%7B%22action%22%3A%22closed%22%7D", False),
        ("parse_json(body.payload).action == 'opened'", b"payload=no+JSON", False),
        ("parse_json(body.payload).action == 'opened'", b"other=1", False),
        ("body.name == 'Zoë' && contains(body.bytes, 'a')", "name=Zoë&bytes=%ffa".encode(), True),
    ],
)
def test_a_filter_reads_json_in_a_field_of_a_form(expression: str, fields: bytes, wanted: bool) -> None:
    compilation.check(expression)
    urlencoded = [("content-type", "application/x-www-form-urlencoded")]
    request = Request("POST", "/x", header_list=urlencoded, body=fields)
    assert filters.why_filtered(compilation.compiled(expression), request) == (None if wanted else filters.NO_MATCH)


def test_a_body_that_a_filter_does_not_ask_for_is_not_parsed_for_it() -> None:
    request = Request("POST", "/x", header_list=[("x-kind", "a")], body=b'{"n": 1}')
    assert filters.why_filtered(compilation.compiled("headers.\"x-kind\" == 'a'"), request) is None
    assert "json" not in vars(request)


def test_a_filtered_delivery_is_answered_in_the_form_that_is_asked_for(server: Server) -> None:
    url = f"{server.url}/app_test/items/13"
    output = {"filtered": True, "reason": "The filter does not match."}
    stream = web.post(url)
    assert stream.headers["content-type"] == "text/event-stream"
    event = {"type": "complete", "run_id": None, "output": output}
    assert stream.text == f"id: 1\ndata: {json.dumps(event, separators=(',', ':'))}\n\n"
    as_json = web.post(url, headers={"Accept": "application/json"})
    assert as_json.json() == {"run_id": None, "status": "complete", "output": output}


def test_filtered_deliveries_are_counted(hub: Hub, server: Server) -> None:
    web.post(f"{server.url}/app_test/items/13")
    of_sink = "s ON s.id = sink_id WHERE s.path = '/items/{item}'"
    wait_until(lambda: hub.query(f"SELECT count FROM sinks_outcome JOIN sinks_sink {of_sink}"), "the count")
    kept = hub.query(f"SELECT kind, status, reason FROM sinks_refusal JOIN sinks_sink {of_sink}")
    assert ("filtered", 200, "The filter does not match.") in kept


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sum", b'{"v": [%s]}' % (b"9" * 400)),
        ("/sum", b'{"v": "a"}'),
        ("/sum", b"not JSON"),
        ("/sum", b"[" * 20_000),
        ("/ceil", b'{"v": "1e999"}'),
        ("/ceil", b'{"v": "inf"}'),
        ("/ceil", b'{"v": "nan"}'),
        ("/ceil", b""),
    ],
)
def test_what_a_filter_cannot_be_applied_to_is_filtered(hub: Hub, server: Server, path: str, body: bytes) -> None:
    assert not _starts(hub, server, path, content=body)
    # The admin lists it among the refusals, since the filter needs attention.
    kept = (
        f"SELECT r.status, r.reason FROM sinks_refusal r JOIN sinks_sink s ON s.id = r.sink_id WHERE s.path = '{path}'"
    )
    wait_until(lambda: hub.query(kept), "the reason")
    status, reason = hub.query(kept)[0]
    assert (status, reason[:25]) == (200, "The filter failed on this")


@pytest.mark.parametrize(
    "expression",
    [
        "not_null(a, b, c)",
        "merge(a, b)",
        "a[1:2][?contains(b, 'c')]",
        "sort_by(a, &b)[*].c | [0]",
        "length(keys(@))",
        "!starts_with(body, 'a') && map(&length(@), body)",
    ],
)
def test_functions_with_as_many_arguments_as_they_take_are_taken(expression: str) -> None:
    compilation.check(expression)


def test_a_filter_stored_with_an_unknown_function_goes_on_where_that_is_not_called(hub: Hub, server: Server) -> None:
    # As if stored before filters were checked: no form has validated it.
    stored = "from sinks.models import Sink; Sink.objects.filter(path='/late').update(filter='body.a || sise(body)')"
    hub.add_sinks([{"workflow": "echo", "path": "/late", "filter": "body.nothing"}])
    hub.shell(stored)
    url = f"{server.url}/app_test/late"
    wait_until(lambda: "x-run-id" in web.post(url, json={"a": 1}).headers, "the filter to be known")
    assert not _starts(hub, server, "/late", json={"b": 2})


def test_a_content_length_with_thousands_of_zeros_is_a_number(server: Server) -> None:
    head = f"POST /app_test/form HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {'0' * 5000}2\r\n\r\n{{}}"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.sendall(head.encode())
        assert b"".join(iter(lambda: wire.recv(65536), b"")).startswith(b"HTTP/1.1 200 ")


_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"


def _message_of(expression: str, body: bytes, content_type: str = _JSON) -> tuple[str, Any]:
    """Return the key and the payload with which a delivery is sent as a signal."""
    request = Request("POST", "/orders/7", {"order": "7"}, "a=b", [("content-type", content_type)], body=body)
    message = filters.message_of(DeliverTo("payment", compilation.compiled(expression)), request)
    return message.key, json.loads(message.payload)


@pytest.mark.parametrize(
    ("expression", "sent", "message"),
    [
        ("body.id", (b'{"id": "a\\u00e9"}', _JSON), ("aé", {"id": "aé"})),
        ("body.id", (b'{"id": 4711}', _JSON), ("4711", {"id": 4711})),
        ("body.id", (b'{"id": 1.5}', _JSON), ("1.5", {"id": 1.5})),
        ("body.id", (b"id=a&x=1&x=2", _FORM), ("a", {"id": "a", "x": ["1", "2"]})),
        ("path_params.order", (b"[1, null]", _JSON), ("7", [1, None])),
        ("query.a", (b"", "text/plain"), ("b", "")),
        ("body", (b"the text", "text/plain"), ("the text", "the text")),
        ("join(':', [path_params.order, body.n])", (b'{"n": "x"}', _JSON), ("7:x", {"n": "x"})),
    ],
)
def test_a_delivery_as_a_signal_has_a_key_and_its_body_as_payload(
    expression: str, sent: tuple[bytes, str], message: tuple[str, Any]
) -> None:
    assert _message_of(expression, *sent) == message


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"id": null}', b'{"id": ""}', b'{"id": "a\\u0000"}', b'{"id": true}', b'{"id": ["a"]}']
)
def test_a_delivery_without_a_key_is_filtered(body: bytes) -> None:
    with pytest.raises(Filtered) as filtered:
        _message_of("body.id", body)
    assert filtered.value.reason == filters.NO_KEY


def test_a_key_over_its_budget_is_missing() -> None:
    doubling = " | ".join(["[@, @]"] * 20)
    with pytest.raises(Filtered) as filtered:
        _message_of(f"to_string({doubling})", b'{"n": 1}')
    assert "too many steps" in filtered.value.reason


@pytest.mark.parametrize(
    ("body", "content_type", "kind"),
    [
        (b"\xff\xfe\xfd", "application/octet-stream", RefusalKind.BODY),
        (json.dumps(["x" * 1_048_576]).encode(), _JSON, RefusalKind.SIZE),
    ],
    ids=["bytes", "large"],
)
def test_a_body_that_is_no_text_or_too_large_is_no_payload(body: bytes, content_type: str, kind: RefusalKind) -> None:
    with pytest.raises(Refused) as refused:
        _message_of("query.a", body, content_type)
    assert refused.value.kind is kind
