"""A signature scheme: how a provider signs its deliveries, as a row of the registry or of a sink describes it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sinks.webhooks.signatures.signed_content import InvalidTemplate, Template, compile_template

Algorithm = Literal["sha256", "sha512", "sha1", "md5"]
Encoding = Literal["hex", "base64", "base64url"]
# The names of the functions in `verifiers`, which imports this module.
FUNCTIONS = ("adyen", "aws-sns", "ebay", "exact-online", "paypal")
MAX_TOLERANCE = 86_400  # seconds

_MAC_KEYS = frozenset({"utf8", "hex", "base64", "base64url", "whsec", "sha1"})
_PUBLIC_KEYS = frozenset({"pem", "spki-base64"})
_KEYS = {
    "hmac": _MAC_KEYS,
    "digest": frozenset({"utf8"}),
    "ed25519": frozenset({"hex", "base64", "base64url", "whpk", "pem"}),
    "ecdsa": _PUBLIC_KEYS,
    "rsa": _PUBLIC_KEYS,
    "static": frozenset({"utf8"}),
    "function": frozenset({"none", "utf8", "hex"}),
}
_ALGORITHMS = {
    "hmac": {"sha256", "sha512", "sha1", "md5"},
    "digest": {"sha256", "sha512", "sha1", "md5"},
    "ecdsa": {"sha256"},
    "rsa": {"sha256", "sha1"},
}
_FAMILIES = ({"HS256", "HS384", "HS512"}, {"RS256", "RS384", "RS512", "PS256"}, {"ES256"}, {"EdDSA"})
_COVERING = frozenset({"body", "sha256", "crc32", "form"})


class InvalidScheme(ValueError):
    """A scheme is invalid. The message names the place in the document, and what is wrong there."""


class Row(BaseModel):
    """A part of a document in the registry."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class TimeRule(Row):
    """Where a delivery has its time."""

    place: Literal["item", "header", "json", "query"] = Field(alias="in")
    name: str
    unit: Literal["s", "ms", "s-or-ms", "rfc3339", "http"] = "s"
    tolerance: Annotated[int, Field(ge=1, le=MAX_TOLERANCE)] = 300  # seconds, in either direction


class Presence(Row):
    """A part that a request must have for an alternative to apply."""

    header: str = ""
    query: str = ""


class BodyDigest(Row):
    """A digest of the body in a signed part of the request."""

    place: Literal["header", "query"] = Field(alias="in")
    name: str
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"
    encoding: Encoding = "hex"


class BodyClaim(Row):
    """A digest of the body in a claim of a JSON Web Token."""

    name: str
    encoding: Encoding = "hex"
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"


