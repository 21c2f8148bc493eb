"""A provider of webhooks: its scheme, delivery id, handshakes and answers, read from its file in `providers/`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from sinks.expressions import compilation
from sinks.handshakes import documents
from sinks.handshakes.handshake import Handshake
from sinks.webhooks.signatures.scheme import InvalidScheme, Row, Scheme, first_fault, read_scheme


class Source(Row):
    """The part of a delivery that has its id or its type: a header field, or a JMESPath expression over the body."""

    header: str = ""
    body: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.header) == bool(self.body):
            raise ValueError("name a header or an expression over the body.")
        if self.header != self.header.lower():
            raise ValueError("write the name of the header in lower case.")
        if self.body:
            compilation.check(self.body)
        return self


class Answer(Row):
    """The answer that a provider takes."""

    statuses: tuple[Annotated[int, Field(ge=200, le=599)], Annotated[int, Field(ge=200, le=599)]] = (200, 299)
    seconds: Annotated[float, Field(gt=0)] | None = None
    body: str | None = None  # if the provider demands one; empty if it demands an empty one


class Example(Row):
    """A delivery that the console can sign and send."""

    method: str = "POST"
    query: str = ""
    headers: dict[str, str] = {}
    body: str = ""


class Vector(Row):
    """A signed delivery, made without this project's code."""

    secret: str = ""
    url: str = ""
    method: str = "POST"
    query: str = ""
    headers: dict[str, str] = {}
    body: str = ""
    now: int = 1_790_000_000


class Provider(Row):
    """A provider. `docs/providers/README.md` describes the fields of its file."""

    id: str
    name: str
    scheme: Scheme
    description: str = ""
    docs: str = ""
    secret: str = ""
    delivery_id: Source | None = None
    event_type: Source | None = None
    answer: Answer | None = None
    handshakes: tuple[Handshake, ...] = ()
    handshake_documents: tuple[dict[str, Any], ...] = ()  # as they stand in the file
    notes: str = ""
    guide: str = ""
    confidence: Literal["source", "second-hand", "unverified"] = "unverified"
    verified: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    example: Example = Example()
    vector: Vector | None = None


def read_provider(provider_id: str, document: Mapping[str, Any]) -> Provider:
    """
    Read a provider.

    Args:
        provider_id: Its id: the name of its file.
        document: The content of its file.

    Raises:
        InvalidScheme: The document is invalid. The message names the place.
    """
    if not isinstance(document, Mapping):
        raise InvalidScheme(f"{provider_id}: the file has no mapping.")
    values = {name: value for name, value in document.items() if name != "signature"}
    try:
        scheme = read_scheme(document.get("signature", {"kind": "none"}))
    except InvalidScheme as error:
        raise InvalidScheme(f"{provider_id}: signature: {error}") from None
    try:
        values["handshakes"] = documents.read(document.get("handshakes", []))
        values["handshake_documents"] = document.get("handshakes", [])
    except documents.InvalidHandshake as error:
        raise InvalidScheme(f"{provider_id}: {error}") from None
    try:
        return Provider.model_validate({**values, "id": provider_id, "scheme": scheme})
    except ValidationError as error:
        raise InvalidScheme(f"{provider_id}: {first_fault(error)}") from None
