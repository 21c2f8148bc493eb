"""The code that a sink's page shows: each language sends a request whose signature the sink takes."""

import contextlib
import io
import os
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright._impl._driver import compute_driver_executable

from sinks.config.signature_documents import take_delivery_id
from sinks.models import App, Sink
from sinks.setup import code
from sinks.setup.panel import panel_of
from sinks.setup.recipe import CannotShow, Recipe, recipe_of
from sinks.webhooks import registry
from sinks.webhooks.provider import Provider
from sinks.webhooks.signatures.signed_content import Delivery
from sinks.webhooks.signatures.verification import compile_verifier

TOKEN = "s3cret-t0ken-4711-xyz"


@dataclass
class Receiver:
    """A server that keeps the requests that it gets, by path."""

    url: str = ""
    received: dict[str, Delivery] = field(default_factory=dict)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower().encode(): value.encode() for name, value in self.headers.items()}
            url = f"{kept.url}{self.path}"
            kept.received[self.path] = Delivery(headers, body, self.command, url, urlsplit(url).query.encode())
            self.send_response(202)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.url = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield kept
        server.shutdown()


def sink_of(provider: Provider) -> Sink:
    sink = Sink(app=App(app_id="app_x"), path=f"/{provider.id}", method="POST", provider=provider.id)
    take_delivery_id(sink)
    return sink


def recipes(url: str, *languages: str) -> dict[str, tuple[Provider, Recipe]]:
    """Return a request for each way in which providers sign, by the path to which it is sent."""
    found: dict[str, tuple[Provider, Recipe]] = {}
    seen = set()
    for provider in registry.all_providers():
        row = provider.scheme
        way = (row.kind, row.algorithm, row.place, row.key, row.encoding, row.time, row.signed, row.item, row.is_list)
        if way in seen or provider.vector is None:
            continue
        for language in languages:
            address = f"/{language}/{provider.id}"
            with contextlib.suppress(CannotShow):
                found[address] = provider, recipe_of(sink_of(provider), f"{url}{address}")
                seen.add(way)
    return found


def check(receiver: Receiver, sent: dict[str, tuple[Provider, Recipe]]) -> None:
    refused = []
    for address, (provider, _) in sent.items():
        assert provider.vector is not None
        delivery = next((one for path, one in receiver.received.items() if path.partition("?")[0] == address), None)
        if delivery is None:
            refused.append(f"{address}: nothing was sent")
            continue
        try:
            compile_verifier(provider.scheme, [provider.vector.secret])(delivery, time.time())
        except Exception as error:
            refused.append(f"{address}: {error}")
        if provider.example.body.encode() != delivery.body:
            refused.append(f"{address}: another body")
    assert refused == []


def secret_of(provider: Provider) -> str:
    assert provider.vector is not None
    return provider.vector.secret


def test_the_python_code_is_signed_as_each_kind_of_provider_signs(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = recipes(receiver.url, "python")
    assert len(sent) > 30
    for provider, recipe in sent.values():
        monkeypatch.setenv("SECRET", secret_of(provider))
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(code.python(recipe), {})
        assert printed.getvalue() == "202 \n"
    check(receiver, sent)


def test_the_javascript_code_is_signed_as_each_kind_of_provider_signs(receiver: Receiver) -> None:
    sent = recipes(receiver.url, "javascript")
    lines = ['import { createHash, createHmac } from "node:crypto";']
    for number, (_, recipe) in enumerate(sent.values()):
        program = re.sub(r"^import .*\n", "", code.javascript(recipe), flags=re.MULTILINE)
        lines.append(f"{{\n{program.replace('process.env.SECRET', f'process.env.SECRET{number}')}\n}}")
    secrets = {f"SECRET{number}": secret_of(provider) for number, (provider, _) in enumerate(sent.values())}
    node = compute_driver_executable()[0]
    done = subprocess.run(
        [node, "--input-type=module"],
        input="\n".join(lines),
        env=secrets,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    check(receiver, sent)


def test_the_command_is_signed_as_providers_sign(receiver: Receiver) -> None:
    every = recipes(receiver.url, "shell")
    # One for each key, encoding and place of the time: a process of openssl and one of curl take long.
    ways = {
        (p.scheme.kind, p.scheme.key, p.scheme.encoding, p.scheme.place, p.scheme.time and p.scheme.time.unit): address
        for address, (p, _) in every.items()
    }
    sent = {address: every[address] for address in ways.values()}
    assert len(sent) > 10
    lines = [
        f"(\nexport SECRET='{secret_of(provider)}'\n{code.shell(recipe)} -sS\n)" for provider, recipe in sent.values()
    ]
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail"],
        input="\n".join(lines),
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    check(receiver, sent)


def test_text_of_a_body_or_a_field_never_becomes_code(receiver: Receiver) -> None:
    tricky = 'it\'s "$(exit 1)" `exit 1` ${SECRET} \\ {brace} é'
    recipe = Recipe("POST", f"{receiver.url}/tricky", (("x-text", (tricky[:-2],)),), tricky)
    shown = f"{code.shell(recipe)} -sS"
    done = subprocess.run(["bash", "-eu"], input=shown, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    in_shell = receiver.received.pop("/tricky")
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code.python(recipe), {})
    in_python = receiver.received.pop("/tricky")
    for delivery in (in_shell, in_python):
        assert delivery.body.decode() == tricky
        assert delivery.headers[b"x-text"].decode() == tricky[:-2]


def test_no_provider_is_without_an_example_and_no_example_has_a_secret() -> None:
    with_code = 0
    for provider in registry.all_providers():
        sink = sink_of(provider)
        sink.auth_token = TOKEN
        if provider.scheme.needs_secret and provider.vector is not None and provider.vector.secret:
            sink.secrets = [provider.vector.secret]
        panel = panel_of(sink, f"https://hub.example.com/app_x/{provider.id}")
        assert panel["tabs"], provider.id
        with_code += panel["tabs"][0].id == "curl"
        shown = "".join(tab.text + tab.note for tab in panel["tabs"]) + str(panel["entries"]) + str(panel["notes"])
        assert TOKEN not in shown
        if sink.encrypted_secrets:
            assert secret_of(provider) not in shown, provider.id
    assert with_code > 150


def test_a_plain_sink_has_code_with_its_token_and_method() -> None:
    sink = Sink(app=App(app_id="app_x"), path="/in", method="GET")
    assert code.shell(recipe_of(sink, "https://hub.example.com/app_x/in")) == (
        "curl -N -X GET https://hub.example.com/app_x/in"
    )
    sink.method, sink.auth_token = "ANY", TOKEN
    [curl, python, javascript, _] = panel_of(sink, "https://hub.example.com/app_x/in")["tabs"]
    assert '-H "authorization: Bearer ${TOKEN}"' in curl.text
    assert '"authorization": f"Bearer {token}",' in python.text
    assert '"authorization": `Bearer ${token}`,' in javascript.text
    assert "curl -N -X POST" in curl.text


def test_the_parameters_of_a_path_have_values() -> None:
    sink = Sink(app=App(app_id="app_x"), path="/orders/{order_id}", method="PUT")
    [curl, *_, command] = panel_of(sink, "https://hub.example.com/app_x/orders/{order_id}")["tabs"]
    assert "https://hub.example.com/app_x/orders/1 " in curl.text
    assert curl.note == "In the URL, 1 stands for order_id."
    assert "--param order_id=1" in command.text
