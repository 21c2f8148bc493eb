"""What filters and workflows see of a delivery: its payload, XML, and CloudEvents."""

import asyncio
import base64
import json
from types import SimpleNamespace
from typing import Any

import pytest

from runs.delivery.request import PayloadFailed, Request
from runs.delivery.xml_parsing import parse_xml
from runs.models import Delivery
from runs.ports import Source
from runs.recovery.takeover import request_of
from runs.testing.request import make_request
from runs.workflows import Run, workflow
from sinks.expressions.compilation import InvalidExpression, compiled
from sinks.expressions.deliveries import payload_maker
from sinks.expressions.names import check_names
from sinks.registrations import find_sources
from sinks.routing import directory
from sinks.routing.matching import DeliverTo
from sinks.trigger import filters
from sinks.trigger.refusals import Filtered

_ORDER = '<?xml version="1.0"?><order id="7"><item>a</item><item>b</item><note/><who kind="x"> Zoë </who></order>'
_EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/orders",
    "type": "order.paid",
    "subject": "7",
    "time": "2026-01-31T12:00:00Z",
    "datacontenttype": "application/json",
}


def _xml(text: str | bytes, content_type: str = "text/xml") -> Any:
    return make_request(body=text, headers={"Content-Type": content_type})


def _structured(**fields: Any) -> Any:
    document = json.dumps({**_EVENT, **fields})
    return make_request(body=document, headers={"Content-Type": "application/cloudevents+json; charset=utf-8"})


def _passes(expression: str, request: Request, payload: str = "") -> str | None:
    made = compiled(payload) if payload else None
    return filters.why_filtered(compiled(expression), request, payload=made)


@pytest.mark.parametrize(
    ("request_", "payload"),
    [
        (make_request(json={"a": [1]}), {"a": [1]}),
        (make_request(form={"a": "1", "b": ["2", "3"]}), {"a": "1", "b": ["2", "3"]}),
        (_xml("<a><b>1</b></a>"), {"a": {"b": "1"}}),
        (_xml("<a><b>1</a>"), "<a><b>1</a>"),  # not well-formed
        (make_request(body="text"), "text"),
        (make_request(body=b"\xff\xfe\xfd"), None),
        (make_request(), ""),
    ],
)
def test_without_an_expression_the_payload_is_the_body_as_a_value(request_: Request, payload: Any) -> None:
    assert request_.payload == payload
    assert _passes("body", request_) == (None if payload else filters.NO_MATCH)


def test_an_xml_body_is_nested_dicts() -> None:
    order = {"@id": "7", "item": ["a", "b"], "note": None, "who": {"@kind": "x", "#text": "Zoë"}}
    assert _xml(_ORDER, "application/soap+xml; charset=utf-8").xml == {"order": order}
    assert make_request(body=_ORDER).xml is None  # by its type, it is no XML
    assert _passes("body.order.\"@id\" == '7' && body.order.item[1] == 'b'", _xml(_ORDER)) is None
    assert _passes("starts_with(text, '<?xml')", _xml(_ORDER)) is None


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<a>é</a>".encode("latin-1"), "text/xml; charset=iso-8859-1"),
        ("<?xml version='1.0' encoding='iso-8859-1'?><a>é</a>".encode("latin-1"), "text/xml"),
        ("<?xml version='1.0' encoding='utf-16'?><a>é</a>".encode("utf-16"), "text/xml"),
        ("<?xml version='1.0' encoding='utf-16'?><a>é</a>".encode(), "application/xml; charset=utf-8"),
    ],
)
def test_xml_is_decoded_as_its_type_or_it_itself_declares(body: bytes, content_type: str) -> None:
    assert _xml(body, content_type).xml == {"a": "é"}


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1/x">%b;]><a/>',
        "<a>" * 201 + "</a>" * 201,
        "<a>" + "<b/>" * 100_000 + "</a>",
        "<a>" * 3_000_000,
        f"<a {' '.join(f'b{number}= {number % 2 * chr(34) or chr(39)}' for number in range(100_000))}",
        "<a/><b/>",
        "no xml",
        "",
    ],
)
def test_xml_with_entities_or_without_bounds_is_not_parsed(document: str) -> None:
    assert parse_xml(document.encode()) is None
    assert _xml(document[:1000]).payload == document[:1000]


def test_the_bounds_hold_in_every_encoding() -> None:
    assert parse_xml(("<a>" + "<b/>" * 100_000 + "</a>").encode("utf-16")) is None
    assert parse_xml("<a>" + "<b/>" * 100_000 + "</a>") is None
    assert parse_xml("<a \ud800=''/>") is None


def test_xml_that_is_deep_or_long_within_the_bounds_is_parsed() -> None:
    long = parse_xml("<a>" + "<b/>" * 20_000 + "</a>")
    assert long is not None and len(long["a"]["b"]) == 20_000
    assert parse_xml(b"<a>" * 200 + b"</a>" * 200) is not None
    assert parse_xml(b'<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a>1</a>') == {"a": "1"}  # nothing is fetched


