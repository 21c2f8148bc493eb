"""Handshakes: each provider's request gets exactly the answer that the provider wants, and nobody else gets one."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from sinks.handshakes.documents import InvalidHandshake, read
from sinks.handshakes.handshake import Answer, Handshakes, WrongConfirmation, WrongVerifyToken
from sinks.handshakes.of_sink import select
from sinks.handshakes.values import Delivery, Known
from sinks.webhooks import registry

SECRET = "the-secret-4711"
TOKEN = "verify-me-4711"
URL = "https://hub.example.com/app_x/in"
JSON = ("content-type", "application/json")
_C = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
Headers = dict[str, str]


def _hmac(text: str) -> bytes:
    return hmac.digest(SECRET.encode(), text.encode(), "sha256")


def known(verify_token: str = TOKEN, secret: str = SECRET, url: str = URL) -> Known:
    return Known(lambda: verify_token, lambda: secret, lambda: url)


def request(method: str = "POST", query: str = "", headers: Headers | None = None, body: Any = b"") -> Delivery:
    if not isinstance(body, bytes):
        headers, body = {"content-type": "application/json", **(headers or {})}, json.dumps(body).encode()
    fields = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    return Delivery(method, query.encode(), fields, body)


def answer(handshakes: Handshakes | None, delivery: Delivery, *, signed: bool = True, **values: str) -> Answer | None:
    """Return the answer to a request, in the order in which a sink asks."""
    assert handshakes is not None
    for one in (*handshakes.early, *handshakes.before, *(handshakes.after if signed else ())):
        if one.matches(delivery) and (found := one.answer(delivery, known(**values))) is not None:
            return found
    return None


def of(provider_id: str, *, verify_token: bool = True) -> Handshakes | None:
    provider = registry.find(provider_id)
    assert provider is not None
    return select(provider.handshakes, has_verify_token=verify_token)


def get(query: str, headers: Headers | None = None) -> Delivery:
    return request("GET", query, headers)


_META = f"hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={TOKEN}"
_PONG: tuple[int, Headers, bytes] = (200, {}, b'{"pong":true}')
_EMPTY: tuple[int, Headers, bytes] = (200, {}, b"")
# By provider and name: the request, and the status, further fields and body of the answer.
CASES: dict[tuple[str, str], tuple[Delivery, tuple[int, Headers, Any]]] = {
    ("adobe-sign", "verification"): (
        get("", {"x-adobesign-clientid": "CBJCHBCAABAAo6"}),
        (200, {"x-adobesign-clientid": "CBJCHBCAABAAo6"}, {"xAdobeSignClientId": "CBJCHBCAABAAo6"}),
    ),
    ("asana", "hook_secret"): (
        request(headers={"x-hook-secret": "b537207f20cbfa02357cf448134da559"}, body={}),
        (200, {"x-hook-secret": "b537207f20cbfa02357cf448134da559"}, b""),
    ),
    ("aws-sns", "subscription_confirmation"): (
        request(headers={"content-type": "text/plain; charset=UTF-8"}, body={"Type": "SubscriptionConfirmation"}),
        _EMPTY,
    ),
    ("azure-eventgrid", "subscription_validation"): (
        request(
            headers={"aeg-event-type": "SubscriptionValidation"},
            body=[{"id": "2d1781af", "data": {"validationCode": "512d38b6-c7b8"}}],
        ),
        (200, {}, {"validationResponse": "512d38b6-c7b8"}),
    ),
    ("azure-eventgrid", "cloudevents_options"): (
        request("OPTIONS", headers={"webhook-request-origin": "eventgrid.azure.net"}),
        (200, {"webhook-allowed-origin": "eventgrid.azure.net", "webhook-allowed-rate": "120"}, b""),
    ),
    ("bitbucket", "ping"): (request(headers={"x-event-key": "diagnostics:ping"}, body={"test": True}), _PONG),
    ("buildkite", "ping"): (request(headers={"x-buildkite-event": "ping"}, body={"event": "ping"}), _PONG),
    ("buildkite-token", "ping"): (request(headers={"x-buildkite-event": "ping"}, body={"event": "ping"}), _PONG),
    ("cal", "ping"): (request(body={"triggerEvent": "PING", "payload": {}}), _EMPTY),
    ("circleci", "ping"): (request(headers={"circleci-event-type": "ping"}, body={"type": "ping"}), _PONG),
    ("discord", "ping"): (request(body={"id": "8464", "token": "a", "type": 1}), (200, {}, {"type": 1})),
    ("discord-events", "ping"): (request(body={"version": 1, "application_id": "12", "type": 0}), (204, {}, b"")),
    ("dropbox", "challenge"): (get(f"challenge={_C}"), (200, {}, _C.encode())),
    ("ebay", "challenge"): (
        get("challenge_code=a8628072-3d33"),
        (200, {}, {"challengeResponse": hashlib.sha256(f"a8628072-3d33{TOKEN}{URL}".encode()).hexdigest()}),
    ),
    ("exact-online", "empty"): (request(), _EMPTY),
    ("figma", "ping"): (request(body={"event_type": "PING", "passcode": "p", "webhook_id": "22"}), _EMPTY),
    ("front", "challenge"): (request(headers={"x-front-challenge": _C}, body={"type": "sync"}), (200, {}, _C.encode())),
    ("github", "ping"): (request(headers={"x-github-event": "ping"}, body={"zen": "Keep it logically."}), _PONG),
    ("google-channel", "sync"): (request(headers={"x-goog-resource-state": "sync"}), _EMPTY),
    ("intercom", "ping"): (request(body={"type": "notification_event", "topic": "ping"}), _EMPTY),
    ("lark", "challenge"): (
        request(body={"challenge": _C, "token": SECRET, "type": "url_verification"}),
        (200, {}, {"challenge": _C}),
    ),
    ("linkedin", "challenge"): (
        get("challengeCode=890e4665-4dfe-4ab1-b689-ed553bceeed0"),
        (
            200,
            {},
            {
                "challengeCode": "890e4665-4dfe-4ab1-b689-ed553bceeed0",
                "challengeResponse": _hmac("890e4665-4dfe-4ab1-b689-ed553bceeed0").hex(),
            },
        ),
    ),
    ("mailchimp", "verification"): (get(""), _EMPTY),
    ("mandrill", "probe"): (request("HEAD"), _EMPTY),
    ("meta", "verification"): (get(_META), (200, {}, b"1158201444")),
    ("meta-threads", "verification"): (get(_META), (200, {}, b"1158201444")),
    ("monday", "challenge"): (request(body={"challenge": _C}), (200, {}, {"challenge": _C})),
    ("ms-graph", "validation"): (
        request(
            query="validationToken=Validation%3A+Testing+client%20application", headers={"content-type": "text/plain"}
        ),
        (200, {}, b"Validation: Testing client application"),
    ),
    ("notion", "verification_token"): (request(body={"verification_token": "secret_tMrlL1qK5vuQ"}), _EMPTY),
    ("nylas", "challenge"): (get(f"challenge={_C}"), (200, {}, _C.encode())),
    ("okta", "verification"): (
        get("", {"x-okta-verification-challenge": "vg29z0d6"}),
        (200, {}, {"verification": "vg29z0d6"}),
    ),
    ("onfleet", "check"): (get("check=abc123"), (200, {}, b"abc123")),
    ("oura", "challenge"): (get(f"verification_token={TOKEN}&challenge={_C}"), (200, {}, {"challenge": _C})),
    ("pagerduty", "ping"): (request(body={"event": {"id": "01", "event_type": "pagey.ping"}}), (204, {}, b"")),
    ("ringcentral", "validation"): (
        request(headers={"validation-token": "8dd0cbe7-8b74"}),
        (200, {"validation-token": "8dd0cbe7-8b74"}, b""),
    ),
    ("sharepoint", "validation"): (request(query="validationtoken=4e80-a%2Bb"), (200, {}, b"4e80-a+b")),
    ("slack", "challenge"): (
        request(body={"token": "t", "challenge": _C, "type": "url_verification"}),
        (200, {}, _C.encode()),
    ),
    ("smartcar", "verify"): (
        request(body={"eventType": "VERIFY", "data": {"challenge": "3a5c8f72-e6d9"}}),
        (200, {}, {"challenge": _hmac("3a5c8f72-e6d9").hex()}),
    ),
    ("smartcar", "verify_v2"): (
        request(body={"eventName": "verify", "payload": {"challenge": "3a5c8f72-e6d9"}}),
        (200, {}, {"challenge": _hmac("3a5c8f72-e6d9").hex()}),
    ),
    ("smartsheet", "challenge"): (
        request(headers={"smartsheet-hook-challenge": "2f0b"}, body={"challenge": "2f0b", "webhookId": 45}),
        (200, {"smartsheet-hook-response": "2f0b"}, {"smartsheetHookResponse": "2f0b"}),
    ),
    ("strava", "verification"): (get(_META), (200, {}, {"hub.challenge": "1158201444"})),
    ("terraform", "verification"): (request(body={"notifications": [{"trigger": "verification"}]}), _EMPTY),
    ("trello", "probe"): (request("HEAD"), _EMPTY),
    ("twitch", "challenge"): (
        request(
            headers={"twitch-eventsub-message-type": "webhook_callback_verification"},
            body={"challenge": "pogchamp-kappa-360noscope-vohiyo", "subscription": {}},
        ),
        (200, {}, b"pogchamp-kappa-360noscope-vohiyo"),
    ),
    ("vercel-log-drain", "verification"): (get(""), (200, {"x-vercel-verify": TOKEN}, b"")),
    ("vercel-log-drain", "verification_post"): (request(body={}), (200, {"x-vercel-verify": TOKEN}, b"")),
    ("viber", "webhook"): (request(body={"event": "webhook", "timestamp": 1790000000000}), _EMPTY),
    ("websub", "verification"): (
        get("hub.mode=unsubscribe&hub.topic=https%3A%2F%2Fexample.com%2Ffeed&hub.challenge=abc"),
        (200, {}, b"abc"),
    ),
    ("woocommerce", "ping"): (
        request(headers={"content-type": "application/x-www-form-urlencoded"}, body=b"webhook_id=12"),
        _EMPTY,
    ),
    ("x-twitter", "crc"): (
        get("crc_token=MDlmYTQ4YmUtNjQ1Mg%3D%3D"),
        (200, {}, {"response_token": "sha256=" + base64.b64encode(_hmac("MDlmYTQ4YmUtNjQ1Mg==")).decode()}),
    ),
    ("zoom", "url_validation"): (
        request(body={"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}}),
        (
            200,
            {},
            {
                "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
                "encryptedToken": _hmac("qgg8vlvZRS6UYooatFL8Aw").hex(),
            },
        ),
    ),
}


def test_every_handshake_of_every_provider_is_tried_here() -> None:
    handshakes = {(provider.id, one.name) for provider in registry.all_providers() for one in provider.handshakes}
    assert handshakes == CASES.keys()


@pytest.mark.parametrize(("provider_id", "name"), CASES)
def test_the_provider_gets_the_answer_that_it_wants(provider_id: str, name: str) -> None:
    delivery, (status, headers, body) = CASES[provider_id, name]
    found = answer(of(provider_id), delivery)
    assert found is not None and found.name == name
    assert (found.status, {key.decode(): value.decode() for key, value in found.headers}) == (status, headers)
    if isinstance(body, bytes) and not body.startswith(b"{"):
        assert found.body == body
        assert found.content_type == b"text/plain; charset=utf-8"
    else:
        assert json.loads(found.body) == (json.loads(body) if isinstance(body, bytes) else body)
        assert found.content_type == b"application/json"


@pytest.mark.parametrize("provider_id", sorted({provider_id for provider_id, _ in CASES}))
def test_the_example_of_the_provider_is_no_handshake(provider_id: str) -> None:
    provider = registry.find(provider_id)
    assert provider is not None
    example = provider.example
    delivery = request(example.method, example.query, example.headers, example.body.encode())
    assert answer(of(provider_id), delivery) is None


# What requires the signature, and what does not.


@pytest.mark.parametrize("provider_id", ["github", "slack", "zoom", "discord", "twitch", "aws-sns"])
def test_a_handshake_that_the_provider_signs_is_not_answered_unsigned(provider_id: str) -> None:
    (delivery,) = [case[0] for (found, _), case in CASES.items() if found == provider_id]
    assert answer(of(provider_id), delivery, signed=False) is None


@pytest.mark.parametrize("provider_id", ["meta", "strava", "oura"])
def test_a_wrong_verify_token_is_refused(provider_id: str) -> None:
    (delivery,) = [case[0] for (found, _), case in CASES.items() if found == provider_id]
    query = delivery.query_string.decode()
    for wrong in (query.replace(TOKEN, "wrong"), query.replace(TOKEN, ""), query.replace(f"={TOKEN}", "=%FF")):
        with pytest.raises(WrongVerifyToken):
            answer(of(provider_id), get(wrong))


def test_a_repeated_verify_token_is_refused() -> None:
    with pytest.raises(WrongVerifyToken):
        answer(of("meta"), get(f"{_META}&hub.verify_token=wrong"))


@pytest.mark.parametrize("provider_id", ["meta", "strava", "oura", "ebay", "vercel-log-drain"])
def test_a_sink_without_a_verify_token_does_not_answer_what_needs_one(provider_id: str) -> None:
    delivery = next(case[0] for (found, _), case in CASES.items() if found == provider_id)
    assert of(provider_id, verify_token=False) is None
    assert answer(of(provider_id), delivery, verify_token="") is None


def test_a_sink_that_only_has_a_verify_token_answers_metas_verification() -> None:
    assert select((), has_verify_token=False) is None
    found = answer(select((), has_verify_token=True), get(_META))
    assert found is not None and (found.name, found.body) == ("verification", b"1158201444")
    github = registry.find("github")
    assert github is not None
    found = answer(select(github.handshakes, has_verify_token=True), get(_META))
    assert found is not None and found.name == "verification"


def test_an_answer_with_the_address_needs_the_address() -> None:
    assert answer(of("ebay"), CASES["ebay", "challenge"][0], url="") is None


def test_an_answer_with_an_hmac_needs_a_secret() -> None:
    assert answer(of("x-twitter"), CASES["x-twitter", "crc"][0], secret="") is None


# An HMAC of any text would sign deliveries: X signs the body alone, with the same key.


@pytest.mark.parametrize(
    "text",
    ['{"for_user_id":"1"}', "[]", "v0:1790000000:{}", 'hmacsha256={"a":1}', "a b", "a=b", "a&b", "ä", "x" * 501, '"a"'],
)
@pytest.mark.parametrize(
    ("provider_id", "make"),
    [
        ("x-twitter", lambda text: Delivery("GET", b"crc_token=" + _quoted(text), [])),
        ("linkedin", lambda text: Delivery("GET", b"challengeCode=" + _quoted(text), [])),
        ("smartcar", lambda text: request(body={"eventType": "VERIFY", "data": {"challenge": text}})),
    ],
)
def test_a_challenge_cannot_be_used_to_sign_a_delivery(provider_id: str, make: Any, text: str) -> None:
    assert answer(of(provider_id), make(text)) is None


def _quoted(text: str) -> bytes:
    return "".join(f"%{byte:02X}" for byte in text.encode()).encode()


# Echoed values.


def test_a_challenge_that_is_a_page_is_sent_as_text() -> None:
    found = answer(of("dropbox"), get("challenge=%3Cscript%3Ealert(1)%3C/script%3E"))
    assert found is not None
    assert (found.body, found.content_type) == (b"<script>alert(1)</script>", b"text/plain; charset=utf-8")


@pytest.mark.parametrize("text", ["", "x" * 1001, "a%0D%0Ab", "a%00b", "a%1Bb", "%E2%80%AEa", "%7F"])
def test_a_challenge_that_is_empty_long_or_not_printable_is_not_echoed(text: str) -> None:
    for provider_id in ("dropbox", "nylas"):
        assert answer(of(provider_id), get(f"challenge={text}")) is None
    assert answer(of("ms-graph"), request(query=f"validationToken={text}")) is None


@pytest.mark.parametrize("challenge", [None, 1, True, ["a"], {"a": "b"}, "", "a\nb", "\ud800", "x" * 1001])
def test_a_challenge_in_json_that_is_no_such_text_is_not_echoed(challenge: Any) -> None:
    assert answer(of("slack"), request(body={"type": "url_verification", "challenge": challenge})) is None
    assert answer(of("monday"), request(body={"challenge": challenge})) is None


@pytest.mark.parametrize("value", ["a\r\nset-cookie: a=b", "a\nb", "a\x00b", "a\tb", "\x7f", "\xe9", "x" * 1001])
def test_a_header_is_not_echoed_with_characters_that_could_end_it(value: str) -> None:
    for provider_id, name in (("ringcentral", b"validation-token"), ("asana", b"x-hook-secret")):
        delivery = Delivery("POST", b"", [(name, value.encode("latin-1"))])
        assert answer(of(provider_id), delivery) is None


def test_a_value_from_the_body_cannot_end_a_header() -> None:
    handshakes = read(
        [
            {
                "name": "a",
                "when": {"json": {"c": True}},
                "after_signature": False,
                "answer": {"headers": {"x-challenge": "{json:c}"}},
            }
        ]
    )
    for text in ("a\r\nb", "é", " a", "a "):
        assert answer(Handshakes.of(handshakes), request(body={"c": text})) is None
    assert answer(Handshakes.of(handshakes), request(body={"c": "a b"})) is not None


def test_values_in_json_are_escaped() -> None:
    found = answer(of("monday"), request(body={"challenge": '","admin":"1'}))
    assert found is not None and json.loads(found.body) == {"challenge": '","admin":"1'}


def test_a_repeated_parameter_header_or_name_is_no_challenge() -> None:
    assert answer(of("dropbox"), get("challenge=a&challenge=b")) is None
    twice = [(b"x-front-challenge", b"a"), (b"x-front-challenge", b"b")]
    assert answer(of("front"), Delivery("POST", b"", twice, b"{}")) is None
    body = b'{"type": "event", "type": "url_verification", "challenge": "a"}'
    assert answer(of("slack"), request(body=body)) is None


@pytest.mark.parametrize(
    "body",
    [
        b"url_verification",
        b"[" * 20_000 + b'"url_verification"',
        b'{"type": "event_callback", "text": "url_verification"}',
        b'{"type": ["url_verification"], "challenge": "a"}',
        b'{"type": "url_verification", "challenge": "a"} ' + b" " * 65_536,
        b'\xff{"type": "url_verification", "challenge": "a"}',
        b'{"type": "url_verification"}',
    ],
)
def test_what_only_looks_like_a_challenge_is_none(body: bytes) -> None:
    assert answer(of("slack"), request(body=body)) is None


def test_a_number_is_no_other_kind_of_value() -> None:
    for value in (True, "1", 1.0, [1], None):
        assert answer(of("discord"), request(body={"type": value})) is None


# Confirmations and secrets.


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=23",
        "https://sns.cn-north-1.amazonaws.com.cn/?Action=ConfirmSubscription",
        "https://sns.us-east-1.amazonaws.com:443/",
    ],
)
def test_the_url_of_a_confirmation_is_the_providers(url: str) -> None:
    assert _confirmation(url) == (url, "arn:aws:sns:eu-west-1:1:t")


@pytest.mark.parametrize(
    "url",
    [
        None,
        7,
        "",
        "http://sns.eu-west-1.amazonaws.com/",
        "https://sns.eu-west-1.amazonaws.com.evil.example/",
        "https://evil.example/sns.eu-west-1.amazonaws.com",
        "https://sns.evil.example.amazonaws.com/",
        "https://sns..amazonaws.com/",
        "https://s3.eu-west-1.amazonaws.com/",
        "https://user@sns.eu-west-1.amazonaws.com/",
        "https://sns.eu-west-1.amazonaws.com@evil.example/",
        "https://sns.eu-west-1.amazonaws.com:8443/",
        "https://sns.eu-west-1.amazonaws.com:port/",
        "https://evil.example\\@sns.eu-west-1.amazonaws.com/",
        "https://sns.eu-west-1.amazonaws.com/\r\nhost: evil.example",
        "https://sns.eu-west-1.amazonaws.com/ HTTP/1.1",
        "https://sn\u017f.eu-west-1.amazonaws.com/",
        "https://[::1",
        "ftp://sns.eu-west-1.amazonaws.com/",
        "https://sns.eu-west-1.amazonaws.com/" + "a" * 2000,
    ],
)
def test_another_url_is_not_confirmed(url: Any) -> None:
    with pytest.raises(WrongConfirmation):
        _confirmation(url)


def _confirmation(url: Any) -> tuple[str, str]:
    handshakes = of("aws-sns")
    assert handshakes is not None
    (one,) = handshakes.after
    body = {"Type": "SubscriptionConfirmation", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "SubscribeURL": url}
    delivery = request(body=body)
    assert one.matches(delivery)
    return one.confirmation(delivery)


def test_a_type_that_is_not_signed_makes_no_confirmation() -> None:
    headers = {"x-amz-sns-message-type": "SubscriptionConfirmation"}
    notification = request(
        headers=headers, body={"Type": "Notification", "SubscribeURL": "https://sns.a.amazonaws.com/"}
    )
    assert answer(of("aws-sns"), notification) is None


@pytest.mark.parametrize("secret", ["short", "with a space", "x" * 501, "tab\there", "é" * 8, 12345678, None])
def test_what_is_not_fit_to_be_a_secret_is_none(secret: Any) -> None:
    handshakes = of("notion")
    assert handshakes is not None and handshakes.takes_secret
    (one,) = handshakes.before
    assert one.received_secret(request(body={"verification_token": secret})) is None
    assert one.received_secret(request(body={"verification_token": "secret_12"})) == "secret_12"


# Documents.


def _row(**changes: Any) -> dict[str, Any]:
    return {"name": "a", "when": {"query": {"c": True}}, "answer": {"body": "{query:c}"}, **changes}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "A B"}, r"handshakes\[0\].name"),
        ({"after_signature": "no"}, r"handshakes\[0\].after_signature"),
        ({"when": None}, r"handshakes\[0\].when: it must be an object"),
        ({"when": {"method": "TRACE"}}, r"handshakes\[0\].when.method"),
        ({"when": {"path": "/"}}, r"handshakes\[0\].when.path: unknown"),
        ({"when": {"empty_body": False}}, r"handshakes\[0\].when.empty_body"),
        ({"when": {"header": {"X-A": True}}}, r"handshakes\[0\].when.header.X-A: write the header"),
        ({"when": {"json": {"a..b": True}}}, r"handshakes\[0\].when.json.a..b"),
        ({"when": {"query": {"c": 1}}}, r"handshakes\[0\].when.query.c: it must be true"),
        ({"when": {"query": {"c": []}}}, r"handshakes\[0\].when.query.c: it must be true"),
        ({"check": {"cookie": "c"}}, r"handshakes\[0\].check: 'cookie' is none of"),
        ({"check": {"query": "a", "form": "b"}}, r"handshakes\[0\].check: it must name one value"),
        ({"secret": {"header": "x-s"}}, r"handshakes\[0\].secret: .*after_signature: false"),
        (
            {"confirm": {"json": "u", "hosts": ["a.example.com"]}, "after_signature": False},
            r"handshakes\[0\].confirm: it must be signed",
        ),
        ({"confirm": {"json": "u"}}, r"handshakes\[0\].confirm.hosts"),
        ({"confirm": {"json": "u", "hosts": ["*"]}}, r"handshakes\[0\].confirm.hosts"),
        ({"confirm": {"json": "u", "hosts": ["*.com"]}}, r"handshakes\[0\].confirm.hosts"),
        ({"answer": {"status": 302}}, r"handshakes\[0\].answer.status"),
        ({"answer": {"type": "text/html"}}, r"handshakes\[0\].answer.type"),
        ({"answer": {"type": "image/svg+xml"}}, r"handshakes\[0\].answer.type"),
        ({"answer": {"status": 204, "body": "a"}}, r"handshakes\[0\].answer.body"),
        ({"answer": {"body": "{cookie:a}"}}, r"handshakes\[0\].answer.body: \{cookie:a\}"),
        ({"answer": {"body": "{"}}, r"handshakes\[0\].answer.body: .*brace"),
        ({"answer": {"body": "{hmac-sha256-hex:}"}}, r"handshakes\[0\].answer.body: .*needs a value"),
        ({"answer": {"body": "{hmac-md4-hex:query:c}"}}, r"handshakes\[0\].answer.body"),
        ({"answer": {"body": {"a": "b"}}}, r"handshakes\[0\].answer.body: .*application/json"),
        ({"answer": {"type": "application/json", "body": "{"}}, r"handshakes\[0\].answer.body"),
        ({"answer": {"type": "application/json", "body": {"a": ["{x}"]}}}, r"handshakes\[0\].answer.body.a\[0\]"),
        ({"answers": {}}, r"handshakes\[0\].answers: unknown"),
    ],
)
def test_a_fault_in_a_document_is_named_with_its_place(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidHandshake, match=message):
        read([_row(**changes)])


@pytest.mark.parametrize(
    "name",
    [
        "set-cookie",
        "clear-site-data",
        "access-control-allow-origin",
        "connection",
        "transfer-encoding",
        "content-length",
        "content-type",
        "location",
        "www-authenticate",
        "content-security-policy",
        "x-accel-redirect",
        "x-sendfile",
        "x-content-type-options",
        "x-frame-options",
        "x-run-id",
        "x-a\r\nset-cookie",
    ],
)
def test_a_handshake_sets_only_harmless_headers(name: str) -> None:
    with pytest.raises(InvalidHandshake, match="must not set this header"):
        read([_row(answer={"headers": {name: "a"}})])


def test_an_answer_in_json_can_be_written_as_text_too() -> None:
    body = '{"challenge": "{query:c}", "n": [1, null, true]}'
    (one,) = read([_row(answer={"type": "application/json", "body": body})])
    found = one.answer(request(query="c=a%22b"), known())
    assert found is not None and json.loads(found.body) == {"challenge": 'a"b', "n": [1, None, True]}
