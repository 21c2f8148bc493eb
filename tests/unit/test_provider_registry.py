"""The providers' files are valid, their vectors are accepted, and nothing else that resembles them is."""

import base64
import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import load_command_class

from sinks.expressions.compilation import compiled
from sinks.expressions.evaluation import evaluate
from sinks.webhooks import registry
from sinks.webhooks.examples import examples
from sinks.webhooks.provider import Provider, Source, Vector
from sinks.webhooks.signatures.keys import InvalidKey
from sinks.webhooks.signatures.remote_keys import remote_keys
from sinks.webhooks.signatures.signed_content import BadSignature, Delivery
from sinks.webhooks.signatures.signing import can_sign, sign
from sinks.webhooks.signatures.verification import Verifier, check_secret, compile_verifier
from tests.support.providers_pages import GUIDES, PAGES, command, pages
from tests.support.vectors import CERTIFICATES, RECIPES

PROVIDERS = {provider_id: registry.find(provider_id) for provider_id in registry.ids()}
# Providers whose times are in a token, or are read by a function.
_WITH_TIMES = {
    *("atlassian-connect", "aws-sns", "google-pubsub", "livekit", "messagebird", "monday", "paypal", "plaid"),
    *("qstash", "vonage", "wix"),
}
_YEARS = 10 * 365 * 86_400
# Deliveries that are covered in part, changed where they are covered.
_COVERED_PARTS = {
    "adyen-payments": ('"value":1130', '"value":1'),
    "aws-sns": ("Hello world!", "Hello world?"),
    "exact-online": ('"Division":1001', '"Division":1002'),
}
# The name of the signature in a body.
_SIGNATURES_IN_BODY = r"hmacSignature|HashCode|Signature|clientState|passcode|token|signature"


@dataclass(frozen=True)
class Sent:
    """A delivery as a provider sent it."""

    headers: dict[str, str]
    body: str
    method: str
    url: str  # without the query
    query: str

    def delivery(self) -> Delivery:
        """Return it as the server reads it."""
        headers = {name.lower().encode(): value.encode() for name, value in self.headers.items()}
        address = f"{self.url}?{self.query}" if self.query else self.url
        return Delivery(headers, self.body.encode(), self.method, address, self.query.encode())


def _provider(provider_id: str) -> tuple[Provider, Vector]:
    provider = PROVIDERS[provider_id]
    assert provider is not None
    assert provider.vector is not None
    return provider, provider.vector


def _sent(vector: Vector) -> Sent:
    return Sent(dict(vector.headers), vector.body, vector.method, vector.url, vector.query)


def _verifier(provider: Provider, secret: str) -> Verifier:
    return compile_verifier(provider.scheme, [secret] if provider.scheme.key != "jwks" else [])


def _of(*kinds: str) -> list[str]:
    return [name for name, found in PROVIDERS.items() if found is not None and found.scheme.kind in kinds]


def _timed() -> list[str]:
    claims = {
        "atlassian-connect",
        "google-pubsub",
        "livekit",
        "messagebird",
        "monday",
        "plaid",
        "qstash",
        "vonage",
        "wix",
    }
    rules = {name for name, found in PROVIDERS.items() if found is not None and found.scheme.time_rule is not None}
    return sorted(rules | claims | {"aws-sns", "paypal", "wix"})


_SIGNED = [name for name in PROVIDERS if name not in _of("none")]
_BODY_UNSIGNED = {name for name, found in PROVIDERS.items() if found is not None and found.scheme.body_unsigned}
_COVERING = [name for name in _SIGNED if name not in {*_of("static"), *_BODY_UNSIGNED}]


@pytest.fixture(scope="module", autouse=True)
def _published_keys() -> None:
    """Serve the keys and certificates of the vectors in place of the providers'."""
    _, sns = _provider("aws-sns")
    remote_keys.put(json.loads(sns.body)["SigningCertURL"], (CERTIFICATES / "aws-sns.pem").read_bytes())
    _, paypal = _provider("paypal")
    remote_keys.put(paypal.headers["paypal-cert-url"], (CERTIFICATES / "paypal.pem").read_bytes())
    google, vector = _provider("google-pubsub")
    remote_keys.put(google.scheme.jwks, vector.secret.encode())


@cache
def _other_key(kind: str) -> Any:
    match kind:
        case "rsa":
            return rsa.generate_private_key(65537, 2048).public_key()
        case "ecdsa":
            return ec.generate_private_key(ec.SECP256R1()).public_key()
    return ed25519.Ed25519PrivateKey.generate().public_key()


