"""Handshakes: requests by which a provider checks a URL. The sink answers them itself, without a run."""

import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from runs.outbound.urls import host_matches
from sinks.handshakes.values import Delivery, Known, Source, Template, Unusable

_EMPTY = (b"", b"{}")  # some libraries send an empty object where there is no body
_MIN_SECRET, _MAX_SECRET = 8, 500
_MAX_URL = 2_000


class WrongVerifyToken(Exception):
    """The request does not have the sink's verify token."""


class WrongConfirmation(Exception):
    """The request asks for the confirmation of a URL that is not the provider's. The message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to a handshake."""

    name: str  # of the handshake, for the counters
    status: int
    headers: tuple[tuple[bytes, bytes], ...]  # in addition to those of every answer
    body: bytes
    content_type: bytes


@dataclass(frozen=True, slots=True)
class Condition:
    """A value that a request has, or does not have."""

    source: Source
    values: tuple[Any, ...]  # any of them; empty if any value will do
    absent: bool  # there must be no value
    needle: bytes  # is in the body if the condition holds, so that most bodies are not parsed; may be empty
    field: tuple[bytes, bytes] | None  # is among the header fields if the condition holds; None if that is not known

    def holds(self, delivery: Delivery) -> bool:
        """Return whether it holds for a request."""
        if self.needle and self.needle not in delivery.body:
            return False
        if self.field is not None and self.field not in delivery.headers:
            return False
        value = self.source.value(delivery)
        if not self.values:
            return (value is None) is self.absent
        return any(type(value) is type(expected) and value == expected for expected in self.values)


@dataclass(frozen=True, slots=True)
class Confirm:
    """A URL in the request that confirms the webhook once it is fetched, which an admin decides."""

    url: Source
    hosts: tuple[str, ...]  # patterns; * stands for one or more characters of a label
    topic: Source | None  # names what is confirmed: a newer URL replaces the one before it

    def check(self, url: object) -> str:
        """
        Return the URL of a confirmation.

        Raises:
            WrongConfirmation: It is not an https URL of the provider.
        """
        if not isinstance(url, str) or not url.isascii() or not url.isprintable() or not 0 < len(url) <= _MAX_URL:
            raise WrongConfirmation("The URL to confirm is missing, too long, or no text.")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise WrongConfirmation("The URL to confirm is invalid.") from None
        if parts.scheme != "https" or "@" in parts.netloc or "\\" in url or " " in url or port not in (None, 443):
            raise WrongConfirmation("The URL to confirm is not a plain https URL.")
        if not any(host_matches(host, pattern) for pattern in self.hosts):
            raise WrongConfirmation(f"The URL to confirm is at {host[:100]}, which is not the provider's.")
        return url


@dataclass(frozen=True, slots=True)
class Handshake:
    """A request by which a provider checks a URL, and its answer."""

    name: str
    methods: frozenset[str]
    conditions: tuple[Condition, ...]
    empty_body: bool
    after_signature: bool
    check: Source | None  # has to be the sink's verify token
    secret: Source | None  # becomes a secret of the sink
    confirm: Confirm | None
    status: int
    content_type: str
    headers: tuple[tuple[str, Template], ...]
    body: Any  # a Template, or data for JSON in which each text is one
    needs: frozenset[str]  # values of the sink without which there is no answer
    reads_body: bool
    reads_json: bool

    def matches(self, delivery: Delivery) -> bool:
        """Return whether a request is this handshake."""
        if delivery.method not in self.methods or (self.empty_body and delivery.body not in _EMPTY):
            return False
        for condition in self.conditions:
            if not condition.holds(delivery):
                return False
        return not (self.reads_json and delivery.repeats_names())

    def answer(self, delivery: Delivery, known: Known) -> Answer | None:
        """
        Return the answer to a request that matches.

        Args:
            delivery: The request.
            known: Values of the sink.

        Returns:
            The answer; None if the request is no handshake after all: a value is missing or must not be echoed, or the
            sink does not have what the answer needs.

        Raises:
            WrongVerifyToken: The request has another verify token.
            Unreadable: A value of the sink cannot be decrypted.
        """
        if self.check is not None:
            token = known.verify_token()
            if not token:
                return None
            sent = self.check.value(delivery)
            if not hmac.compare_digest(
                (sent if isinstance(sent, str) else "").encode("utf-8", "replace"), token.encode()
            ):
                raise WrongVerifyToken
        try:
            fields = [(name.encode(), _field(template, delivery, known)) for name, template in self.headers]
            body = _render(self.body, delivery, known)
        except Unusable:
            return None
        if self.content_type == "application/json":
            body = json.dumps(body, separators=(",", ":"))
        return Answer(self.name, self.status, tuple(fields), str(body).encode(), self.content_type.encode())

    def received_secret(self, delivery: Delivery) -> str | None:
        """Return the secret in a request that matches; None if it is not fit to be one."""
        value = self.secret.value(delivery) if self.secret is not None else None
        if not isinstance(value, str) or not value.isascii() or not value.isprintable() or " " in value:
            return None
        return value if _MIN_SECRET <= len(value) <= _MAX_SECRET else None

    def confirmation(self, delivery: Delivery) -> tuple[str, str]:
        """
        Return the URL that confirms the webhook, and its topic.

        Raises:
            WrongConfirmation: The URL is not the provider's.
        """
        if self.confirm is None:
            raise WrongConfirmation("This handshake confirms nothing.")
        topic = self.confirm.topic.value(delivery) if self.confirm.topic is not None else ""
        is_text = isinstance(topic, str) and topic.isprintable()
        return self.confirm.check(self.confirm.url.value(delivery)), topic if is_text else ""


def _field(template: Template, delivery: Delivery, known: Known) -> bytes:
    value = template.render(delivery, known)
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise Unusable
    return value.encode()


def _render(data: Any, delivery: Delivery, known: Known) -> Any:
    if isinstance(data, Template):
        return data.render(delivery, known)
    if isinstance(data, dict):
        return {name: _render(value, delivery, known) for name, value in data.items()}
    if isinstance(data, list):
        return [_render(value, delivery, known) for value in data]
    return data


@dataclass(frozen=True, slots=True)
class Handshakes:
    """The handshakes of a sink, by when they are answered."""

    early: tuple[Handshake, ...]  # before the body is read
    before: tuple[Handshake, ...]  # before the signature is verified
    after: tuple[Handshake, ...]  # after that
    early_methods: frozenset[str]
    bodiless_methods: frozenset[str]  # of those that are known without a body, signed or not

    @classmethod
    def of(cls, handshakes: tuple[Handshake, ...]) -> "Handshakes":
        early = tuple(one for one in handshakes if not one.after_signature and not one.reads_body)
        return cls(
            early=early,
            before=tuple(one for one in handshakes if not one.after_signature and one.reads_body),
            after=tuple(one for one in handshakes if one.after_signature),
            early_methods=frozenset(method for one in early for method in one.methods),
            bodiless_methods=frozenset(
                method for one in handshakes if not one.reads_body for method in one.methods if method != "POST"
            )
            | frozenset(method for one in early for method in one.methods),
        )

    @property
    def takes_secret(self) -> bool:
        """Whether the provider sends its secret in a first request."""
        return any(one.secret is not None for one in (*self.early, *self.before, *self.after))

    def find(self, name: str) -> Handshake | None:
        return next((one for one in (*self.early, *self.before, *self.after) if one.name == name), None)
