"""Callers of a sink: which credentials and addresses are admitted, and what is recorded of them."""

import asyncio
import json
import time
from base64 import b64encode
from datetime import timedelta
from typing import Any, cast

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.exceptions import ValidationError
from django.utils import timezone
from jwt.algorithms import RSAAlgorithm

from sinks import registrations
from sinks.access import authorization
from sinks.access.jwks import FetchFailed, KeySets
from sinks.config import documents
from sinks.models import App, Sink
from sinks.routing import directory
from sinks.routing.matching import Entry
from sinks.trigger import rate_limits, sender
from sinks.trigger.checks import apply
from sinks.trigger.incoming import Incoming, read_fields
from sinks.trigger.refusals import Refused

pytestmark = pytest.mark.django_db

TOKEN, OLD, PASSWORD = "the-n3w-t0ken", "the-0ld-t0ken", "pass:w0rd é"
KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
SHARED = "a shared secret of more than 32 bytes"
URL = "https://issuer.example/jwks.json"
BASIC = 'Basic realm="SinkHub", charset="UTF-8"'
CHECKS = (read_fields, sender.check_client_rate, sender.check_token)

BEARER_ENTRY = {"kind": "bearer", "tokens": [OLD, TOKEN]}
BASIC_ENTRY = {"kind": "basic", "users": {"shop": PASSWORD, "store": "other-password"}}
HEADER_ENTRY = {"kind": "header", "name": "X-Gitlab-Token", "values": [OLD, TOKEN]}
QUERY_ENTRY = {"kind": "query", "name": "the key", "values": [f"{TOKEN} & é"]}
JWT_ENTRY = {"kind": "jwt", "algorithms": ["HS256"], "key": SHARED, "audience": "hub"}


class Noted:
    """Stands for the outcomes: the requests that were only logged."""

    def __init__(self) -> None:
        self.logged: list[tuple[int, str]] = []

    def would_refuse(self, sink_id: int, status: int, reason: str, client: str) -> None:
        self.logged.append((status, reason))


@pytest.fixture
def app() -> App:
    return App.objects.create(app_id="app_callers")


def stored(app: App, access: Any = None, **fields: Any) -> Sink:
    sink = Sink(app=app)
    documents.apply(sink, {"path": "/called", "access": access, **fields})
    sink.save()
    return sink


def entry_of(sink: Sink) -> Entry:
    return directory.load().by_id[sink.pk]


def entry(app: App, *entries: Any, ip: tuple[str, ...] = (), mode: str = "enforce", **fields: Any) -> Entry:
    return entry_of(stored(app, {"any": list(entries), "ip": list(ip), "mode": mode}, **fields))


def scope_of(headers: dict[str, str] | list[tuple[str, str]], query: str, client: str) -> dict[str, Any]:
    pairs = headers.items() if isinstance(headers, dict) else headers
    return {
        "method": "POST",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in pairs],
        "client": (client, 1) if client else None,
    }


def let_in(
    sink: Entry,
    headers: dict[str, str] | list[tuple[str, str]] = {},  # noqa: B006 - not changed
    query: str = "",
    client: str = "203.0.113.7",
    noted: Noted | None = None,
) -> Incoming:
    """Apply the checks of the caller to a request, and return what the later checks get."""
    outcomes = cast("Any", noted or Noted())
    incoming = Incoming(
        cast("Any", None), outcomes, sink, "/called", {}, scope_of(headers, query, client), cast("Any", None)
    )
    asyncio.run(apply(CHECKS, incoming))
    return incoming


def refused(sink: Entry, *args: Any, **kwargs: Any) -> tuple[int, str]:
    """Return the status and the reason with which a request is refused."""
    with pytest.raises(Refused) as refusal:
        let_in(sink, *args, **kwargs)
    error = refusal.value
    for secret in (TOKEN, OLD, PASSWORD, SHARED):
        assert secret not in error.detail + error.reason
    return error.kind.status, error.reason or error.detail


