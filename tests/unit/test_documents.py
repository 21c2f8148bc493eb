"""A sink as JSON: reading and writing by one set of rules, with the terms of the command."""

import base64
import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from sinks.config import documents
from sinks.config.signature_documents import PROPERTIES
from sinks.models import App, Sink

pytestmark = pytest.mark.django_db

TOKEN = "s3cret-t0ken-4711-xyz"
_EVERYTHING: dict[str, Any] = {
    "path": "/orders/{order_id}",
    "method": "PUT",
    "auth_token": TOKEN,
    "access": {
        "any": [{"kind": "header", "name": "X-Key", "values": ["h3ader-v4lue"]}],
        "ip": ["10.0.0.0/8", "2001:db8::/32"],
        "mode": "enforce",
    },
    "workflow": "demo",
    "options": {"steps": 2},
    "active": False,
    "description": "Orders of the shop.",
    "timeout": 12.5,
    "answer": "async",
    "response": None,  # not with deliver_to
    "signature": {
        "scheme": "hmac",
        "secrets": ["secret-one", "secret-two"],
        "tolerance": 60,
        "header": "X-Sig",
        "algorithm": "sha512",
        "encoding": "base64",
        "prefix": "v1=",
    },
    "provider": None,
    "secrets": ["secret-one", "secret-two"],
    "public_url": "https://hub.example.com/app_documents/orders",
    "verify_token": "v3rify me",
    "dedupe": {"header": "X-Delivery", "body": None, "window": 3600},
    "filter": "body.ref == 'main'",
    "payload": "parse_json(body.payload)",
    "search": {"order": "body.order.id"},
    "deliver_to": {"signal": "payment", "key": "body.order_id"},
    "limits": {"rate": "60/min", "rate_per_client": "5/s", "concurrency": 4, "queue": 100, "body": 65536},
    "cors": {"origins": ["https://a.example", "https://b.example"]},
    "redirect": "https://a.example/thanks",
    "retry": {"attempts": 4, "delays": [5, 60.5], "jitter": 0.1},
    "on_failure": {"workflow": "echo", "options": {"headers": True}},
    "engine": "local",
    "priority": -5,
}


@pytest.fixture
def app() -> App:
    return App.objects.create(app_id="app_documents")


def made(app: App, document: dict[str, Any]) -> Sink:
    sink = Sink(app=app)
    documents.apply(sink, document)
    sink.save()
    return sink


def faults(sink: Sink, document: Any, *, partial: bool = False) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        documents.apply(sink, document, partial=partial)
    return documents.messages(refused.value)


def test_what_a_document_says_is_what_the_sink_gives_back(app: App) -> None:
    sink = Sink.objects.get(pk=made(app, _EVERYTHING).pk)
    assert documents.of_sink(sink, secrets=True) == _EVERYTHING


def test_every_field_that_a_form_has_stands_in_the_document() -> None:
    editable = {field.name for field in Sink._meta.fields if field.editable and not field.primary_key} - {"app"}
    fields = {place.field for place in documents.PLACES} - PROPERTIES.keys()
    assert editable | {"auth_token", "callers", "access_mode", "secrets", "verify_token"} == fields | {
        "provider",
        "scheme",
    }


@pytest.mark.parametrize(
    "document",
    [
        {"path": "/github-webhook", "method": "POST", "auth_token": None},
        {"path": "/api/v1/process", "method": "POST", "auth_token": "secret-api-key"},
        {"path": "/submit-form", "method": "POST", "auth_token": None},
    ],
    ids=lambda value: value["path"],
)
def test_the_sinks_of_the_source_document_are_taken_as_they_stand(app: App, document: dict[str, Any]) -> None:
    sink = made(app, document)
    assert (sink.workflow, sink.active, sink.auth_token) == ("echo", True, document["auth_token"] or "")
    short = documents.without_defaults(documents.of_sink(sink, secrets=True))
    assert short == document | {"workflow": "echo"}


def test_secrets_are_masked_unless_they_are_asked_for(app: App) -> None:
    shown = json.dumps(documents.of_sink(made(app, _EVERYTHING)))
    assert shown.count(documents.MASK) == 7  # both names of the secrets
    for secret in (TOKEN, "h3ader-v4lue", "v3rify me", '"secret-one"', '"secret-two"'):
        assert secret not in shown


