"""Columns that are encrypted under SECRET_KEY: the tokens and secrets of sinks, apps' secrets, and second factors."""

import base64
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from runs.ports import SecretUnreadable


class Unreadable(SecretUnreadable):
    """The value was encrypted under another SECRET_KEY."""


class Encrypted(str):
    """A text as it is stored. An empty text is stored unchanged, so its truth value is known without a key."""

    __slots__ = ()

    @classmethod
    def of(cls, text: str) -> "Encrypted":
        """Encrypt a text under SECRET_KEY."""
        return cls(_cipher(_keys()).encrypt(text.encode()).decode() if text else "")

    def reveal(self) -> str:
        """
        Return the decrypted text.

        Raises:
            Unreadable: Neither SECRET_KEY nor any of SECRET_KEY_FALLBACKS decrypts it.
        """
        return self._decrypt(_keys())

    def renewed(self) -> "Encrypted":
        """
        Return the text encrypted under SECRET_KEY; `self` if it already is.

        Raises:
            Unreadable: Neither SECRET_KEY nor any of SECRET_KEY_FALLBACKS decrypts it.
        """
        try:
            self._decrypt(_keys()[:1])
        except Unreadable:
            return Encrypted.of(self.reveal())
        return self

    def _decrypt(self, keys: tuple[str, ...]) -> str:
        if not self:
            return ""
        try:
            return _cipher(keys).decrypt(self.encode()).decode()
        except InvalidToken:
            raise Unreadable(
                "The value was encrypted with another SECRET_KEY: add that to SECRET_KEY_FALLBACKS, or set a new value."
            ) from None


class _Column(DeferredAttribute):
    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = Encrypted(value) if isinstance(value, str) else value


class EncryptedField(models.TextField):  # type: ignore[type-arg]  # generic only in the stubs
    """A field that stores an `Encrypted`. It is not editable: forms and the API decide what they show of it."""

    descriptor_class = _Column

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"blank": True, "editable": False} | kwargs)


def reencrypt() -> Iterator[tuple[Any, list[str]]]:
    """
    Encrypt all encrypted columns again, after SECRET_KEY has changed and SECRET_KEY_FALLBACKS holds its former value.

    Yields:
        Each object with such columns, and the names of the columns that no key decrypts and that stay unchanged.
    """
    for model, names in _columns():
        for thing in model._default_manager.order_by("pk").iterator():
            unreadable = []
            for name in names:
                value: Encrypted = getattr(thing, name)
                try:
                    new = value.renewed()
                except Unreadable:
                    unreadable.append(name)
                    continue
                if new is not value:
                    # Do not overwrite a value that was set meanwhile.
                    model._default_manager.filter(pk=thing.pk, **{name: value}).update(**{name: new})
            yield thing, unreadable


def _columns() -> list[tuple[type[models.Model], list[str]]]:
    found = {
        model: [field.name for field in model._meta.local_fields if isinstance(field, EncryptedField)]
        for model in apps.get_models()
    }
    return [(model, names) for model, names in found.items() if names]


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    def fernet(key: str) -> Fernet:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sinkhub sink token").derive(key.encode())
        return Fernet(base64.urlsafe_b64encode(derived))

    return MultiFernet([fernet(key) for key in keys])


def _keys() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS))