def challenges(sink: Entry) -> list[str]:
    with pytest.raises(Refused) as refusal:
        let_in(sink)
    return [value.decode() for name, value in refusal.value.headers if name == b"www-authenticate"]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(pair: str, encoding: str = "utf-8") -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(pair.encode(encoding)).decode()}"}


def token(key: Any = SHARED, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **claims: Any) -> str:
    return jwt.encode({"aud": "hub", **claims}, key, algorithm, headers)


def test_each_of_several_bearer_tokens_is_admitted_and_none_after_its_removal(app: App) -> None:
    sink = stored(app, {"any": [BEARER_ENTRY]})
    for text in (OLD, TOKEN):
        let_in(entry_of(sink), bearer(text))
    documents.apply(sink, {"access": {"any": [{"kind": "bearer", "tokens": [TOKEN]}]}}, partial=True)
    sink.save()
    let_in(entry_of(sink), bearer(TOKEN))
    assert refused(entry_of(sink), bearer(OLD)) == (401, "the bearer token is another one")


def test_the_auth_token_is_one_more_way_in(app: App) -> None:
    sink = entry(app, HEADER_ENTRY, auth_token="the-auth-t0ken")
    let_in(sink, bearer("the-auth-t0ken"))
    let_in(sink, {"X-GitLab-Token": TOKEN})
    assert refused(sink, bearer(TOKEN))[0] == 401
    assert challenges(sink) == ["Bearer"]


@pytest.mark.parametrize("access", [None, {"any": [HEADER_ENTRY]}])
def test_a_replaced_token_is_valid_until_its_end_and_no_query_ends_it(
    app: App, access: Any, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    row = stored(app, access, auth_token="the-f1rst-t0ken")
    new = row.rotate_token(timedelta(hours=24))
    assert "the-f1rst-t0ken" not in row.encrypted_old_token
    sink, now = entry_of(row), time.time()
    with django_assert_num_queries(0):
        for text in ("the-f1rst-t0ken", new):
            let_in(sink, bearer(text))
        assert refused(sink, bearer("wrong"))[0] == 401
        monkeypatch.setattr(time, "time", lambda: now + 86_300)
        let_in(sink, bearer("the-f1rst-t0ken"))
        monkeypatch.setattr(time, "time", lambda: now + 86_500)
        assert refused(sink, bearer("the-f1rst-t0ken"))[0] == 401
        let_in(sink, bearer(new))


def test_only_one_replaced_token_is_valid_and_each_other_change_ends_it(app: App) -> None:
    row = stored(app, auth_token="the-f1rst-t0ken")
    second = row.rotate_token(timedelta(hours=1))
    third = row.rotate_token(timedelta(hours=1))
    assert refused(entry_of(row), bearer("the-f1rst-t0ken"))[0] == 401
    for text in (second, third):
        let_in(entry_of(row), bearer(text))
    row.auth_token = third  # as an import of the same token does
    assert row.old_token_end is not None
    assert row.end_old_token()
    assert refused(entry_of(row), bearer(second))[0] == 401
    row.rotate_token(timedelta(hours=1))
    row.auth_token = ""
    assert not row.encrypted_old_token
    assert row.old_token_until is None
    row.auth_token = third
    row.rotate_token()
    assert refused(entry_of(row), bearer(third))[0] == 401


def test_the_sweep_deletes_a_replaced_token_after_its_end(app: App) -> None:
    row = stored(app, auth_token="the-f1rst-t0ken")
    row.rotate_token(timedelta(hours=1))
    list(registrations.prune(timezone.now() + timedelta(minutes=59), time.sleep))
    row.refresh_from_db()
    assert row.encrypted_old_token
    list(registrations.prune(timezone.now() + timedelta(minutes=61), time.sleep))
    row.refresh_from_db()
    assert (row.encrypted_old_token, row.old_token_until) == ("", None)


@pytest.mark.parametrize("pair", [f"shop:{PASSWORD}", "store:other-password"])
def test_a_user_is_admitted_with_the_own_password(app: App, pair: str) -> None:
    let_in(entry(app, BASIC_ENTRY), basic(pair))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("shop:other-password"),
        basic(f"Shop:{PASSWORD}"),
        basic(f"shop:{PASSWORD}x"),
        basic("shop:"),
        basic(":"),
        basic(""),
        basic("shop"),
        basic(f"shop:{PASSWORD}", "latin-1"),
        {"Authorization": "Basic"},
        {"Authorization": "Basic ****"},
        {"Authorization": f"Basic shop:{PASSWORD}"},
        {"Authorization": f"Bearer {b64encode(f'shop:{PASSWORD}'.encode()).decode()}"},
    ],
    ids=str,
)
def test_a_wrong_or_unreadable_pair_is_refused(app: App, headers: dict[str, str]) -> None:
    sink = entry(app, BASIC_ENTRY)
    assert refused(sink, headers)[0] == 401
    assert challenges(sink) == [BASIC]


