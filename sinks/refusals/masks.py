"""Masks the secrets of a sink in what is kept and shown of its refusals."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote, quote_plus

from runs.history.masking import MASK
from sinks.access.encryption import EncryptedField, Unreadable
from sinks.models import Sink

_MIN_CHARACTERS = 4  # of a secret that is masked; a shorter one would mask other text
# Members of an encrypted JSON document whose texts are no secrets.
_NO_SECRETS = frozenset({"kind", "name", "header", "algorithms", "issuer", "audience", "claims", "jwks_url"})


class SinkMasks:
    """The secrets of a sink, as they are and as they stand in a URL. They are decrypted once."""

    def __init__(self, sink: Sink) -> None:
        values = {secret for secret in _secrets(sink) if len(secret) >= _MIN_CHARACTERS}
        forms = {form for value in values for form in (value, quote(value, safe=""), quote_plus(value), quote(value))}
        # The longest first, since one secret may be a part of another.
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return a text with the secrets masked."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def value(self, value: Any) -> Any:
        """Return a JSON value, of few levels, with the secrets masked in its texts."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: self.value(member) for name, member in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(member) for member in value]
        return value


def _secrets(sink: Sink) -> Iterator[str]:
    """Yield all secrets of a sink that can be decrypted."""
    for column in sink._meta.local_fields:
        if not isinstance(column, EncryptedField):
            continue
        with suppress(Unreadable):
            text: str = getattr(sink, column.name).reveal()
            yield text
            yield from (line.strip() for line in text.splitlines())
            with suppress(ValueError, RecursionError):
                yield from _texts(json.loads(text))


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts of a JSON document that may be secrets."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            if name not in _NO_SECRETS:
                yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)