def test_a_masked_document_that_is_given_back_changes_nothing(app: App) -> None:
    sink = made(app, _EVERYTHING)
    documents.apply(sink, documents.of_sink(sink))
    assert documents.of_sink(sink, secrets=True) == _EVERYTHING


_NEW = "secret-new"


def test_masks_keep_all_secrets_that_are_set_and_new_ones_follow_them(app: App) -> None:
    sink = made(app, _EVERYTHING)
    documents.apply(sink, {"signature": {"secrets": [documents.MASK, documents.MASK, "secret-new"]}}, partial=True)
    assert sink.secrets == ["secret-one", "secret-two", "secret-new"]


@pytest.mark.parametrize(
    "masked",
    [
        [0],
        ["secret-new", 0],
        ["secret-new", 0, 0],
        [0, "secret-new"],
        [0, "secret-new", 0],
        [0, 0, "secret-new", 0],
        [0, 0, 0],
    ],
    ids=str,
)
def test_masks_that_could_mean_several_secrets_are_refused(app: App, masked: list[Any]) -> None:
    secrets = [documents.MASK if item == 0 else item for item in masked]
    sink = made(app, _EVERYTHING)
    assert faults(sink, {"signature": {"secrets": secrets}}, partial=True) == {
        "signature.secrets": [
            "Masks stand for all 2 secrets that are set, in their order: list 2 of them, then new secrets; "
            "or list all secrets themselves."
        ]
    }
    assert sink.secrets == ["secret-one", "secret-two"]


def test_a_mask_where_nothing_is_set_is_refused(app: App) -> None:
    document = {
        "path": "/masked",
        "auth_token": documents.MASK,
        "signature": {"scheme": "github", "secrets": [documents.MASK]},
    }
    assert faults(Sink(app=app), document) == {
        "auth_token": ["This is the mask of a token, but no token is set: specify the token itself."],
        "signature.secrets": ["These are masks of secrets, but no secret is set: specify the secrets themselves."],
    }


def test_a_secret_of_another_secret_key_is_kept_by_its_mask(app: App) -> None:
    sink = made(app, _EVERYTHING)
    sink.encrypted_token, sink.encrypted_secrets = "not ours", "not ours"
    documents.apply(sink, documents.of_sink(sink))
    assert (sink.encrypted_token, sink.encrypted_secrets) == ("not ours", "not ours")


def test_what_is_left_out_is_as_in_a_new_sink(app: App) -> None:
    sink = made(app, _EVERYTHING)
    documents.apply(sink, {"path": "/orders/{order_id}"})
    assert documents.without_defaults(documents.of_sink(sink, secrets=True)) == {
        "path": "/orders/{order_id}",
        "method": "POST",
        "auth_token": None,
        "workflow": "echo",
    }


@pytest.mark.parametrize(
    "response",
    [
        {"status": 204},
        {"status": 200, "headers": {"Content-Type": "text/xml"}, "body": "<Response/>"},
        {"body": {"text": "on it"}, "failed_status": 500},
        {"failed_status": 400},
    ],
)
def test_a_response_is_given_back_as_it_is_and_null_removes_it(app: App, response: dict[str, Any]) -> None:
    sink = made(app, {"path": "/a", "response": response})
    sink.refresh_from_db()
    assert documents.of_sink(sink)["response"] == response
    empty: list[Any] = [None, {}]
    for nothing in empty:
        documents.apply(sink, {"response": nothing}, partial=True)
        assert documents.of_sink(sink)["response"] is None


def test_an_answer_is_null_unless_it_is_set(app: App) -> None:
    sink = made(app, {"path": "/a"})
    assert documents.of_sink(sink)["answer"] is None
    documents.apply(sink, {"answer": "stream"}, partial=True)
    assert documents.of_sink(sink)["answer"] == "stream"


def test_what_is_left_out_of_a_part_stays(app: App) -> None:
    sink = made(app, _EVERYTHING)
    documents.apply(sink, {"limits": {"queue": 5}, "filter": None}, partial=True)
    changed = {"limits": _EVERYTHING["limits"] | {"queue": 5}, "filter": None}
    assert documents.of_sink(sink, secrets=True) == _EVERYTHING | changed


