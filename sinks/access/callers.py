"""The callers that a sink admits: who has a credential of `access.any`, and comes from a network of `access.ip`."""

import binascii
import json
import time
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from sinks.access import credential_headers, json_web_tokens
from sinks.access.bearer_tokens import is_one_of
from sinks.access.caller_rules import Entry, Network, parse_address
from sinks.access.encryption import Encrypted, Unreadable
from sinks.access.json_web_tokens import InvalidToken, Key, UnknownKey
from sinks.access.jwks import KeySets, KeySetUnavailable

BEARER = (b"www-authenticate", b"Bearer")
BASIC = (b"www-authenticate", b'Basic realm="SinkHub", charset="UTF-8"')  # RFC 7617, section 2.1
_BOM = b"\xef\xbb\xbf"

Header = tuple[bytes, bytes]


class NotAdmitted(Exception):
    """The caller is not admitted. `reason` is for the admin; it contains no credential."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Sent:
    """The parts of a request that can be credentials."""

    headers: Sequence[Header]
    query_string: bytes

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of a header field."""
        return [value for field, value in self.headers if field == name]

    def parameters(self, name: bytes) -> list[bytes]:
        """Return the values of a parameter of the query."""
        pairs = (part.partition(b"=") for part in self.query_string.removeprefix(_BOM).split(b"&"))
        return [_decoded(value) for sent, _, value in pairs if _decoded(sent) == name]

    def authorization(self, scheme: bytes) -> bytes | None:
        """Return the credentials of an Authorization field with this scheme; None if there is no such field."""
        for value in self.values(b"authorization"):
            sent, _, credentials = value.partition(b" ")
            if sent.lower() == scheme:
                return credentials.strip(b" ")
        return None


class Caller(Protocol):
    """One entry of `access.any`."""

    async def fault(self, sent: Sent, key_sets: KeySets) -> str | None:
        """Return None if the request has the credential, an empty text if it has none, or why it is not valid."""


@dataclass(frozen=True, slots=True)
class _Bearer:
    tokens: tuple[bytes, ...]

    async def fault(self, sent: Sent, key_sets: KeySets) -> str | None:
        token = sent.authorization(b"bearer")
        if token is None:
            return ""
        return None if is_one_of(token, self.tokens) else "the bearer token is another one"


@dataclass(frozen=True, slots=True)
class _OldBearer:
    """A token that the sink's `auth_token` has replaced, and that is valid for a time."""

    token: bytes
    until: float  # seconds since 1970

    async def fault(self, sent: Sent, key_sets: KeySets) -> str | None:
        token = sent.authorization(b"bearer")
        is_valid = token is not None and is_one_of(token, (self.token,)) and time.time() < self.until
        return None if is_valid else ""  # the entry of the present token has the reason


@dataclass(frozen=True, slots=True)
class _Basic:
    pairs: tuple[bytes, ...]  # user:password

    async def fault(self, sent: Sent, key_sets: KeySets) -> str | None:
        credentials = sent.authorization(b"basic")
        if credentials is None:
            return ""
        try:
            pair = b64decode(credentials, validate=True)
        except (binascii.Error, ValueError):
            return "the Basic credentials are not base64"
        if b":" not in pair:
            return "the Basic credentials have no colon"
        return None if is_one_of(pair, self.pairs) else "the user or the password is wrong"


@dataclass(frozen=True, slots=True)
class _Named:
    """A header field or a parameter of the query with one of some values."""

    name: bytes
    accepted: tuple[bytes, ...]
    in_query: bool

    async def fault(self, sent: Sent, key_sets: KeySets) -> str | None:
        values = sent.parameters(self.name) if self.in_query else sent.values(self.name)
        where = f"the {'parameter' if self.in_query else 'header'} {self.name.decode('utf-8', 'replace')}"
        if not values:
            return ""
        if len(values) > 1:  # others may read another one of them
            return f"{where} is sent more than once"
        return None if is_one_of(values[0], self.accepted) else f"{where} has another value"