def test_a_cloud_event_looks_the_same_in_both_modes() -> None:
    fields = {f"Ce-{name}": value for name, value in _EVENT.items() if name != "datacontenttype"}
    binary = make_request(json={"amount": 5}, headers=fields | {"Ce-Subject": "%37"})
    structured = _structured(data={"amount": 5})
    assert binary.cloud_event == structured.cloud_event == {**_EVENT, "data": {"amount": 5}}
    for request in (binary, structured):
        assert _passes("event.type == 'order.paid' && event.data.amount == `5`", request) is None
        assert _passes("body == `5`", request, payload="event.data.amount") is None
    assert structured.payload == {**_EVENT, "data": {"amount": 5}}
    assert binary.payload == {"amount": 5}


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        ("application/json", b'{"a": 1}', {"a": 1}),
        ("text/xml", b"<a>1</a>", {"a": "1"}),
        ("text/plain", b"text", "text"),
        ("image/png", b"\xff\xd8", base64.b64encode(b"\xff\xd8").decode()),
    ],
)
def test_the_data_of_a_cloud_event_in_base64_is_decoded_by_its_type(kind: str, data: bytes, value: Any) -> None:
    request = _structured(datacontenttype=kind, data_base64=base64.b64encode(data).decode())
    assert request.cloud_event == {**_EVENT, "datacontenttype": kind, "data": value}


def test_xml_within_a_cloud_event_is_parsed() -> None:
    event = _structured(datacontenttype="application/xml", data="<a>1</a>").cloud_event
    assert event is not None and event["data"] == {"a": "1"}


@pytest.mark.parametrize(
    "request_",
    [
        make_request(json=_EVENT),  # its type is application/json
        make_request(json={}, headers={"Content-Type": "application/cloudevents+json"}),
        make_request(json=[_EVENT], headers={"Content-Type": "application/cloudevents-batch+json"}),
        make_request(json={}, headers={"Ce-Id": "1", "Ce-Type": "t"}),
        make_request(json={}, headers={"Ce-Specversion": "1.0", "Ce-Id": "1"}),
        _structured(id=7),
        make_request(body="{", headers={"Content-Type": "application/cloudevents+json"}),
    ],
)
def test_another_delivery_is_no_cloud_event(request_: Request) -> None:
    assert request_.cloud_event is None
    assert _passes("event", request_) == filters.NO_MATCH


def test_the_filter_sees_the_payload_as_its_body_and_the_workflow_sees_the_same() -> None:
    payload = "merge(parse_json(body.payload), {shop: path_params.shop})"
    request = make_request(form={"payload": '{"action": "opened"}'}, path_params={"shop": "s1"})
    assert _passes("body.action == 'opened' && body.shop == 's1'", request, payload) is None
    assert _passes("body.payload", request, payload) == filters.NO_MATCH
    request.make_payload = payload_maker(payload)
    assert request.payload == {"action": "opened", "shop": "s1"}
    assert request.json is None


def test_a_payload_that_fails_starts_no_run_where_the_filter_needs_it() -> None:
    request = make_request(json={"n": "text"})
    assert _passes("body > `1`", request, "sum(body.n)") == (
        "The payload's expression failed on this delivery: sum() got string, but takes array-number."
    )
    assert _passes("method == 'POST'", request, "sum(body.n)") is None  # it does not read the payload
    request.make_payload = payload_maker("sum(body.n)")
    with pytest.raises(PayloadFailed, match=r"sum\(\) got string"):
        _ = request.payload


def test_a_payload_is_bounded_in_cost() -> None:
    expensive = "body[*].[@, @, @, @, @]"
    request = make_request(json=[0] * 100_000)
    assert _passes("body", request, expensive) == "The payload's expression takes too many steps on this delivery."
    request.make_payload = payload_maker(expensive)
    with pytest.raises(PayloadFailed, match="too many steps"):
        _ = request.payload


def test_the_key_and_the_payload_of_a_signal_are_of_the_payload() -> None:
    request = make_request(form={"payload": '{"order": 7}'})
    deliver_to = DeliverTo("paid", compiled("body.order"))
    message = filters.message_of(deliver_to, request, payload=compiled("parse_json(body.payload)"))
    assert (message.key, json.loads(message.payload)) == ("7", {"order": 7})
    with pytest.raises(Filtered, match="payload's expression failed"):
        filters.message_of(deliver_to, request, payload=compiled("sum(body.payload)"))


def test_the_delivery_id_is_that_of_the_body_as_it_was_sent() -> None:
    assert filters.delivery_id(compiled('order."@id"'), _xml(_ORDER)) == '"7"'


def test_a_recorded_delivery_has_the_payload_that_its_sink_makes_now(db: Any) -> None:
    from sinks.models import App, Sink

    sink = Sink.objects.create(app=App.objects.create(app_id="app_p"), path="/p", payload="body.order")
    delivery = Delivery(method="POST", path="/p", body=b'{"order": {"id": 7}}')
    source = find_sources([sink.pk])[sink.pk]
    assert request_of(delivery, source).payload == {"id": 7}
    Sink.objects.update(payload="body.order.id")
    assert request_of(delivery, find_sources([sink.pk])[sink.pk]).payload == 7
    assert request_of(delivery, Source("app_p", "echo", {})).payload == {"order": {"id": 7}}
    assert request_of(delivery).payload == {"order": {"id": 7}}