def test_null_takes_a_whole_group_away(app: App) -> None:
    sink = made(app, _EVERYTHING)
    documents.apply(sink, {"signature": None, "dedupe": None, "cors": None, "deliver_to": None}, partial=True)
    left = documents.of_sink(sink, secrets=True)
    assert (left["signature"], left["cors"], left["deliver_to"]) == (None, {"origins": []}, None)
    assert left["dedupe"] == {"header": None, "body": None, "window": 86400}
    assert sink.encrypted_secrets == ""


_ROW = {
    "kind": "hmac",
    "algorithm": "sha1",
    "name": "X-Shop-Signature",
    "encoding": "base64",
    "signed": "{time}:{body}",
    "time": {"in": "header", "name": "X-Shop-Time", "unit": "ms", "tolerance": 60},
}


def test_a_provider_brings_its_scheme_and_its_delivery_id(app: App) -> None:
    sink = made(app, {"path": "/pay", "provider": "stripe", "secrets": ["whsec_one-two"]})
    assert (sink.provider, sink.scheme, sink.dedupe_body) == ("stripe", None, "id")
    document = documents.of_sink(sink)
    assert document["provider"] == document["signature"]["scheme"] == "stripe"
    assert document["secrets"] == document["signature"]["secrets"] == [documents.MASK]
    assert document["signature"]["tolerance"] == 300
    documents.apply(sink, documents.of_sink(sink))
    assert documents.of_sink(sink, secrets=True)["secrets"] == ["whsec_one-two"]


@pytest.mark.parametrize(
    ("provider", "fields", "answer", "response"),
    [
        ("stripe", {}, "async", None),
        ("stripe", {"answer": "json"}, "json", None),
        ("stripe", {"answer": None}, None, None),
        ("stripe", {"response": {"status": 204}}, None, {"status": 204}),
        ("airtable", {}, None, {"status": 200, "body": ""}),
    ],
)
def test_a_provider_brings_an_answer_that_it_takes_unless_the_document_says_one(
    app: App, provider: str, fields: dict[str, Any], answer: str | None, response: Any
) -> None:
    secret = base64.b64encode(b"a secret of the provider").decode()
    document = {"path": "/pay", "provider": provider, "secrets": [secret]} | fields
    sink = made(app, document)
    assert (sink.answer, sink.response) == (answer, response)
    short = documents.without_defaults(documents.of_sink(sink, secrets=True))
    documents.apply(sink, short)
    assert (sink.answer, sink.response) == (answer, response)


def test_a_document_of_an_earlier_release_sets_the_same_provider(app: App) -> None:
    sink = made(app, {"path": "/pay", "signature": {"scheme": "stripe", "secrets": ["whsec_one-two"], "tolerance": 60}})
    assert (sink.provider, sink.tolerance, sink.dedupe_body) == ("stripe", 60, "")
    short = documents.without_defaults(documents.of_sink(sink, secrets=True))
    assert (short["provider"], short["secrets"], short["signature"]) == ("stripe", ["whsec_one-two"], {"tolerance": 60})
    documents.apply(sink, short)
    assert documents.without_defaults(documents.of_sink(sink, secrets=True)) == short


def test_a_scheme_of_the_sinks_own_comes_back_as_it_was(app: App) -> None:
    sink = made(app, {"path": "/shop", "signature": _ROW, "secrets": ["s3cret-0ne"]})
    document = documents.of_sink(sink, secrets=True)
    assert (document["signature"], document["secrets"], document["provider"]) == (_ROW, ["s3cret-0ne"], None)
    short = documents.without_defaults(document)
    assert (short["signature"], short["secrets"]) == (_ROW, ["s3cret-0ne"])
    for given in (document, documents.of_sink(sink), short):
        documents.apply(sink, given)
        assert documents.of_sink(sink, secrets=True) == document