def _pem(kind: str) -> str:
    return str(_other_key(kind).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def _raw() -> bytes:
    return bytes(_other_key("ed25519").public_bytes_raw())


def _flipped(data: bytes) -> bytes:
    return bytes(byte ^ 1 for byte in data)


_OTHER_SECRETS: dict[str, Callable[[str], str]] = {
    "utf8": lambda secret: secret + "x",
    "none": lambda secret: secret + "x",
    "sha1": lambda secret: secret + "x",
    "hex": lambda secret: _flipped(bytes.fromhex(secret)).hex(),
    "base64": lambda secret: base64.b64encode(_flipped(base64.b64decode(secret))).decode(),
    "whsec": lambda secret: "whsec_" + base64.b64encode(_flipped(base64.b64decode(secret[6:]))).decode(),
}


def _another(provider: Provider, secret: str) -> str:
    """Return another secret of the same form."""
    scheme = provider.scheme
    if provider.id == "ebay" or scheme.kind == "ecdsa" or scheme.algorithms[:1] == ("ES256",):
        return _pem("ecdsa")
    if scheme.kind == "rsa" or scheme.algorithms[:1] == ("RS256",):
        return _pem("rsa")
    if scheme.kind == "ed25519":
        text = base64.b64encode(_raw()).decode()
        whole = {"hex": _raw().hex(), "base64": text, "whpk": f"whpk_{text}"}
        return whole.get(scheme.key, text.translate(str.maketrans("+/", "-_")))
    return _OTHER_SECRETS[scheme.key](secret)


def _change_text(text: str, last: bool = False) -> str:
    """Change the first character of each long run of a signature, or of the last one."""
    runs = list(re.finditer(r"[A-Za-z0-9+/_-]{16,}", text))
    assert runs, text
    for run in runs[-1:] if last else runs:
        old = text[run.start()]
        text = text[: run.start()] + ("1" if old != "1" else "0") + text[run.start() + 1 :]
    return text


def _with_signature(provider: Provider, sent: Sent, change: Callable[[str], str | None]) -> Sent:
    """Return a delivery with its signature changed, or removed where the change returns None."""
    scheme = provider.scheme
    names = {"paypal": ("paypal-transmission-sig",), "ebay": ("x-ebay-signature",)}.get(provider.id, scheme.names)
    if scheme.place == "basic":
        names = ("authorization",)
    if provider.id in {"paypal", "ebay"} or (scheme.kind != "function" and scheme.place in {"header", "basic"}):
        alternatives = [name for other in scheme.alternatives for name in other.names]
        headers = dict(sent.headers)
        for name in (*names, *alternatives):
            if name in headers and (changed := change(headers.pop(name))) is not None:
                headers[name] = changed
        return replace(sent, headers=headers)
    if scheme.place == "query":
        return replace(sent, query=change(sent.query) or "")
    if scheme.place == "form":
        name, _, rest = sent.body.partition("&")
        return replace(sent, body=f"{change(name) or 'no=thing'}&{rest}")
    if scheme.place == "body":
        return replace(sent, body=change(sent.body) or "")

    def in_body(match: re.Match[str]) -> str:
        changed = change(match[2])
        return f'"other":"{match[2]}"' if changed is None else f'"{match[1]}":"{changed}"'

    body = re.sub(rf'"({_SIGNATURES_IN_BODY})":"([^"]+)"', in_body, sent.body)
    assert body != sent.body
    return replace(sent, body=body)


def test_there_are_at_least_150_providers_with_different_names() -> None:
    names = [provider.name for provider in registry.all_providers()]
    assert len(names) >= 150
    assert len(set(names)) == len(names)
    assert sorted(RECIPES) == sorted(PROVIDERS)


def test_the_pages_of_the_providers_are_current() -> None:
    current = pages()
    assert {path.name for path in PAGES.glob("*.md")} == {f"{provider_id}.md" for provider_id in PROVIDERS}
    old = [path.name for path, text in current.items() if path.read_text() != text]
    assert old == [], "write them anew: python -m tests.support.providers_pages"
    for guide in GUIDES.values():
        assert (PAGES.parent / guide).exists()


def test_the_commands_on_the_pages_are_understood() -> None:
    parser = load_command_class("sinks", "sinks").create_parser("manage.py", "sinks")
    for provider in registry.all_providers():
        arguments = shlex.split(" ".join(command(provider)))[2:]
        assert parser.parse_args(arguments).signature == provider.id


@pytest.mark.parametrize("provider_id", PROVIDERS)
def test_the_file_of_a_provider_says_what_an_admin_needs(provider_id: str) -> None:
    provider, vector = _provider(provider_id)
    assert provider.id == provider_id
    assert urlsplit(provider.docs).scheme == "https"
    assert bool(provider.secret) or not provider.scheme.needs_secret
    assert provider.verified or provider.confidence == "unverified"
    assert provider.example.headers or provider.example.body
    if provider.scheme.needs_secret:
        check_secret(provider.scheme, vector.secret)
        with pytest.raises(InvalidKey):
            check_secret(provider.scheme, " ")
    for source in (provider.delivery_id, provider.event_type):
        if source is not None:
            _check_source(source, vector)


def _check_source(source: Source, vector: Vector) -> None:
    """Check that a delivery has its id, or its type."""
    if source.header:
        assert vector.headers[source.header]
        return
    form = "x-www-form-urlencoded" in vector.headers.get("content-type", "")
    value = dict(parse_qsl(vector.body)) if form else json.loads(vector.body)
    found = evaluate(compiled(source.body), value, 100_000)
    assert isinstance(found, str | int)
    assert found != ""


@pytest.mark.parametrize("provider_id", PROVIDERS)
def test_deliveries_signed_by_others_and_by_the_console_are_accepted(provider_id: str) -> None:
    provider, vector = _provider(provider_id)
    verify, example = _verifier(provider, vector.secret), provider.example
    verify(_sent(vector).delivery(), vector.now)
    if not can_sign(provider.scheme):
        return
    signed = sign(
        provider.scheme,
        vector.secret,
        method=example.method,
        url=vector.url,
        query=example.query,
        headers=example.headers,
        body=example.body.encode(),
        now=vector.now,
        message_id="msg_1",
    )
    sent = Sent(example.headers | signed.headers, signed.body.decode(), example.method, vector.url, signed.query)
    verify(sent.delivery(), vector.now)


def test_only_providers_with_key_pairs_or_code_have_examples_that_the_console_cannot_sign() -> None:
    kinds = {provider.scheme.kind for provider in registry.all_providers() if not can_sign(provider.scheme)}
    assert kinds == {"ed25519", "ecdsa", "rsa", "jwt", "function"}


def test_the_console_offers_the_example_of_the_sinks_provider_without_its_delivery_id() -> None:
    first, *others = examples("mercadopago")
    assert (first.name, first.query[:10]) == ("Mercado Pago", "data.id=OR")
    assert first.headers == "content-type: application/json"
    assert examples() == others
    assert [example.name for example in examples("stripe")].count("Stripe") == 1


@pytest.mark.parametrize("provider_id", _SIGNED)
def test_changed_unsigned_and_stale_deliveries_are_refused(provider_id: str) -> None:
    provider, vector = _provider(provider_id)
    verify, sent = _verifier(provider, vector.secret), _sent(vector)
    is_token = provider.scheme.kind == "jwt"
    refused = {
        "with another signature": _with_signature(provider, sent, lambda text: _change_text(text, last=is_token)),
        "without a signature": _with_signature(provider, sent, lambda text: None),
    }
    if provider_id in _COVERING:
        refused["with another body"] = replace(sent, body=_other_body(provider, vector))
    for case, other in refused.items():
        assert other != sent, case
        assert _is_refused(verify, other, vector.now), case
    if provider.scheme.key != "jwks":
        assert _is_refused(_verifier(provider, _another(provider, vector.secret)), sent, vector.now)
    rule = provider.scheme.time_rule
    for off in _offs(provider):
        assert _is_refused(verify, sent, vector.now + off), f"{off} s off"
        if rule is not None:
            verify(sent.delivery(), vector.now + rule.tolerance * (1 if off > 0 else -1))


def _is_refused(verify: Verifier, sent: Sent, now: float) -> bool:
    try:
        verify(sent.delivery(), now)
    except BadSignature:
        return True
    return False


def _other_body(provider: Provider, vector: Vector) -> str:
    old, new = _COVERED_PARTS.get(provider.id, ("", ""))
    if provider.scheme.place == "body":
        old, new = vector.body[100:110], vector.body[100:110].swapcase()
    return vector.body.replace(old, new, 1) if old else f"{vector.body} "


def _offs(provider: Provider) -> tuple[int, ...]:
    """Return by how many seconds a delivery is too old, or too early."""
    rule = provider.scheme.time_rule
    if rule is not None:
        return (rule.tolerance + 1, -rule.tolerance - 1)
    return (_YEARS, -_YEARS) if provider.id in _WITH_TIMES else ()