def test_any_header_can_carry_a_token(app: App) -> None:
    sink = entry(app, HEADER_ENTRY, {"kind": "header", "name": "Authorization", "values": ["Token abcdefgh"]})
    for text in (OLD, TOKEN):
        let_in(sink, {"x-gitlab-token": text})
    let_in(sink, {"Authorization": "Token abcdefgh"})
    for headers in ({"x-gitlab-token": TOKEN[:-1]}, {"x-gitlab-token": ""}, {"x-token": TOKEN}, bearer("abcdefgh")):
        assert refused(sink, headers)[0] == 401
    assert challenges(sink) == []
    with pytest.raises(Refused) as refusal:
        let_in(sink)
    assert "the header 'X-Gitlab-Token'" in refusal.value.detail


def test_a_header_that_is_sent_twice_is_refused_even_with_the_same_value(app: App) -> None:
    sink = entry(app, HEADER_ENTRY)
    for second in (TOKEN, "another"):
        sent = [("X-Gitlab-Token", TOKEN), ("x-gitlab-token", second)]
        assert refused(sink, sent) == (401, "the header x-gitlab-token is sent more than once")
    both = entry_of(stored(app, {"any": [BEARER_ENTRY]}, path="/twice"))
    assert refused(both, [("Authorization", f"Bearer {TOKEN}"), ("Authorization", "Bearer x")])[0] == 400


@pytest.mark.parametrize(
    ("query", "rest"),
    [
        ("the+key=the-n3w-t0ken+%26+%C3%A9", ""),
        ("a=1&the%20key=the-n3w-t0ken%20%26%20%c3%a9&b=%7e&&c", "a=1&b=%7e&&c"),
        ("%74he+key=the-n3w-t0ken+%26+é", ""),
        ("\ufeffthe+key=the-n3w-t0ken+%26+%C3%A9&b=2", "\ufeffb=2"),
    ],
)
def test_a_parameter_of_the_query_is_admitted_and_not_recorded(app: App, query: str, rest: str) -> None:
    incoming = let_in(entry(app, QUERY_ENTRY), query=query)
    assert incoming.request.query_string.encode("latin-1") == rest.encode()
    assert "the key" not in incoming.request.query


def test_a_parameter_that_is_wrong_or_repeated_is_refused_and_removed_too(app: App) -> None:
    sink = entry(app, QUERY_ENTRY)
    right = "the+key=the-n3w-t0ken+%26+%C3%A9"
    for query in ("", "the+key", "the+key=x", f"{right}x", f"The+Key={TOKEN}", f"x{right}"):
        assert refused(sink, query=query)[0] == 401
    for query in (f"{right}&{right}", f"{right}&a=1&the+key=x"):
        assert refused(sink, query=query) == (401, "the parameter the key is sent more than once")
    scope = scope_of({}, f"{right}&a=1&the+key=x", "")
    incoming = Incoming(cast("Any", None), cast("Any", None), sink, "/called", {}, scope, cast("Any", None))
    assert incoming.request.query_string == "a=1"