class Scheme(Row):
    """How deliveries are signed. `docs/providers/README.md` describes the fields."""

    kind: Literal["hmac", "digest", "ed25519", "ecdsa", "rsa", "jwt", "static", "function", "none"]
    algorithm: Algorithm | None = None
    place: Literal["header", "query", "form", "json", "body", "basic"] = Field("header", alias="in")
    name: str = ""
    also: tuple[str, ...] = ()
    encoding: Encoding = "hex"
    prefix: str = ""
    item: str = ""
    is_list: bool = Field(False, alias="list")
    separator: str = Field(",", min_length=1)
    assign: str = Field("=", min_length=1)
    key: str = "utf8"
    signed: str = ""
    time: TimeRule | None = None
    when: Presence | None = None
    body_digest: BodyDigest | None = None
    body_unsigned: str = ""
    algorithms: tuple[str, ...] = ()
    body_claim: BodyClaim | None = None
    issuer: str = ""
    audience: str = ""
    max_age: Annotated[int, Field(ge=1, le=MAX_TOLERANCE)] | None = None
    jwks: str = ""
    payload_is_token: bool = False
    function: str = ""
    alternatives: tuple["Scheme", ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which the signature may be found."""
        return (self.name, *self.also)

    @property
    def needs_secret(self) -> bool:
        """Whether a sink needs a secret to verify its deliveries."""
        return self.kind != "none" and self.key not in {"none", "jwks"}

    def credentials(self, place: str) -> frozenset[bytes]:
        """
        Return the names under which deliveries carry the secret itself.

        Args:
            place: header, query, form or json.
        """
        own = (name.encode() for name in self.names if self.kind == "static" and self.place == place)
        return frozenset(own).union(*(other.credentials(place) for other in self.alternatives))

    @cached_property
    def signs_url(self) -> bool:
        """Whether the public URL is signed, so that it has to be known exactly."""
        own = self.audience == "url" or "{url}" in self.signed or "{path}" in self.signed
        return own or any(other.signs_url for other in self.alternatives)

    @property
    def time_rule(self) -> TimeRule | None:
        """The rule for the time; of an alternative if the scheme itself has none."""
        return self.time or next((other.time for other in self.alternatives if other.time), None)

    def template(self) -> Template:
        """Return the compiled template of what is signed."""
        return compile_template(self.signed)

    @model_validator(mode="after")
    def _check(self) -> Self:
        for check in (_check_kind, _check_place, _check_key, _check_signed, _check_token, _check_coverage):
            check(self)
        return self


def read_scheme(document: Mapping[str, Any]) -> Scheme:
    """
    Read a scheme.

    Args:
        document: The scheme, as the key `signature` of a provider's file has it.

    Raises:
        InvalidScheme: The document is no valid scheme.
    """
    if not isinstance(document, Mapping):
        raise InvalidScheme("A scheme must be an object with a kind, such as hmac.")
    try:
        base = _in_lower_case({name: value for name, value in document.items() if name != "alternatives"})
        others = document.get("alternatives") or ()
        if not isinstance(others, list | tuple) or not all(isinstance(other, Mapping) for other in others):
            raise InvalidScheme("alternatives: this must be a list of objects.")
        merged = [{**base, **_in_lower_case({"in": base.get("in", "header")} | other)} for other in others]
        return Scheme.model_validate({**base, "alternatives": merged} if merged else base)
    except ValidationError as error:
        raise InvalidScheme(first_fault(error)) from None


def _in_lower_case(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scheme with the names of its headers in lower case, as they are compared."""
    lower = dict(document)
    if document.get("in", "header") == "header":
        if isinstance(name := document.get("name"), str):
            lower["name"] = name.lower()
        if isinstance(names := document.get("also"), list | tuple):
            lower["also"] = [name.lower() if isinstance(name, str) else name for name in names]
    for part in ("time", "body_digest"):
        rule = document.get(part)
        if isinstance(rule, Mapping) and rule.get("in") == "header":
            lower[part] = {**rule, "name": str(rule.get("name", "")).lower()}
    return lower


def first_fault(error: ValidationError) -> str:
    """Return the first fault of a validation as a sentence, with its place in the document."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def _check_kind(scheme: Scheme) -> None:
    known = _ALGORITHMS.get(scheme.kind)
    if known is None and scheme.algorithm is not None:
        raise ValueError(f"a scheme of kind {scheme.kind} has no algorithm.")
    if known is not None and scheme.algorithm not in known:
        raise ValueError(f"a scheme of kind {scheme.kind} needs an algorithm: {', '.join(sorted(known))}.")
    if (scheme.kind == "function") != bool(scheme.function):
        raise ValueError("only a scheme of kind function names a function, and it must.")
    if scheme.function and scheme.function not in FUNCTIONS:
        raise ValueError(f"function: {scheme.function!r} is unknown. Known are: {', '.join(FUNCTIONS)}.")


def _check_place(scheme: Scheme) -> None:
    nameless = scheme.kind in {"function", "none"} or scheme.place in {"body", "basic"}
    if nameless == bool(scheme.name) and scheme.place != "basic":
        raise ValueError("name the header, parameter or field that carries the signature.")
    if scheme.place == "body" and scheme.kind != "jwt":
        raise ValueError("only a token (kind jwt) can be the body.")
    if scheme.place == "basic" and scheme.kind != "static":
        raise ValueError("only a static secret can be in Basic credentials.")
    if scheme.item and scheme.is_list:
        raise ValueError("choose item or list, not both.")
    if scheme.time is not None and scheme.time.place == "item" and not (scheme.item or scheme.is_list):
        raise ValueError("the time can only be an item of a signature that has items.")


def _check_key(scheme: Scheme) -> None:
    known = _KEYS.get(scheme.kind)
    if known is not None and scheme.key not in known:
        raise ValueError(f"a key of kind {scheme.kind} is one of: {', '.join(sorted(known))}.")


def _check_signed(scheme: Scheme) -> None:
    signing = scheme.kind in {"hmac", "digest", "ed25519", "ecdsa", "rsa"}
    if not signing:
        if scheme.signed:
            raise ValueError(f"a scheme of kind {scheme.kind} has no template of what is signed.")
        return
    if not scheme.signed:
        raise ValueError("signed: say what is signed, such as {body} or {time}.{body}.")
    try:
        parts = scheme.template().names
    except InvalidTemplate as error:
        raise ValueError(f"signed: {error}") from None
    if (scheme.kind == "digest") != ("secret" in parts):
        raise ValueError("signed: {secret} is a part of what is signed for kind digest, and only there.")
    if "time" in parts and scheme.time is None:
        raise ValueError("time: say where the time is, which is signed.")


def _check_token(scheme: Scheme) -> None:
    if scheme.kind != "jwt":
        if scheme.algorithms or scheme.body_claim or scheme.jwks or scheme.payload_is_token:
            raise ValueError("algorithms, body_claim, jwks and payload_is_token belong to kind jwt.")
        return
    family = next((family for family in _FAMILIES if family.issuperset(scheme.algorithms)), None)
    if not scheme.algorithms or family is None:
        raise ValueError("algorithms: list the algorithms of one family, such as [HS256] or [RS256].")
    allowed = {"utf8", "base64"} if family is _FAMILIES[0] else {"pem", "jwks"}
    if scheme.key not in allowed:
        raise ValueError(f"key: with {scheme.algorithms[0]}, a key is one of: {', '.join(sorted(allowed))}.")
    if bool(scheme.jwks) != (scheme.key == "jwks"):
        raise ValueError("jwks: the URL of the keys belongs to key: jwks.")
    if scheme.jwks and not scheme.jwks.startswith("https://"):
        raise ValueError("jwks: the URL of the keys must begin with https://.")


def _check_coverage(scheme: Scheme) -> None:
    if scheme.kind in {"static", "function", "none"} or scheme.body_unsigned:
        return
    covered = scheme.body_digest is not None or scheme.body_claim is not None or scheme.payload_is_token
    if scheme.signed and not covered:
        covered = not _COVERING.isdisjoint(scheme.template().names)
    if not covered:
        raise ValueError(
            "the body is not signed, so anyone who sees one delivery could send others: sign {body}, or give the "
            "reason in body_unsigned."
        )
