"""Write docs/providers/ from the providers' files: `python -m tests.support.providers_pages`."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sinks.webhooks.provider import Provider, Source
    from sinks.webhooks.signatures.scheme import Scheme, TimeRule

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "providers"
PAGES = FOLDER / "reference"
GUIDES = {  # pages written by hand, with the steps at the provider
    "github": "github.md",
    "meta": "meta.md",
    "shopify": "shopify.md",
    "slack": "slack.md",
    "standard": "standard-webhooks.md",
    "stripe": "stripe.md",
}
_PAGE = "[Handshakes](../../handshakes.md)"
_BEGIN, _END = "<!-- written from the providers' files -->\n", "<!-- end -->\n"
_ALGORITHMS = {"sha256": "SHA-256", "sha512": "SHA-512", "sha1": "SHA-1", "md5": "MD5"}
_KEYS = {
    "hex": "The secret is hexadecimal.",
    "base64": "The secret is base64.",
    "base64url": "The secret is base64url.",
    "whsec": "The secret is base64, after `whsec_`.",
    "whpk": "The public key is base64, after `whpk_`.",
    "sha1": "The key is the SHA-1 digest of the secret.",
    "pem": "The public key is a PEM block or a JWK.",
    "spki-base64": "The public key is base64 of DER.",
}
_UNITS = {
    "s": "in seconds",
    "ms": "in milliseconds",
    "s-or-ms": "in seconds or milliseconds",
    "rfc3339": "as RFC 3339",
    "http": "as an HTTP date",
}
_FUNCTIONS = {
    "adyen": "`additionalData.hmacSignature` of each item has the HMAC-SHA256 (base64) of eight of its fields.",
    "aws-sns": "`Signature` in the body has an RSA signature, by the certificate at `SigningCertURL`, of named fields.",
    "ebay": "The header `x-ebay-signature` has an ECDSA signature of the body, in base64 of JSON.",
    "exact-online": "`HashCode` in the body has the HMAC-SHA256 (hex) of the text of `Content`.",
    "paypal": "The header `paypal-transmission-sig` has an RSA signature, by the certificate at `paypal-cert-url`, of "
    "the transmission's id and time, the webhook's id, and the body's CRC-32.",
}
_CONFIDENCE = {
    "source": "read in the provider's documents or code, or accepted by its library",
    "second-hand": "read in another project's code",
    "unverified": "from memory",
}


def page(provider: "Provider") -> str:
    """Return the text of a provider's page."""
    rows = {
        "Provider": f"`{provider.id}`",
        "Documentation": f"<{provider.docs}>",
        "Secret" if provider.scheme.needs_secret else "Secret (not needed)": provider.secret,
        "Signature": signature(provider.scheme),
        "Time": time(provider.scheme.time_rule) if provider.scheme.time_rule else "",
        "Not signed": provider.scheme.body_unsigned and f"{provider.scheme.body_unsigned}.",
        "Public URL": "The URL is signed: enter it in the sink exactly as at the provider." * provider.scheme.signs_url,
        "Delivery id": source(provider.delivery_id),
        "Event type": source(provider.event_type),
        "Answer": answer(provider),
        "Confidence": _CONFIDENCE[provider.confidence],
    }
    parts = [f"# {provider.name}\n"]
    if provider.description:
        parts.append(f"{provider.description}\n")
    if guide := GUIDES.get(provider.id):
        parts.append(f"The steps at the provider: [{provider.name}](../{guide}).\n")
    table = [f"| {name} | {_cell(value)} |" for name, value in rows.items() if value]
    parts.append("\n".join(["| | |", "| --- | --- |", *table]) + "\n")
    if provider.notes:
        parts.append(f"{provider.notes}\n")
    parts.append("## In the sink\n\n```text\n" + " \\\n  ".join(command(provider)) + "\n```\n")
    if provider.handshake_documents:
        parts.append("## Handshakes\n")
        parts.append("\n".join(f"- {handshake(one)}" for one in provider.handshake_documents) + "\n")
    example = provider.example
    target = f"/app_shop/{provider.id}" + (f"?{example.query}" if example.query else "")
    head = [f"{example.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in example.headers.items())]
    body = f"\n\n{example.body}" if example.body else ""
    parts.append("## An example\n\nWithout its signature.\n\n```http\n" + "\n".join(head) + f"{body}\n```\n")
    facts = [f"- {_plain(fact)}" for fact in provider.verified]
    facts += [f"- Not verified: {_plain(fact)}" for fact in provider.unverified]
    parts.append("## Where this was read\n\n" + "\n".join(facts) + "\n")
    return "\n".join(parts)


def command(provider: "Provider") -> list[str]:
    """Return the command that makes a sink for a provider, in groups of options."""
    name = provider.id.upper().replace("-", "_")
    parts = [
        f"manage.py sinks create --app app_shop --path /{provider.id} --workflow echo",
        f"--provider {provider.id}",
    ]
    if provider.scheme.needs_secret and not any("secret" in one for one in provider.handshake_documents):
        parts[1] += f" --secret-env {name}_SECRET"
    handshakes = json.dumps(provider.handshake_documents)
    if provider.scheme.signs_url or "+url}" in handshakes:
        parts.append(f"--public-url https://hub.example.com/app_shop/{provider.id}")
    if "verify_token" in handshakes:
        parts.append(f"--verify-token-env {name}_VERIFY_TOKEN")
    return parts


def signature(scheme: "Scheme") -> str:
    """Return a scheme in words."""
    others = [f"Or: {_signature(other)}" for other in scheme.alternatives]
    return " ".join([_signature(scheme), *others])


def _signature(scheme: "Scheme") -> str:
    match scheme.kind:
        case "none":
            return "None."
        case "function":
            return _FUNCTIONS[scheme.function]
        case "static":
            return f"{_place(scheme)} has {_prefixed(scheme, 'the secret itself')}, so the body is not signed."
        case "jwt":
            return " ".join(_token(scheme))
    made = f"the {_made(scheme)} ({scheme.encoding}) of `{_visible(scheme.signed)}`"
    if scheme.item:
        names = "any name" if scheme.item == "*" else f"`{scheme.item}`"
        assign = _visible(scheme.assign)
        made = f"items, separated by `{_visible(scheme.separator)}`; those of {names} (after `{assign}`) have {made}"
    elif scheme.is_list:
        made = f"values, separated by `{_visible(scheme.separator)}`, of which one is {made}"
    parts = [f"{_place(scheme)} has {_prefixed(scheme, made)}."]
    if scheme.body_digest is not None:
        rule = scheme.body_digest
        parts.append(f"The {rule.place} `{rule.name}` has the {_ALGORITHMS[rule.algorithm]} digest of the body.")
    if scheme.key in _KEYS:
        parts.append(_KEYS[scheme.key])
    return " ".join(parts)


def _token(scheme: "Scheme") -> Iterator[str]:
    yield f"{_place(scheme)} has {_prefixed(scheme, 'a JSON Web Token')} ({', '.join(scheme.algorithms)})."
    if scheme.body_claim is not None:
        claim = scheme.body_claim
        digest = f"{_ALGORITHMS[claim.algorithm]} digest of the body ({claim.encoding})"
        yield f"Its claim `{claim.name}` has the {digest}."
    if scheme.issuer:
        yield f"Its issuer is `{scheme.issuer}`."
    if scheme.audience:
        yield f"Its audience is {'the public URL' if scheme.audience == 'url' else f'`{scheme.audience}`'}."
    if scheme.max_age:
        yield f"It is valid for {scheme.max_age} s."
    if scheme.jwks:
        yield f"Its key is one of <{scheme.jwks}>."
    elif scheme.key in _KEYS:
        yield _KEYS[scheme.key]


def _made(scheme: "Scheme") -> str:
    algorithm = _ALGORITHMS.get(scheme.algorithm or "", "")
    match scheme.kind:
        case "hmac":
            return f"HMAC-{algorithm.replace('-', '')}"
        case "digest":
            return f"{algorithm} digest"
        case "ed25519":
            return "Ed25519 signature"
    return f"{scheme.kind.upper()} signature with {algorithm}"


def _place(scheme: "Scheme") -> str:
    names = [f"`{name}`" for name in scheme.names if name]
    listed = names[0] if len(names) == 1 else " or ".join(names)
    if len(names) > 3:
        listed = f"{names[0]} to {names[-1]}"
    match scheme.place:
        case "basic":
            return "`Authorization` (Basic)"
        case "body":
            return "The body"
        case "json":
            return f"{listed} in the body"
        case "form":
            return f"The form field {listed}"
        case "query":
            return f"The parameter {listed} of the query"
    return f"The header {listed}"


def _prefixed(scheme: "Scheme", text: str) -> str:
    return f"`{scheme.prefix.strip()}` and {text}" if scheme.prefix else text


def time(rule: "TimeRule") -> str:
    """Return in words where the time of a delivery is."""
    kinds = {"item": "the item", "header": "the header", "json": "the body's", "query": "the parameter"}
    return f"{kinds[rule.place]} `{rule.name}`, {_UNITS[rule.unit]}; {rule.tolerance} s are allowed"


def source(where: "Source | None") -> str:
    """Return in words where a delivery has its id, or its type."""
    if where is None:
        return ""
    return f"header `{where.header}`" if where.header else f"body `{where.body}`"


def answer(provider: "Provider") -> str:
    """Return in words which answer a provider takes."""
    taken = provider.answer
    if taken is None:
        return ""
    low, high = taken.statuses
    statuses = "any 2xx" if (low, high) == (200, 299) else f"{low}" if low == high else f"{low} to {high}"
    seconds = f" within {taken.seconds:g} s" if taken.seconds else ""
    body = "" if taken.body is None else f", with the body `{taken.body}`" if taken.body else ", with an empty body"
    return f"{statuses}{seconds}{body}"


def handshake(one: Mapping[str, Any]) -> str:
    """Return a handshake in words."""
    conditions = []
    for place, wanted in one["when"].items():
        if place == "method":
            conditions.append(f"the method {wanted if isinstance(wanted, str) else ' or '.join(wanted)}")
        elif place == "empty_body":
            conditions.append("an empty body")
        else:
            conditions += [f"{_absent(value)}{place} `{name}`{_value(value)}" for name, value in wanted.items()]
    reply = one.get("answer", {})
    with_what = [f"header `{name}: {value}`" for name, value in reply.get("headers", {}).items()]
    if body := reply.get("body"):
        with_what.append(f"`{body if isinstance(body, str) else json.dumps(body)}`")
    parts = [f"`{one['name']}`: a request with {_joined(conditions)} is answered with {reply.get('status', 200)}"]
    if with_what:
        parts.append(f" and {_joined(with_what)}")
    if not one.get("after_signature", True):
        parts.append(", whether it is signed or not")
    if check := one.get("check"):
        [(place, name)] = check.items()
        parts.append(f", if {place} `{name}` is the sink's verify token")
    parts.append(".")
    if one.get("secret"):
        parts.append(f" Its value becomes the sink's secret, while an admin waits for it: see {_PAGE}.")
    if one.get("confirm"):
        parts.append(f" Its URL is fetched when an admin confirms it: see {_PAGE}.")
    return "".join(parts)


def _absent(value: Any) -> str:
    return "no " if value is False else ""


def _value(value: Any) -> str:
    if value is True or value is False:
        return ""
    values = value if isinstance(value, list | tuple) else [value]
    return " " + " or ".join(f"`{one}`" for one in values)


def _joined(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _visible(text: str) -> str:
    return text.replace("\n", "\\n")


def _plain(text: str) -> str:
    return text.replace("<", "\\<")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def table(providers: "tuple[Provider, ...]") -> str:
    """Return the table of all providers."""
    lines = ["| provider | id | signed by | delivery id |", "| --- | --- | --- | --- |"]
    for provider in providers:
        kind = "nothing" if provider.scheme.kind == "none" else "a secret" if provider.scheme.kind == "static" else ""
        if not kind:
            kind = {"function": "code", "jwt": "JWT"}.get(provider.scheme.kind) or _made(provider.scheme)
        where = source(provider.delivery_id)
        lines.append(f"| [{provider.name}](reference/{provider.id}.md) | `{provider.id}` | {kind} | {_cell(where)} |")
    return "\n".join(lines) + "\n"


def index(text: str, providers: "tuple[Provider, ...]") -> str:
    """Return the text of docs/providers/README.md with the current table of providers."""
    before, _, rest = text.partition(_BEGIN)
    after = rest.partition(_END)[2]
    return f"{before}{_BEGIN}\n{table(providers)}\n{_END}{after}"


def pages() -> dict[Path, str]:
    """Return the current texts of all pages, by path."""
    from sinks.webhooks import registry

    providers = registry.all_providers()
    readme = FOLDER / "README.md"
    return {readme: index(readme.read_text(), providers)} | {
        PAGES / f"{provider.id}.md": page(provider) for provider in providers
    }


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sinkhub.settings")
    django.setup()
    PAGES.mkdir(exist_ok=True)
    written = pages()
    for path in PAGES.glob("*.md"):
        if path not in written:
            path.unlink()
    for path, content in written.items():
        path.write_text(content)