def test_credentials_in_headers_do_not_reach_the_workflow(app: App) -> None:
    issued = {"kind": "jwt", "algorithms": ["HS256"], "key": SHARED, "header": "X-Assertion"}
    incoming = let_in(
        entry(app, HEADER_ENTRY, {"kind": "header", "name": "X-Own", "values": [TOKEN]}, issued),
        {"X-Own": TOKEN, "X-Gitlab-Token": "x", "X-Assertion": "y", "X-Other": "kept", "Cookie": "z"},
    )
    assert incoming.request.header_list == [("x-other", "kept")]


def test_a_json_web_token_is_admitted_as_its_entry_demands(app: App) -> None:
    sink = entry(app, {**JWT_ENTRY, "issuer": "us", "claims": {"scope": ["a", "b"]}, "max_age": 60})
    now = int(time.time())
    right: dict[str, Any] = {"iss": "us", "scope": "a", "iat": now}
    let_in(sink, bearer(token(**right)))
    for wrong, reason in (
        ({"iss": "them"}, "issuer"),
        ({"scope": "c"}, "'scope'"),
        ({"iat": now - 200}, "too long ago"),
        ({"exp": now - 100}, "expired"),
        ({"nbf": now + 100}, "not valid yet"),
        ({"aud": "other"}, "audience"),
    ):
        status, said = refused(sink, bearer(token(**{**right, **wrong})))
        assert status == 401 and reason in said
    assert "signature" in refused(sink, bearer(token("another secret of more than 32 bytes", **right)))[1]
    assert challenges(sink) == ["Bearer"]


def test_a_json_web_token_can_be_in_another_header(app: App) -> None:
    sink = entry(app, {**JWT_ENTRY, "header": "X-Assertion"})
    let_in(sink, {"X-Assertion": token()})
    let_in(sink, {"X-Assertion": f"Bearer {token()}"})
    assert refused(sink, bearer(token()))[0] == 401
    assert refused(sink, [("X-Assertion", token()), ("X-Assertion", token())])[0] == 401
    assert challenges(sink) == []


def test_tokens_of_no_algorithm_or_signed_with_the_public_key_are_refused(app: App) -> None:
    sink = entry(app, {"kind": "jwt", "algorithms": ["RS256"], "key": PEM})
    let_in(sink, bearer(token(KEY, "RS256")))
    parts = [b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, {"aud": "hub"})]
    assert "algorithm" in refused(sink, bearer(".".join([*parts, ""])))[1]
    forged = jwt.PyJWS(algorithms=["HS256"]).encode(b"{}", "x" * 32, "HS256")
    assert "algorithm" in refused(sink, bearer(forged))[1]


class Issuer:
    """Publishes keys, or is away."""

    def __init__(self) -> None:
        self.kids, self.is_away, self.fetches, self.clock = ["one"], False, 0, 0.0

    async def fetch(self, url: str) -> bytes:
        self.fetches += 1
        if self.is_away:
            raise FetchFailed("away")
        public: dict[str, Any] = RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
        return json.dumps({"keys": [public | {"kid": kid} for kid in self.kids]}).encode()


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Issuer:
    issuer = Issuer()
    sets = KeySets(issuer.fetch, lambda: issuer.clock)
    monkeypatch.setattr(sender, "key_sets", sets)
    monkeypatch.setattr(authorization, "key_sets", sets)
    return issuer


def test_published_keys_are_fetched_once_and_again_for_an_unknown_kid(app: App, issuer: Issuer) -> None:
    sink = entry(app, {"kind": "jwt", "algorithms": ["RS256"], "jwks_url": URL})
    for _ in range(3):
        let_in(sink, bearer(token(KEY, "RS256", {"kid": "one"})))
    assert issuer.fetches == 1
    issuer.kids = ["two"]
    assert "kid" in refused(sink, bearer(token(KEY, "RS256", {"kid": "two"})))[1]
    issuer.clock += 60
    let_in(sink, bearer(token(KEY, "RS256", {"kid": "two"})))
    for _ in range(5):
        assert "kid" in refused(sink, bearer(token(KEY, "RS256", {"kid": "three"})))[1]
    assert issuer.fetches == 2