@pytest.mark.parametrize(
    ("fields", "place", "reason"),
    [
        ({"provider": "githup", "secrets": ["s3cret-0ne"]}, "provider", "'githup' is no provider"),
        ({"provider": "github"}, "provider", "This scheme needs a signing secret"),
        (
            {"provider": "github", "signature": {"scheme": "stripe", "secrets": ["secret-a"]}},
            "provider",
            "This differs from signature.scheme",
        ),
        ({"signature": _ROW | {"signed": "{time}"}, "secrets": ["s3cret-0ne"]}, "signature", "the body is not signed"),
        ({"signature": _ROW | {"signed": "{nonce}"}, "secrets": ["s3cret-0ne"]}, "signature", "signed: {nonce} is not"),
        ({"signature": _ROW | {"kind": "rot13"}, "secrets": ["s3cret-0ne"]}, "signature", "kind: Input should be"),
        ({"signature": _ROW | {"mode": "fast"}, "secrets": ["s3cret-0ne"]}, "signature", "mode: Extra inputs"),
        ({"provider": "standard", "secrets": ["no base64!"]}, "secrets", "Secret 1: it is not base64"),
        ({"public_url": "hub.example.com"}, "public_url", "Enter a full URL"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value)[:30],
)
def test_a_fault_of_the_signature_is_reported_at_the_name_that_the_document_uses(
    app: App, fields: dict[str, Any], place: str, reason: str
) -> None:
    found = faults(Sink(app=app), {"path": "/refused"} | fields)
    assert list(found) == [place]
    assert " ".join(found[place]).startswith(reason)


def test_secrets_that_are_kept_must_fit_another_scheme(app: App) -> None:
    sink = made(app, {"path": "/orders", "signature": {"scheme": "github", "secrets": ["no base64!"]}})
    found = faults(sink, {"signature": {"scheme": "standard"}}, partial=True)
    assert list(found) == ["signature.secrets"]
    assert found["signature.secrets"][0].startswith("Secret 1: it is not base64")


_REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown": ({"paht": "/a"}, "paht", "Unknown field of a sink. Known are: path, method, auth_token,"),
    "unknown-inside": ({"limits": {"rte": "5/s"}}, "limits.rte", "Unknown field of 'limits'. Known are: rate, concu"),
    "path-missing": ({"path": None}, "path", "This field cannot be blank."),
    "path": ({"path": "a"}, "path", "A path must start with '/': write '/a'."),
    "kind": ({"timeout": "300"}, "timeout", "This is a text, but must be a number."),
    "kind-bool": ({"timeout": True}, "timeout", "This is true or false, but must be a number."),
    "kind-whole": ({"limits": {"queue": 1.5}}, "limits.queue", "This is a number, but must be a whole number."),
    "kind-group": (
        {"limits": ["5/s"]},
        "limits",
        "This is a list, but must be an object with rate, concurrency, queue, body, rate_per",
    ),
    "kind-token": ({"auth_token": 4711}, "auth_token", "This is a number, but must be a text."),
    "kind-item": (
        {"cors": {"origins": [1]}},
        "cors.origins",
        "The list contains a number, but must contain only texts.",
    ),
    "large": ({"timeout": 10**400}, "timeout", "This number is too large."),
    "nan": ({"timeout": float("nan")}, "timeout", "The value contains NaN or an infinity"),
    "nul": ({"description": "a\0b"}, "description", "The value contains a NUL or a lone surrogate"),
    "surrogate": ({"options": {"a": "\ud800"}}, "options", "The value contains a NUL or a lone surrogate"),
    "choice": ({"answer": "xml"}, "answer", "Value 'xml' is not a valid choice. Choose one of: stream, json, async."),
    "response": (
        {"response": {"code": 200}},
        "response",
        "Unknown field 'code'. Known are: status, headers, body, fai",
    ),
    "response-none": ({"response": {"status": None}}, "response", "Set a status, a body, or failed_status"),
    "response-kind": ({"response": 204}, "response", "This is a number, but must be an object."),
    "response-status": ({"response": {"status": 99}}, "response", "The status must be a number from 200 to 599"),
    "response-body": ({"response": {"status": 204, "body": "a"}}, "response", "A response with the status 204 has no"),
    "response-header": (
        {"response": {"headers": {"Set-Cookie": "a=b"}, "body": "a"}},
        "response",
        "The header field Set-Cookie is not allowed.",
    ),
    "response-nul": ({"response": {"body": "a\0b"}}, "response", "The value contains a NUL or a lone surrogate"),
    "response-large": ({"response": {"body": "a" * 1_100_000}}, "response", "The response has 11"),
    "response-failed": ({"response": {"failed_status": 200}}, "response", "failed_status must be a number from 400 to"),
    "response-signal": (
        {"response": {"status": 204}, "deliver_to": {"signal": "paid", "key": "body.id"}},
        "response",
        "Deliveries that are sent as signals get 202",
    ),
    "scheme": (
        {"signature": {"scheme": "zom"}},
        "signature.scheme",
        "'zom' is no provider that SinkHub knows. Did you mean zoom?",
    ),
    "no-secret": ({"signature": {"scheme": "github"}}, "signature.scheme", "This scheme needs a signing secret"),
    "workflow": ({"workflow": "no-such"}, "workflow", "No workflow 'no-such' is installed. Choose one of: "),
    "option": ({"options": {"x": 1}}, "options", "x: unknown option (known are: headers)"),
    "rate": ({"limits": {"rate": "fast"}}, "limits.rate", "A rate is a number of runs per time: 5/s"),
    "filter": ({"filter": "a b"}, "filter", "This is not a JMESPath expression"),
    "name": ({"filter": "action == 'opened'"}, "filter", "A delivery has no 'action'. It has: method, path,"),
    "payload": ({"payload": 'headers."X-Kind"'}, "payload", "The names of header fields are in lower case"),
    "no-key": ({"deliver_to": {"signal": "paid"}}, "deliver_to.key", "Enter the expression for the signal's key"),
    "no-signal": ({"deliver_to": {"key": "body.id"}}, "deliver_to.signal", "Enter the name of the signal, or remove"),
    "key": ({"deliver_to": {"signal": "paid", "key": "a b"}}, "deliver_to.key", "This is not a JMESPath expression"),
    "signal": (
        {"deliver_to": {"signal": "a\n", "key": "body.a"}},
        "deliver_to.signal",
        "The name of a signal must",
    ),
    "engine": ({"engine": "celery"}, "engine", "Value 'celery' is not a valid choice. Choose one of: local, procras"),
    "priority": ({"priority": 101}, "priority", "Ensure this value is less than or equal to 100."),
    "priority-low": ({"priority": -101}, "priority", "Ensure this value is greater than or equal to -100."),
    "priority-kind": ({"priority": "high"}, "priority", "This is a text, but must be a whole number."),
}


