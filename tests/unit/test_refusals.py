"""Refusals: what is kept of deliveries that start no run, and for how long; never a secret."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from runs import clock_guard
from runs.clock_guard import Guard
from runs.history import retention
from sinks.access import credential_headers
from sinks.models import App, Refusal, Sink
from sinks.refusals import storage
from sinks.refusals.acceptance import warning_of
from sinks.refusals.documents import of_refusal_and_request
from sinks.refusals.pending import MAX_ACCEPTED, MAX_BYTES, MAX_REFUSED, SAMPLE_INTERVAL, Noted, Pending
from sinks.refusals.requests import KeptRequest
from sinks.routing.directory import entry_of
from sinks.webhooks import registry
from tests.support.refused import Recorder, refused, send
from tests.support.signing import hex_hmac, sign_as_stripe

pytestmark = pytest.mark.one_database

TOKEN, SECRET, VERIFY = "t0ken-4711-abcdef", "whsec+4711/abcdef=", "verify-4711"
OTHER_TOKEN = "0ther-t0ken-4711"
BODY = b'{"order": 7}'


@pytest.fixture
def app(db: None) -> App:
    return App.objects.create(app_id="app_mine")


def made(app: App, **fields: Any) -> Sink:
    sink = Sink(app=app, workflow="echo", **{"path": "/hook", **fields})
    sink.full_clean()
    sink.save()
    return sink


def everything() -> str:
    """Return all columns of all refusals as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM sinks_refusal")
        return "\n".join(repr(bytes(cell) if isinstance(cell, memoryview) else cell) for row in cursor for cell in row)


def noted(
    sink: Sink, body: bytes = b"", *, status: int = 401, kind: str = "token", at: datetime | None = None
) -> Noted:
    request = KeptRequest(
        entry_of(sink),
        "POST",
        "/hook",
        "",
        {},
        "",
        [("x-a", "b")],
        body,
        len(body),
        is_whole=True,
        size=len(body) + 100,
    )
    return Noted(at or datetime.now(UTC), sink.pk, kind, status, "A reason.", "192.0.2.7", request)


def test_a_refusal_keeps_head_and_body_without_the_credential(app: App) -> None:
    sink = made(app, auth_token=TOKEN, path="/orders/{order}")
    wrong = {"Authorization": "Bearer wr0ng-credential", "X-Kind": "paid", "Cookie": "session=wr0ng-cookie"}
    refusal = refused(sink, BODY, wrong, query="a=1", path="/orders/7")
    assert (refusal.status, refusal.kind, refusal.client) == (401, "token", "192.0.2.7")
    assert (refusal.method, refusal.path, refusal.query_string) == ("POST", "/orders/7", "a=1")
    assert refusal.path_params == {"order": "7"}
    assert ["x-kind", "paid"] in (refusal.headers or [])
    assert (bytes(refusal.body or b""), refusal.body_size, refusal.is_whole) == (BODY, len(BODY), True)
    assert refusal.expected == {"authorization": "Bearer <the sink's token>"}
    assert refusal.came == {"authorization": "Bearer, 16 characters"}
    assert not [text for text in ("wr0ng", TOKEN) if text in everything()]


@pytest.mark.parametrize(
    ("field", "came"),
    [
        ({}, "missing"),
        ({"Authorization": "wr0ng"}, "5 characters without a scheme"),
        ({"Authorization": "Basic d3IwbmctMQ=="}, "Basic, 12 characters"),
        ({"Authorization": "wr0ng-1 wr0ng-2"}, "an unknown scheme, 7 characters"),
    ],
)
def test_a_wrong_credential_is_described_and_not_kept(app: App, field: dict[str, str], came: str) -> None:
    refusal = refused(made(app, auth_token=TOKEN), BODY, field)
    assert refusal.came == {"authorization": came}
    assert "wr0ng" not in everything()
    assert "d3IwbmctMQ" not in everything()