def test_while_no_key_can_be_fetched_a_token_gets_503_and_other_credentials_are_admitted(
    app: App, issuer: Issuer
) -> None:
    issuer.is_away = True
    sink = entry(app, {"kind": "jwt", "algorithms": ["RS256"], "jwks_url": URL}, BEARER_ENTRY, BASIC_ENTRY)
    with pytest.raises(Refused) as refusal:
        let_in(sink, bearer(token(KEY, "RS256")))
    assert refusal.value.kind.status == 503
    assert dict(refusal.value.headers)[b"retry-after"] == b"10"
    let_in(sink, bearer(TOKEN))
    let_in(sink, basic(f"shop:{PASSWORD}"))
    assert refused(sink, bearer("no-token-at-all"))[0] == 401
    assert issuer.fetches == 1


@pytest.mark.parametrize(
    ("client", "is_in"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("11.1.2.3", False),
        ("203.0.113.7", True),
        ("203.0.113.8", False),
        ("2001:db8:1::5", True),
        ("2001:db8:2::5", False),
        ("192.0.2.9", True),
        ("::ffff:192.0.2.9", True),
        ("192.0.3.9", False),
        ("fe80::1%eth0", True),
        ("", False),
        ("unknown", False),
    ],
)
def test_only_addresses_in_the_networks_are_admitted(app: App, client: str, is_in: bool) -> None:
    networks = ("10.0.0.0/8", "203.0.113.7", "2001:db8:1::/48", "::ffff:192.0.2.0/120", "fe80::/10")
    sink = entry(app, ip=networks)
    if is_in:
        let_in(sink, client=client)
    else:
        assert refused(sink, client=client) == (403, "the address is not in an allowed network")


def test_a_request_needs_both_an_address_and_a_credential(app: App) -> None:
    sink = entry(app, BEARER_ENTRY, ip=("10.0.0.0/8",))
    let_in(sink, bearer(TOKEN), client="10.0.0.1")
    assert refused(sink, bearer(TOKEN), client="11.0.0.1")[0] == 403
    assert refused(sink, client="10.0.0.1")[0] == 401


def test_log_mode_admits_and_notes_what_it_would_have_refused_for_a_day(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = stored(app, {"any": [BEARER_ENTRY], "ip": ["10.0.0.0/8"], "mode": "log"}, auth_token="the-auth-t0ken")
    sink, noted = entry_of(row), Noted()
    let_in(sink, bearer(TOKEN), client="10.0.0.1", noted=noted)
    assert noted.logged == []
    let_in(sink, bearer("wrong"), client="10.0.0.1", noted=noted)
    let_in(sink, bearer(TOKEN), client="11.0.0.1", noted=noted)
    assert noted.logged == [
        (401, "the bearer token is another one"),
        (403, "the address is not in an allowed network"),
    ]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86_300)
    let_in(sink, client="10.0.0.1", noted=noted)
    monkeypatch.setattr(time, "time", lambda: now + 86_500)
    assert refused(sink, client="10.0.0.1")[0] == 401
    assert len(noted.logged) == 3


def test_log_mode_is_stored_as_its_end_and_not_extended_by_saving_again(app: App) -> None:
    row = stored(app, {"any": [BEARER_ENTRY], "mode": "log"})
    end = row.access_log_until
    assert end is not None and timedelta(hours=23) < end - timezone.now() <= timedelta(hours=24)
    documents.apply(row, documents.of_sink(row))
    assert row.access_log_until == end
    row.access_log_until = timezone.now() - timedelta(seconds=1)
    assert documents.of_sink(row)["access"]["mode"] == "enforce"
    row.access_mode = "log"
    assert documents.of_sink(row)["access"]["mode"] == "log"
    documents.apply(row, {"access": {"mode": "enforce"}}, partial=True)
    assert row.access_log_until is None


