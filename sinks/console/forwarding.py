"""Forward a delivery to another URL, as it came, or signed again with a secret of the receiver."""

import secrets
import time
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from sinks.console.listening import Came, Document
from sinks.console.sending import CannotSend, Outgoing, sent
from sinks.webhooks import registry
from sinks.webhooks.signatures.bodies import CannotSign
from sinks.webhooks.signatures.scheme import InvalidScheme, Scheme, read_scheme
from sinks.webhooks.signatures.signing import can_sign, sign

_TIMEOUT = 30  # seconds without a byte from the receiver
_IN_A_PATH = "/!$&'()*+,;=:@~"
# Of the connection, and of the hub that received the delivery (RFC 9110, section 7.6.1).
_NOT_FORWARDED = frozenset(
    {"connection", "content-length", "expect", "forwarded", "host", "keep-alive", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade", "x-real-ip"}
    | {f"x-forwarded-{name}" for name in ("for", "host", "port", "proto")}
)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The answer to a forwarded delivery."""

    status: int | None  # None if it could not be sent
    seconds: float
    error: str = ""


def forward(came: Came, url: str, secret: str, sink: Document | None) -> Forwarded:
    """
    Forward a delivery, and read the answer.

    Args:
        came: The delivery, whose request is known completely.
        url: Where to: as it is, or with the delivery's path if it has none.
        secret: The receiver's secret, with which the delivery is signed again; empty to send it as it came.
        sink: The document of the delivery's sink, whose scheme signs it; None if it is not known.

    Returns:
        The answer. A receiver that does not answer is no exception.
    """
    begun = time.monotonic()
    try:
        with sent(request_for(came, url, secret, sink), _TIMEOUT) as answer:
            for _ in answer.body:
                pass
            return Forwarded(answer.status, time.monotonic() - begun)
    except CannotSend as error:
        return Forwarded(None, time.monotonic() - begun, str(error))


def request_for(came: Came, url: str, secret: str, sink: Document | None) -> Outgoing:
    """
    Return the request that forwards a delivery; see `forward`.

    Raises:
        CannotSend: Deliveries of this sink cannot be signed with a secret.
    """
    target = urlsplit(url)
    path = target.path if target.path not in {"", "/"} else quote(came.path, safe=_IN_A_PATH)
    address = f"{target.scheme}://{target.netloc}{path}"
    query = "&".join(filter(None, (target.query, came.query)))
    headers = [(name, value) for name, value in came.headers if name.lower() not in _NOT_FORWARDED]
    scheme = scheme_of(sink) if secret and sink is not None else None
    if scheme is not None:
        stale = {*scheme.names, *(other for one in scheme.alternatives for other in one.names)}
        headers = [(name, value) for name, value in headers if name.lower() not in stale]
        try:
            if not can_sign(scheme):
                raise CannotSign("Only the provider can sign deliveries of this sink: forward them without a secret.")
            signed = sign(
                scheme,
                secret,
                method=came.method,
                url=address,
                query=query,
                headers=dict(headers),
                body=came.body or b"",
                message_id=f"msg_{secrets.token_hex(12)}",
            )
        except (CannotSign, ValueError) as error:
            raise CannotSend(str(error)) from None
        names = {name.lower() for name in signed.headers}
        headers = [*((name, value) for name, value in headers if name.lower() not in names), *signed.headers.items()]
        query = signed.query
    return Outgoing(came.method, f"{address}?{query}" if query else address, headers, came.body or b"")


def scheme_of(sink: Document) -> Scheme | None:
    """Return how the deliveries of a sink are signed, by its document; None if they are not, or in an unknown way."""
    if provider := sink.get("provider"):
        found = registry.find(provider)
        return found.scheme if found is not None and found.scheme.kind != "none" else None
    signature = sink.get("signature")
    if not isinstance(signature, dict):
        return None
    try:
        if signature.get("kind"):
            return read_scheme({name: value for name, value in signature.items() if name != "secrets"})
        if signature.get("scheme") == "hmac":
            own = {name: signature[name] for name in ("algorithm", "encoding", "prefix") if signature.get(name)}
            return read_scheme({"kind": "hmac", "name": signature["header"].lower(), "signed": "{body}", **own})
    except InvalidScheme:
        return None
    found = registry.find(str(signature.get("scheme") or ""))
    return found.scheme if found is not None else None