@pytest.mark.parametrize("name", _REFUSED)
def test_it_says_what_is_wrong_at_its_place(app: App, name: str) -> None:
    fields, place, reason = _REFUSED[name]
    found = faults(Sink(app=app), {"path": "/refused"} | fields)
    assert list(found) == [place]
    assert " ".join(found[place]).startswith(reason)


def test_all_faults_are_told_at_once(app: App) -> None:
    document = {"path": "x", "timeout": "1", "limits": {"rate": "fast", "queue": 5}, "nothing": 1}
    assert list(faults(Sink(app=app), document)) == ["nothing", "timeout", "path", "limits.rate", "limits.queue"]


def test_a_token_that_is_refused_is_not_said(app: App) -> None:
    document = {"path": "/a", "auth_token": f"{TOKEN} {TOKEN}", "signature": {"scheme": "standard", "secrets": [TOKEN]}}
    found = faults(Sink(app=app), document)
    assert list(found) == ["auth_token", "signature.secrets"]
    assert TOKEN not in json.dumps(found)


def test_an_address_that_is_taken_is_refused_at_the_path(app: App) -> None:
    made(app, {"path": "/a/{b}"})
    assert faults(Sink(app=app), {"path": "/a/{c}/"}) == {"path": ["This app already has a sink for POST /a/{b}."]}


def test_an_app_is_read_and_written_too() -> None:
    app = App()
    documents.apply_app(app, {"app_id": "app_x", "name": "Shop"})
    app.save()
    documents.apply_app(app, {"active": False}, partial=True)
    keep = {"runs_days": None, "bodies_days": None, "runs": None}
    assert documents.of_app(app) == {"app_id": "app_x", "name": "Shop", "active": False, "keep": keep}


def test_an_app_id_that_is_an_address_of_sinkhub_is_refused() -> None:
    with pytest.raises(ValidationError) as refused:
        documents.apply_app(App(), {"app_id": "admin"})
    assert documents.messages(refused.value, App) == {
        "app_id": ["'admin' is reserved for SinkHub's own URLs: choose another id."]
    }