def may_read(
    sink: Entry,
    headers: dict[str, str] = {},  # noqa: B006 - not changed
    query: str = "",
) -> bool:
    scope = scope_of(headers, query, "203.0.113.7")
    return asyncio.run(authorization.may_read(directory.load(), sink.id, sink.app_id, scope))


@pytest.mark.parametrize(
    ("way", "headers", "query"),
    [
        (BEARER_ENTRY, bearer(OLD), ""),
        (BASIC_ENTRY, basic(f"shop:{PASSWORD}"), ""),
        (HEADER_ENTRY, {"X-Gitlab-Token": TOKEN}, ""),
        (QUERY_ENTRY, {}, "the+key=the-n3w-t0ken+%26+%C3%A9"),
        (JWT_ENTRY, bearer(token()), ""),
    ],
)
def test_reading_a_run_needs_a_credential_and_neither_address_nor_log_mode(
    app: App, way: Any, headers: dict[str, str], query: str
) -> None:
    sink = entry(app, way, ip=("10.0.0.0/8",), mode="log")
    assert may_read(sink, headers, query)
    assert not may_read(sink)
    assert not may_read(sink, bearer("wrong"))


def test_the_runs_of_a_sink_with_networks_alone_are_read_with_their_id(app: App) -> None:
    assert may_read(entry(app, ip=("10.0.0.0/8",)))


def test_the_auth_token_reads_runs_of_a_sink_with_other_credentials(app: App) -> None:
    sink = entry(app, BASIC_ENTRY, auth_token="the-auth-t0ken")
    assert may_read(sink, bearer("the-auth-t0ken"))
    assert not may_read(sink)


def test_a_delivery_id_must_not_be_in_a_header_that_is_a_credential(app: App) -> None:
    sink = Sink(app=app)
    with pytest.raises(ValidationError) as invalid:
        documents.apply(sink, {"path": "/a", "access": {"any": [HEADER_ENTRY]}, "dedupe": {"header": "x-gitlab-token"}})
    assert list(documents.messages(invalid.value)) == ["dedupe.header"]


def test_each_client_address_has_its_own_rate(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "client_rates", rate_limits.ClientRates())
    sink = entry(app, BEARER_ENTRY, limits={"rate_per_client": "2/h"})
    for client in ("203.0.113.7", "203.0.113.8", "2001:db8::1"):
        let_in(sink, bearer(TOKEN), client=client)
        assert refused(sink, client=client)[0] == 401  # a guess counts too
        with pytest.raises(Refused) as refusal:
            let_in(sink, bearer(TOKEN), client=client)
        assert refusal.value.kind.status == 429
        assert 1700 < int(dict(refusal.value.headers)[b"retry-after"]) <= 1800
    assert refused(sink, client="::ffff:203.0.113.7")[0] == 429
    assert refused(sink, client="2001:db8::ffff:1")[0] == 429  # the same network of 64 bits
    let_in(sink, bearer(TOKEN), client="2001:db8:0:1::1")


def test_rates_per_client_take_bounded_memory_and_recover() -> None:
    rates, rate = rate_limits.ClientRates(), rate_limits.Rate(1, 60)
    second = 1_000_000_000
    assert rates.take(1, "203.0.113.7", rate, second) == 0
    assert rates.take(1, "203.0.113.7", rate, 31 * second) == 30
    assert rates.take(2, "203.0.113.7", rate, 31 * second) == 0
    assert rates.take(1, "203.0.113.7", rate, 61 * second) == 0
    for number in range(12_000):
        rates.take(1, f"10.0.{number >> 8}.{number & 255}", rate, 62 * second)
    assert len(rates) == 10_000