def test_secrets_in_wrong_places_are_masked_in_what_is_kept_and_shown(app: App, admin_client: Client) -> None:
    sink = made(app, auth_token=TOKEN, signature="github", secrets=[SECRET], verify_token=VERIFY)
    headers = {"X-Token": TOKEN, "X-Secret": f"a {SECRET} b", "X-Verify": VERIFY}
    query = f"token={TOKEN}&secret=whsec%2B4711%2Fabcdef%3D&hub={VERIFY}"
    refusal = refused(sink, json.dumps({"secret": SECRET, "verify": VERIFY}).encode(), headers, query=query)
    kept = everything().replace(repr(bytes(refusal.body or b"")), "")  # secrets in a body are masked when it is shown
    shown = admin_client.get(f"/api/v1/refusals/{refusal.pk}").content.decode()
    listed = admin_client.get("/api/v1/refusals").content.decode()
    page = admin_client.get(f"/admin/sinks/refusal/{refusal.pk}/change/").content.decode()
    assert "********" in shown
    for text in (kept, shown, listed, page):
        assert not [secret for secret in (TOKEN, SECRET, VERIFY, "whsec%2B4711") if secret in text]


def test_a_wrong_signature_is_explained_without_the_right_one(app: App) -> None:
    sink = made(app, signature="stripe", secrets=[SECRET])
    at = int(time.time()) - 4000
    fields = {name.decode(): value.decode() for name, value in sign_as_stripe(SECRET, BODY, at).items()}
    refusal = refused(sink, BODY, fields)
    assert refusal.expected == {
        "scheme": "stripe",
        "kind": "hmac",
        "header": "stripe-signature",
        "algorithm": "sha256",
        "encoding": "hex",
        "item": "v1",
        "signed": "{time}.{body}",
        "tolerance": 300,
    }
    assert refusal.came is not None
    assert refusal.came["time"] == str(at)
    assert 3998 <= refusal.came["seconds_off"] <= 4010
    assert refusal.came["signature"].startswith(f"t={at},v1=")
    right = hex_hmac(SECRET, f"{at}.".encode() + BODY).decode()
    wrong = refused(sink, BODY, {"Stripe-Signature": f"t={at},v1={'0' * 64}"})
    assert "0" * 10 not in str(wrong.came)
    assert right not in str([(row.expected, row.came, row.reason) for row in Refusal.objects.all()])
    assert right[:20] not in str([(row.headers, row.came) for row in Refusal.objects.filter(pk=wrong.pk)])


def test_a_missing_signature_is_explained_by_what_came_in_its_place(app: App) -> None:
    sink = made(app, signature="github", secrets=[SECRET])
    refusal = refused(sink, BODY, {"X-Hub-Signature": "sha1=" + "0" * 40})
    assert (refusal.expected or {})["header"] == "x-hub-signature-256"
    assert refusal.came == {"signature": None, "other_signature_headers": ["x-hub-signature"], "body_bytes": 12}


def test_a_filtered_delivery_is_kept_with_its_filter(app: App) -> None:
    sink = made(app, filter="body.order == `8`")
    recorder = Recorder()
    send(sink, BODY, recorder=recorder)
    assert recorder.kinds == ["filtered"]
    storage.write(sink, recorder.pending.of(sink.pk))
    refusal = Refusal.objects.get()
    assert (refusal.kind, refusal.status, refusal.reason) == ("filtered", 200, "The filter does not match.")
    assert refusal.expected == {"filter": "body.order == `8`"}
    assert refusal.is_whole


def test_no_sink_no_refusal(app: App) -> None:
    sink, recorder = made(app, auth_token=TOKEN), Recorder()
    assert send(sink, BODY, path="/other", recorder=recorder) == 404
    assert (recorder.kinds, list(recorder.pending)) == ([], [])


def test_a_large_body_is_cut_and_marked(app: App, settings: Any) -> None:
    settings.MAX_REFUSAL_BODY_BYTES = 1000
    sink = made(app, signature="github", secrets=[SECRET])
    refusal = refused(sink, b"x" * 3000)
    assert (bytes(refusal.body or b""), refusal.body_size, refusal.is_whole) == (b"x" * 1000, 3000, False)
    unread = refused(made(app, auth_token=TOKEN, path="/guarded"), b"x" * 3000)
    assert (unread.body, unread.body_size, unread.is_whole) == (None, 3000, False)


