"""Listening: each delivery and refusal is shown and forwarded once, also after a lost connection."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from runs.ids import new_run_id
from runs.models import Delivery, Run
from sinks.config.documents import of_sink
from sinks.console.forwarding import forward, request_for, scheme_of
from sinks.console.listening import Came, Document, Listener, LocalFeed, Unreachable
from sinks.console.sending import CannotSend
from sinks.models import App, Sink
from tests.support.refused import refused
from tests.support.signing import hex_hmac

pytestmark = pytest.mark.one_database

BODY = b'{"order": 7}'


@pytest.fixture
def app(db: None) -> App:
    return App.objects.create(app_id="app_mine")


def made(app: App, **fields: Any) -> Sink:
    sink = Sink(app=app, workflow="echo", **{"path": "/hook", **fields})
    sink.full_clean()
    sink.save()
    return sink


def delivered(sink: Sink, *, ago: float = 0, **fields: Any) -> str:
    at = datetime.now(UTC) - timedelta(seconds=ago)
    run_id = f"run_{int(at.timestamp() * 1000):012x}{new_run_id()[16:]}"
    defaults = {"app_id": sink.app.app_id, "source_id": sink.pk, "workflow": "echo", "timeout": 60, "executor_id": 1}
    Run.objects.create(id=run_id, created_at=at, **defaults | fields)
    headers = [["content-type", "application/json"], ["x-kind", "paid"]]
    Delivery.objects.create(run_id=run_id, method="POST", path="/hook", query_string="a=1", headers=headers, body=BODY)
    return run_id


def names(listener: Listener) -> list[str]:
    """Return the runs' ids and the refusals' kinds of what came."""
    return [str(came.document["run_id" if came.kind == "delivery" else "kind"]) for came in listener.news()]


def test_what_comes_is_found_once_and_in_order(app: App) -> None:
    sink = made(app, auth_token="t0ken-4711-abcdef")
    delivered(sink)
    refused(sink, BODY)
    listener = Listener(LocalFeed(None, None))
    assert names(listener) == []
    first, second = delivered(sink), delivered(sink)
    refused(sink, BODY)
    assert names(listener) == [first, second, "token"]
    assert names(listener) == []
    late = delivered(sink, ago=5)  # recorded after others that were created later
    assert names(listener) == [late]
    assert names(listener) == []


def test_without_any_run_the_first_one_is_found(app: App) -> None:
    sink, listener = made(app), Listener(LocalFeed(None, None))
    assert names(listener) == []
    first = delivered(sink)
    assert names(listener) == [first]
    assert names(listener) == []


def test_runs_that_no_delivery_started_are_left_out(app: App) -> None:
    sink, listener = made(app), Listener(LocalFeed(None, None))
    first = delivered(sink)
    delivered(sink, replay_of=first)
    delivered(sink, parent=first)
    delivered(sink, source_id=None)
    assert names(listener) == [first]


def test_an_app_and_a_sink_limit_what_is_found(app: App) -> None:
    token = {"auth_token": "t0ken-4711-abcdef"}
    mine, second = made(app, **token), made(app, path="/second", **token)
    other = made(App.objects.create(app_id="app_other"), **token)
    of_app, of_sink_alone = Listener(LocalFeed("app_mine", None)), Listener(LocalFeed(None, second))
    runs = [delivered(sink) for sink in (mine, second, other)]
    for sink in (mine, second, other):
        refused(sink, BODY)
    assert names(of_app) == [*runs[:2], "token", "token"]
    assert names(of_sink_alone) == [runs[1], "token"]


class _Breaking(LocalFeed):
    """A database that is away when a delivery is read."""

    def __init__(self) -> None:
        super().__init__(None, None)
        self.is_away = False

    def delivery(self, run: Document) -> Came | None:
        if self.is_away:
            raise Unreachable("away")
        return super().delivery(run)


def test_a_lost_connection_loses_none_and_repeats_none(app: App) -> None:
    sink, feed = made(app), _Breaking()
    listener = Listener(feed)
    first = delivered(sink)
    heard = listener.news()
    assert next(heard).document["run_id"] == first
    second = delivered(sink)
    feed.is_away = True
    with pytest.raises(Unreachable):
        list(listener.news())
    feed.is_away = False
    third = delivered(sink)
    assert names(listener) == [second, third]


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """Return the URL of a server on this machine, and the requests that it got."""
    got: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    thread.join()
    server.server_close()


def came(**headers: str) -> Came:
    document = {"app_id": "app_mine", "sink_id": 1}
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Came("delivery", document, "POST", "/a b", "a=1", fields, BODY, is_whole=True)


def test_a_delivery_is_forwarded_as_it_came(receiver: Any) -> None:
    url, got = receiver
    sent = came(
        content_type="application/json", host="hub.example.com", x_hub_signature_256="sha256=00", content_length="9"
    )
    assert forward(sent, f"{url}/local?b=2", "", None).status == 204
    assert forward(sent, url, "", None).status == 204
    [(first, headers, body), (second, _, _)] = got
    assert (first, second, body) == ("/local?b=2&a=1", "/a%20b?a=1", BODY)
    assert (headers["content-type"], headers["x-hub-signature-256"]) == ("application/json", "sha256=00")
    assert (headers["content-length"], headers["host"]) == (str(len(BODY)), url.removeprefix("http://"))


def test_a_receiver_that_does_not_answer_is_reported() -> None:
    done = forward(came(), "http://127.0.0.1:1", "", None)
    assert done.status is None
    assert "does not answer" in done.error


def test_a_delivery_is_signed_again_with_the_local_secret(app: App, receiver: Any) -> None:
    url, got = receiver
    sink = made(app, signature="github", secrets=["the-secret-of-the-hub"])
    sent = came(x_hub_signature_256="sha256=00", x_github_event="push")
    assert forward(sent, url, "a-local-secret", of_sink(sink)).status == 204
    headers = got[0][1]
    assert headers["x-hub-signature-256"].encode() == b"sha256=" + hex_hmac("a-local-secret", BODY)
    assert headers["x-github-event"] == "push"


@pytest.mark.parametrize("scheme", ["github", "stripe", "slack", "shopify", "standard"])
def test_each_named_scheme_signs_again(app: App, scheme: str) -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" if scheme == "standard" else "a-local-secret"
    document = of_sink(made(app, signature=scheme, secrets=[secret]))
    found = scheme_of(json.loads(json.dumps(document)))
    assert found is not None
    request = request_for(came(), "http://localhost", secret, document)
    assert found.name in {name.lower() for name, _ in request.headers}


def test_a_sinks_own_scheme_signs_again(app: App) -> None:
    own = {"signature_header": "X-Own", "signature_prefix": "v1=", "signature_algorithm": "sha512"}
    document = of_sink(made(app, signature="hmac", secrets=["the-secret-of-the-hub"], **own))
    headers = dict(request_for(came(x_own="v1=00"), "http://localhost", "a-local-secret", document).headers)
    assert headers == {"x-own": "v1=" + hex_hmac("a-local-secret", BODY, "sha512").decode()}


def test_a_delivery_that_only_its_provider_can_sign_is_not_forwarded_with_a_secret() -> None:
    document = {"signature": {"kind": "ed25519", "name": "x-signature", "signed": "{body}", "key": "hex"}}
    with pytest.raises(CannotSend, match="Only the provider"):
        request_for(came(), "http://localhost", "a-local-secret", document)