def test_an_invalid_payload_that_was_stored_fails_its_runs_and_no_other(db: Any) -> None:
    from sinks.models import App, Sink

    app = App.objects.create(app_id="app_p")
    broken = Sink.objects.create(app=app, path="/p", payload="a b")
    Sink.objects.create(app=app, path="/q")
    request = request_of(Delivery(method="POST", path="/p"), find_sources([broken.pk])[broken.pk])
    with pytest.raises(PayloadFailed, match="This is not a JMESPath expression"):
        _ = request.payload
    index = directory.load()
    assert (index.by_id[broken.pk].workflow, index.match("app_p", "/q", "POST").sink is not None) == (None, True)


def _incoming(request: Request, **expressions: str) -> Any:
    parsed = {name: compiled(text) for name, text in expressions.items()}
    checks = SimpleNamespace(
        filter=parsed.get("filter"),
        payload=parsed.get("payload"),
        make_payload=payload_maker(expressions.get("payload", "")),
        dedupe_header=b"",
        dedupe_body=None,
        deliver_to=None,
        has_expressions="filter" in expressions,
    )
    return SimpleNamespace(sink=SimpleNamespace(checks=checks), request=request, named=None, message=None)


def test_the_request_of_a_sink_with_a_payload_makes_it_with_and_without_a_filter() -> None:
    for expressions in ({}, {"filter": "body == `1`"}):
        request = make_request(json={"a": 1})
        assert filters.apply_expressions(_incoming(request, payload="body.a", **expressions)) is None
        assert request.payload == 1


def test_larger_xml_is_parsed_in_a_thread() -> None:
    request = _xml("<a>" + "<b/>" * 5000 + "</a>")
    assert request.is_slow_to_parse and not make_request(json="x" * 20_000).is_slow_to_parse

    async def main() -> None:
        waiting = filters.apply_expressions(_incoming(request, filter="length(body.a.b) == `5000`"))
        assert waiting is not None
        await waiting

    asyncio.run(main())


def test_parsed_xml_is_counted_in_memory_and_released() -> None:
    request = _xml("<a>" + "<b/>" * 1000 + "</a>")
    assert request.estimate_parsed() > 1000 * 300
    assert request.payload and request.measure_parsed() > 1000 * 300
    request.release()
    assert request.measure_parsed() == 0


@workflow(name="pays")
async def pays(request: Any, run: Run) -> Any:
    await run.step("first", lambda value: value, request.payload)
    return {"payload": request.payload, "event": request.cloud_event}


def test_a_workflow_in_a_test_sees_the_payload_also_after_a_crash(run_workflow: Any) -> None:
    ended = run_workflow(pays, json={"a": 1}, crash_after="first")
    assert ended.output == {"payload": {"a": 1}, "event": None}
    ended = run_workflow(pays, _structured(data=1))
    assert ended.output["event"]["data"] == 1


@pytest.mark.parametrize(
    "expression",
    [
        *["body", "@", "*", "@.body.x", "@ | body", "values(@)", "method == 'POST' && path_params.id", "query.a[0].b"],
        *["body[?a == 'b' && c].d", "sort_by(body.items, &price)[0].name", "map(&a.b, body)", "event.data.a"],
        *["{a: body.x, b: headers}", "[body.a, text]", "body.*.headers", "headers.\"x-github-event\" == 'push'"],
        *['headers | "x-a"', 'body.headers."X-A"', 'parse_json(body.payload)."X-Y"', "body | headers", "`1`"],
        *["headers.* | [0]", "(body || query).id", "!body.a", "body[*].{a: id, b: kind}", "body[].ref"],
    ],
)
def test_an_expression_that_names_parts_of_a_delivery_is_accepted(expression: str) -> None:
    check_names(expression)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("ref == 'main'", "no 'ref'. It has: method, path, path_params, query, headers, event, text, body. .*body.ref"),
        ("@.action", "no 'action'"),
        ("@ | action", "no 'action'"),
        ("contains(action, 'a')", "no 'action'"),
        ("body.a && !action", "no 'action'"),
        ("{a: action}", "no 'action'"),
        ("[action]", "no 'action'"),
        ("items[?a].b", "no 'items'"),
        ("items[0]", "no 'items'"),
        ("body == action", "no 'action'"),
        ("Body.a", "Write body"),
        ('header."x-a"', "Perhaps headers"),
        ("headers.\"X-GitHub-Event\" == 'push'", 'in lower case here: write headers."x-github-event"'),
        ('headers | "X-A"', 'write headers."x-a"'),
        ('headers.["X-A"]', 'write headers."x-a"'),
        ('@.headers."X-A"', 'write headers."x-a"'),
        ("headers.authorization", "'authorization' is a credential"),
    ],
)
def test_an_expression_that_names_what_does_not_exist_is_refused(expression: str, why: str) -> None:
    with pytest.raises(InvalidExpression, match=why):
        check_names(expression)