def test_a_client_that_asks_before_it_sends_its_body_is_not_told_to_go_on(app: App) -> None:
    refusal = refused(made(app, auth_token=TOKEN), BODY, {"Expect": "100-continue"})
    assert (refusal.body, refusal.is_whole) == (None, False)


def test_ten_thousand_refusals_take_little_memory_and_the_newest_stay(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending, body = Pending(), b"x" * 64 * 1024
    sinks = [made(app, path=f"/{number}") for number in range(20)]
    for number in range(10_000):
        pending.add(noted(sinks[number % 20], body if number % 3 else b""))
        assert pending.bytes <= MAX_BYTES
    assert pending.bytes == sum(item.request.size for item in pending if item.request is not None)
    assert [len(pending.of(sink.pk)) for sink in sinks] == [MAX_REFUSED] * 20
    last = noted(sinks[0], kind="rate")
    pending.add(last)
    assert pending.of(sinks[0].pk)[-1] is last
    # In a flood, what comes next is only counted.
    assert not pending.wants(sinks[0].pk)
    assert pending.wants(sinks[0].pk, is_refused=False)
    assert pending.wants(sinks[0].pk + 999)
    later = time.monotonic() + SAMPLE_INTERVAL
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert pending.wants(sinks[0].pk)
    for sink in sinks:
        pending.remove(sink.pk)
    assert (pending.bytes, list(pending)) == (0, [])


def test_refusals_that_could_not_be_written_yield_to_newer_ones(app: App) -> None:
    sink, earlier, later = made(app), Pending(), Pending()
    for _ in range(15):
        earlier.add(noted(sink, b"x" * 100, kind="earlier"))
    for _ in range(15):
        later.add(noted(sink, b"x" * 100, kind="later"))
    later.add_earlier(earlier)
    assert [item.kind for item in later.of(sink.pk)] == ["earlier"] * 5 + ["later"] * 15
    assert later.bytes == 20 * 200


def test_filtered_deliveries_take_no_place_of_refusals(app: App, settings: Any) -> None:
    sink, pending = made(app), Pending()
    pending.add(noted(sink))
    for _ in range(100):
        pending.add(noted(sink, status=200, kind="filtered"))
    assert [item.kind for item in pending.of(sink.pk)] == ["token"] + ["filtered"] * MAX_ACCEPTED
    settings.MAX_SINK_REFUSAL_BYTES = 40_000
    storage.write(sink, [noted(sink, b"x" * 2000)])
    for _ in range(100):
        storage.write(sink, [noted(sink, b"x" * 2000, status=200, kind="filtered")])
    assert Refusal.objects.filter(kind="token").count() == 1
    assert 1 <= Refusal.objects.filter(kind="filtered").count() <= 4


def test_the_database_keeps_the_newest_of_a_sink_and_of_all_within_their_bounds(app: App, settings: Any) -> None:
    settings.MAX_SINK_REFUSAL_BYTES, settings.MAX_REFUSAL_BYTES = 500_000, 1_200_000
    sinks = [made(app, path=f"/{number}") for number in range(4)]
    for sink in sinks:
        for _ in range(30):
            storage.write(sink, [noted(sink, b"x" * 30_000) for _ in range(3)])
            own = [len(bytes(row.body or b"")) for row in Refusal.objects.filter(sink=sink)]
            assert sum(own) <= 500_000
        storage.delete_beyond_total()
        assert sum(len(bytes(row.body or b"")) for row in Refusal.objects.all()) <= 1_200_000
    assert not Refusal.objects.filter(sink=sinks[0]).exists()
    assert Refusal.objects.filter(sink=sinks[3]).count() >= 10
    newest = Refusal.objects.latest("pk")
    assert newest.sink == sinks[3]


def test_old_refusals_are_deleted_by_the_sweep_and_not_while_the_clock_is_ahead(app: App, settings: Any) -> None:
    settings.KEEP_REFUSALS_DAYS = 7
    sink, now = made(app), datetime.now(UTC)
    storage.write(sink, [noted(sink, at=now - timedelta(days=days)) for days in (20, 8, 6, 0)])
    clock_guard.accept()
    assert Guard().look(now + timedelta(days=400)) is None
    retention.delete_old(threading.Event(), clock_guard.accept(now))
    assert sorted((now - row.at).days for row in Refusal.objects.all()) == [0, 6]
    settings.KEEP_REFUSALS_DAYS = 0
    retention.delete_old(threading.Event(), clock_guard.accept(now + timedelta(days=400)))
    assert Refusal.objects.count() == 2


def test_texts_that_a_database_cannot_store_are_kept_all_the_same(app: App) -> None:
    sink = made(app, auth_token=TOKEN, path="/{name}")
    refusal = refused(sink, b"\x00\xff", {"X-Odd": "\xff"}, path="/a\udcff")
    assert (refusal.path, bytes(refusal.body or b"")) == ("/a?", b"\x00\xff")


def test_credentials_that_access_names_are_not_kept(app: App) -> None:
    callers = [
        {"kind": "header", "name": "X-Own-Key", "values": [TOKEN]},
        {"kind": "query", "name": "key", "values": [OTHER_TOKEN]},
        {"kind": "basic", "users": {"shop": "a-long-password"}},
    ]
    sink = made(app, callers=callers)
    wrong = {"X-Own-Key": "wr0ng-header", "X-Leaked": f"{TOKEN} {OTHER_TOKEN} a-long-password"}
    refusal = refused(sink, BODY, wrong, query="a=1&key=wr0ng-parameter")
    assert (refusal.kind, refusal.query_string) == ("credential", "a=1")
    assert ["x-leaked", "******** ******** ********"] in (refusal.headers or [])
    assert "the header 'X-Own-Key'" in (refusal.expected or {})["credential"]
    assert not [text for text in ("wr0ng", TOKEN, OTHER_TOKEN, "a-long-password") if text in everything()]


def test_a_static_secret_is_not_kept_and_not_shown(app: App) -> None:
    own = {"kind": "static", "name": "x-own-secret"}
    sink = made(app, scheme=own, secrets=[SECRET])
    refusal = refused(sink, BODY, {"X-Own-Secret": "wr0ng-secret"})
    assert "x-own-secret" not in [name for name, _ in refusal.headers or ()]
    assert (refusal.came or {})["signature"] == "not recorded"
    in_query = made(app, path="/query", scheme={"kind": "static", "in": "query", "name": "key"}, secrets=[SECRET])
    refusal = refused(in_query, BODY, query="a=1&key=wr0ng-secret&b=2")
    assert refusal.query_string == "a=1&b=2"
    assert "wr0ng" not in everything()


def test_the_deliveries_of_all_providers_are_explained_and_verified_whatever_their_age(app: App) -> None:
    unverified, count = set(), 0
    for provider in registry.all_providers():
        vector, scheme = provider.vector, provider.scheme
        if vector is None or scheme.kind in {"none", "function"} or scheme.jwks:
            continue  # without a signature, or with keys that the provider publishes
        sink = Sink(app=app, workflow="echo", path="/hook", provider=provider.id, filter="`false`")
        sink.secrets, sink.public_url, sink.method = [vector.secret] if vector.secret else [], vector.url, vector.method
        sink.save()
        refusal = refused(sink, vector.body.encode(), vector.headers, query=vector.query)
        # Of a delivery with a time the signature is refused now, others are filtered.
        assert refusal.kind in {"signature", "filtered"}, (provider.id, refusal.reason)
        assert (refusal.kind == "filtered") or refusal.expected, provider.id
        if warning_of(refusal):
            unverified.add(provider.id)
            is_credential = scheme.name.encode() in credential_headers.FIELDS  # which are not recorded
            assert is_credential or scheme.kind == "static", (provider.id, warning_of(refusal))
        other = refused(sink, vector.body.encode() + b"x", vector.headers, query=vector.query)
        assert warning_of(other) or scheme.body_unsigned or scheme.kind == "static", provider.id
        if scheme.needs_secret and scheme.kind in {"hmac", "digest", "static", "jwt"}:
            shown = json.dumps([of_refusal_and_request(row) for row in (refusal, other)], default=str)
            assert vector.secret not in shown.replace("\\n", "\n"), provider.id
        count += 1
        sink.delete()
    assert count > 150
    assert len(unverified) < 40, sorted(unverified)