@dataclass(frozen=True, slots=True)
class _Jwt:
    header: bytes
    keys: tuple[Key, ...]  # empty if they are published
    url: str
    algorithms: tuple[str, ...]
    issuer: str | None
    audience: str | tuple[str, ...] | None
    claims: dict[str, Any]
    max_age: float | None
    leeway: float

    async def fault(self, sent: Sent, key_sets: KeySets) -> str | None:
        token = self._token(sent)
        if token is None:
            return ""
        if token.count(b".") != 2:  # before keys are fetched
            return "the token is no JSON Web Token"
        try:
            keys = self.keys or await key_sets.keys(self.url)
            try:
                self._verify(token, keys)
            except UnknownKey:
                if not self.url or (newer := await key_sets.refresh(self.url)) is keys:
                    raise
                self._verify(token, newer)
        except InvalidToken as invalid:
            return f"the JSON Web Token is not valid: {invalid.reason}"
        return None

    def _token(self, sent: Sent) -> bytes | None:
        if self.header == b"authorization":
            return sent.authorization(b"bearer")
        values = sent.values(self.header)
        if len(values) != 1:
            return None
        scheme, _, rest = values[0].partition(b" ")
        return rest.strip(b" ") if scheme.lower() == b"bearer" else values[0]

    def _verify(self, token: bytes, keys: tuple[Key, ...]) -> None:
        json_web_tokens.verify(
            token,
            keys,
            algorithms=self.algorithms,
            issuer=self.issuer,
            audience=self.audience,
            max_age=self.max_age,
            claims=self.claims,
            now=time.time(),
            leeway=self.leeway,
        )


class Access:
    """How callers of a sink authenticate. The secrets are decrypted at the first use."""

    __slots__ = (
        "_callers",
        "_encrypted",
        "_networks",
        "_old_token",
        "_old_token_until",
        "_token",
        "challenges",
        "detail",
        "fields",
        "has_credentials",
        "log_until",
        "parameters",
    )

    def __init__(
        self,
        entries: Sequence[Entry],
        encrypted: Encrypted,
        token: Encrypted,
        networks: tuple[Network, ...] = (),
        log_until: float = 0.0,
        old_token: Encrypted | None = None,
        old_token_until: float = 0.0,
    ) -> None:
        """
        Args:
            entries: The entries of `access.any`, with masks.
            encrypted: The same entries with their secrets, as JSON.
            token: The sink's `auth_token`, which counts as one more entry.
            networks: The networks from which requests may come; empty for all.
            log_until: The time until which requests are admitted in any case, in seconds since 1970.
            old_token: The token that the `auth_token` has replaced; None if there is none.
            old_token_until: The time until which it is valid, in seconds since 1970.
        """
        self._encrypted = encrypted
        self._token = token
        self._old_token = old_token
        self._old_token_until = old_token_until
        self._networks = networks
        self._callers: tuple[Caller, ...] | None = None
        self.has_credentials = bool(encrypted or token)
        self.log_until = log_until
        ways = _ways(entries, has_token=bool(token))
        self.detail = f"Missing or invalid credential. Send {' or '.join(ways)}."  # of a refusal
        self.challenges = _challenges(entries, has_token=bool(token))  # RFC 9110, section 11.6.1
        self.fields = credential_headers.FIELDS | credential_fields(entries)
        self.parameters = frozenset(entry["name"].encode() for entry in entries if entry["kind"] == "query")

    def callers(self) -> tuple[Caller, ...]:
        """
        Return the entries, ready for use.

        Raises:
            Unreadable: They cannot be decrypted.
        """
        if self._callers is None:
            token = self._token.reveal().encode()
            stored = json.loads(self._encrypted.reveal() or "[]")
            try:
                found = [_caller(entry) for entry in stored]
            except (KeyError, TypeError, ValueError, json_web_tokens.InvalidKey):
                raise Unreadable("The credentials of the sink's callers are damaged: set them again.") from None
            old = self._old_token.reveal().encode() if token and self._old_token is not None else b""
            self._callers = (
                *((_Bearer((token,)),) if token else ()),
                *((_OldBearer(old, self._old_token_until),) if old else ()),
                *found,
            )
        return self._callers

    async def check_credential(self, sent: Sent, key_sets: KeySets) -> None:
        """
        Check that a request has one of the credentials, if there are any.

        Raises:
            NotAdmitted: It has none.
            KeySetUnavailable: It has a token whose key set cannot be fetched.
            Unreadable: The credentials cannot be decrypted.
        """
        callers = self.callers()
        if not callers:
            return
        faults = []
        unavailable: KeySetUnavailable | None = None
        for caller in callers:
            try:
                fault = await caller.fault(sent, key_sets)
            except KeySetUnavailable as error:
                unavailable = error
                continue
            if fault is None:
                return
            faults.append(fault)
        if unavailable is not None:
            raise unavailable
        reasons = "; ".join(dict.fromkeys(filter(None, faults)))
        raise NotAdmitted(reasons or "no credential was sent")

    def check_network(self, client: str) -> None:
        """
        Check that a request comes from an allowed network.

        Args:
            client: The client's address; behind a trusted proxy, that of the proxy's client.

        Raises:
            NotAdmitted: It does not.
        """
        if not self._networks:
            return
        address = parse_address(client)
        if address is None or not any(address in network for network in self._networks):
            raise NotAdmitted("the address is not in an allowed network")