@pytest.mark.parametrize(
    ("access", "message"),
    [
        ({"any": "x"}, "must be a list of objects"),
        ({"any": [1]}, "Entry 1: it must be an object"),
        ({"any": [{"kind": "none"}]}, "bearer, basic, header, query, jwt"),
        ({"any": [{"kind": "bearer"}]}, "tokens must be a list"),
        ({"any": [{"kind": "bearer", "tokens": []}]}, "tokens must be a list"),
        ({"any": [{"kind": "bearer", "tokens": [""]}]}, "8 to 16384 characters"),
        ({"any": [{"kind": "bearer", "tokens": ["s3cret"]}]}, "8 to 16384 characters, not 6"),
        ({"any": [{"kind": "bearer", "tokens": ["s3cret s3cret"]}]}, "no spaces"),
        ({"any": [{"kind": "bearer", "tokens": [TOKEN, TOKEN]}]}, "two of them are equal"),
        ({"any": [{"kind": "bearer", "tokens": [TOKEN], "users": {}}]}, "Unknown: 'users'"),
        ({"any": [{"kind": "basic", "users": {"a:b": "s3cret-4711"}}]}, "no colon"),
        ({"any": [{"kind": "basic", "users": {"": "s3cret-4711"}}]}, "1 to 255"),
        ({"any": [{"kind": "basic", "users": {"shop": ""}}]}, "8 to 16384"),
        ({"any": [{"kind": "header", "name": "a b", "values": ["s3cret-4711"]}]}, "name of a header"),
        ({"any": [{"kind": "header", "name": "Content-Type", "values": ["s3cret-4711"]}]}, "how a request is read"),
        ({"any": [{"kind": "header", "name": "X-A", "values": [" s3cret-4711"]}]}, "no space at its beginning"),
        ({"any": [{"kind": "query", "name": "", "values": ["s3cret-4711"]}]}, "name of a parameter"),
        ({"any": [{"kind": "jwt", "algorithms": ["none"], "key": "s3cret-4711"}]}, "'none' is no algorithm"),
        ({"any": [{"kind": "jwt", "algorithms": [], "key": "s3cret-4711"}]}, "Name the algorithms"),
        ({"any": [{"kind": "jwt", "algorithms": ["HS256", "RS256"], "key": "s3cret-4711"}]}, "cannot be mixed"),
        ({"any": [{"kind": "jwt", "algorithms": ["HS256"], "key": PEM}]}, "must not be a public key"),
        ({"any": [{"kind": "jwt", "algorithms": ["RS256"], "key": "s3cret-4711"}]}, "public key as PEM"),
        ({"any": [{"kind": "jwt", "algorithms": ["HS256"], "key": ""}]}, "8 to 16384"),
        ({"any": [{"kind": "jwt", "algorithms": ["HS256"], "key": "********"}]}, "mask"),
        ({"any": [{"kind": "jwt", "algorithms": ["RS256"]}]}, "either a key or a jwks_url"),
        ({"any": [{"kind": "jwt", "algorithms": ["RS256"], "jwks_url": "http://a.example/"}]}, "https://"),
        ({"any": [{"kind": "jwt", "algorithms": ["HS256"], "jwks_url": URL}]}, "public keys"),
        ({"any": [{**JWT_ENTRY, "leeway": -1}]}, "leeway must be a number"),
        ({"any": [{**JWT_ENTRY, "max_age": True}]}, "max_age must be a number"),
        ({"any": [{**JWT_ENTRY, "audience": [1]}]}, "audience must be a text"),
        ({"any": [{**JWT_ENTRY, "claims": []}]}, "claims must be an object"),
        ({"any": [{**JWT_ENTRY, "header": "Host"}]}, "how a request is read"),
        ({"any": [BEARER_ENTRY] * 51}, "at most 50"),
        ({"ip": ["10.0.0.1/8"]}, "write 10.0.0.0/8"),
        ({"ip": ["example.com"]}, "is not a network"),
        ({"ip": [1]}, "only texts"),
        ({"mode": "off"}, "enforce or log"),
        ({"users": {}}, "Unknown field"),
    ],
)
def test_a_fault_is_reported_without_the_secret(app: App, access: Any, message: str) -> None:
    with pytest.raises(ValidationError) as invalid:
        documents.apply(Sink(app=app), {"path": "/a", "access": access})
    text = json.dumps(documents.messages(invalid.value))
    assert message in text
    assert "s3cret" not in text and TOKEN not in text