def without_parameters(query_string: bytes, names: frozenset[bytes]) -> bytes:
    """Return a query string without the parameters of these names. The rest stays byte for byte."""
    bom = _BOM if query_string.startswith(_BOM) else b""
    parts = query_string.removeprefix(_BOM).split(b"&")
    kept = [part for part in parts if _decoded(part.partition(b"=")[0]) not in names]
    return query_string if len(kept) == len(parts) else bom + b"&".join(kept)


def credential_fields(entries: Sequence[Entry]) -> frozenset[bytes]:
    """Return the names, in lower case, of the header fields in which callers send their credentials."""
    names = [entry["name" if entry["kind"] == "header" else "header"] for entry in entries if _is_named(entry)]
    return frozenset(name.lower().encode() for name in names)


def _is_named(entry: Entry) -> bool:
    return entry["kind"] == "header" or "header" in entry


def _caller(entry: Entry) -> Caller:
    kind = entry["kind"]
    if kind == "bearer":
        return _Bearer(tuple(token.encode() for token in entry["tokens"]))
    if kind == "basic":
        return _Basic(tuple(f"{user}:{password}".encode() for user, password in entry["users"].items()))
    if kind in {"header", "query"}:
        in_query = kind == "query"
        name = entry["name"] if in_query else entry["name"].lower()
        return _Named(name.encode(), tuple(value.encode() for value in entry["values"]), in_query)
    algorithms, key, audience = entry["algorithms"], entry.get("key"), entry.get("audience")
    text = key if isinstance(key, str | None) else json.dumps(key)
    return _Jwt(
        header=entry.get("header", "authorization").lower().encode(),
        keys=json_web_tokens.read_keys(text, algorithms) if text is not None else (),
        url=entry.get("jwks_url", ""),
        algorithms=tuple(algorithms),
        issuer=entry.get("issuer"),
        audience=tuple(audience) if isinstance(audience, list) else audience,
        claims=entry.get("claims", {}),
        max_age=entry.get("max_age"),
        leeway=entry.get("leeway", json_web_tokens.LEEWAY),
    )


def _challenges(entries: Sequence[Entry], *, has_token: bool) -> tuple[Header, ...]:
    bearer = has_token or any(
        entry["kind"] == "bearer" or (entry["kind"] == "jwt" and _is_authorization(entry)) for entry in entries
    )
    basic = any(entry["kind"] == "basic" for entry in entries)
    return (*((BEARER,) if bearer else ()), *((BASIC,) if basic else ()))


def _is_authorization(entry: Entry) -> bool:
    return bool(entry.get("header", "authorization").lower() == "authorization")


def _ways(entries: Sequence[Entry], *, has_token: bool) -> list[str]:
    """Return how a caller can authenticate, for a message."""
    ways = ["'Authorization: Bearer <token>'"] if has_token else []
    for entry in entries:
        kind, name = entry["kind"], entry.get("name", "")
        if kind == "bearer":
            ways.append("'Authorization: Bearer <token>'")
        elif kind == "basic":
            ways.append("a user and password (Basic)")
        elif kind == "header":
            ways.append(f"the header '{name}'")
        elif kind == "query":
            ways.append(f"the query parameter '{name}'")
        elif _is_authorization(entry):
            ways.append("a JSON Web Token as 'Authorization: Bearer <token>'")
        else:
            ways.append(f"a JSON Web Token in the header '{entry['header']}'")
    return list(dict.fromkeys(ways))


def _decoded(text: bytes) -> bytes:
    text = text.replace(b"+", b" ")
    return unquote_to_bytes(text) if b"%" in text else text