def test_stored_secrets_are_masked_and_masks_keep_them(app: App) -> None:
    entries = [BEARER_ENTRY, BASIC_ENTRY, HEADER_ENTRY, QUERY_ENTRY, JWT_ENTRY]
    sink = stored(app, {"any": entries, "ip": ["10.0.0.0/8"]})
    masked = documents.of_sink(sink)["access"]
    assert masked["any"][1]["users"] == {"shop": documents.MASK, "store": documents.MASK}
    kept = "".join(str(value) for value in Sink.objects.values_list().get())
    for secret in (TOKEN, OLD, PASSWORD, SHARED):
        assert secret not in json.dumps(masked) + kept
    documents.apply(sink, {"access": masked}, partial=True)
    assert documents.of_sink(sink, secrets=True)["access"]["any"] == entries
    # A part of them is changed, and the others are kept by their masks.
    changed = json.loads(json.dumps(masked["any"]))
    changed[0]["tokens"].append("a-third-t0ken")
    changed[1]["users"] |= {"store": "changed-password"}
    del changed[2], changed[2]
    documents.apply(sink, {"access": {"any": changed}}, partial=True)
    assert sink.callers == [
        {"kind": "bearer", "tokens": [OLD, TOKEN, "a-third-t0ken"]},
        {"kind": "basic", "users": {"shop": PASSWORD, "store": "changed-password"}},
        JWT_ENTRY,
    ]
    assert sink.allowed_networks == "10.0.0.0/8"


MASKED = documents.MASK


@pytest.mark.parametrize(
    "entries",
    [
        [{"kind": "bearer", "tokens": [MASKED]}],
        [{"kind": "bearer", "tokens": [MASKED] * 3}],
        [{"kind": "bearer", "tokens": ["a-third-t0ken", MASKED, MASKED]}],
        [{"kind": "basic", "users": {"new": MASKED}}],
        [{"kind": "header", "name": "X-Other", "values": [MASKED]}],
        [{"kind": "query", "name": "The Key", "values": [MASKED]}],
        [{**JWT_ENTRY, "key": MASKED, "audience": "other"}],
        [{**JWT_ENTRY, "key": MASKED, "algorithms": ["HS512"]}],
    ],
)
def test_a_mask_that_stands_for_no_single_secret_is_refused(app: App, entries: Any) -> None:
    sink = stored(app, {"any": [BEARER_ENTRY, BASIC_ENTRY, HEADER_ENTRY, QUERY_ENTRY, JWT_ENTRY]})
    with pytest.raises(ValidationError) as invalid:
        documents.apply(sink, {"access": {"any": entries}}, partial=True)
    assert list(documents.messages(invalid.value)) == ["access.any"]


def test_a_sink_whose_credentials_cannot_be_decrypted_refuses_all_and_shows_their_masks(app: App) -> None:
    sink = stored(app, {"any": [BEARER_ENTRY]})
    Sink.objects.filter(pk=sink.pk).update(encrypted_access="not ours")
    sink.refresh_from_db()
    assert refused(entry_of(sink), bearer(TOKEN)) == (
        500,
        "The sink's credentials cannot be decrypted: its admin must set it again.",
    )
    documents.apply(sink, documents.of_sink(sink))
    assert sink.encrypted_access == "not ours"


def test_a_public_sink_has_no_rules_for_callers(app: App) -> None:
    sink = stored(app)
    assert entry_of(sink).access is None
    assert documents.of_sink(sink)["access"] is None
