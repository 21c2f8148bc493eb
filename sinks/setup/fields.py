"""Form fields of a sink that accept what people type: a path without its slash, a method in lower case, no JSON."""

from typing import Any

from django import forms

from sinks.models import ANY

_METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_CHOICES = [*((name, name) for name in _METHODS), (ANY, "any method")]


class PathField(forms.CharField):
    """A path, with or without the slash at its start."""

    def to_python(self, value: Any) -> Any:
        path = super().to_python(value)
        return f"/{path}" if path and not path.startswith("/") else path


class MethodField(forms.ChoiceField):
    """The method of a sink's requests."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=_CHOICES, **kwargs)

    def include(self, method: str) -> None:
        """Offer a method that a program has set, such as PROPFIND."""
        if method and method not in {*_METHODS, ANY}:
            self.choices = [*_CHOICES, (method, method)]

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).upper()


class NullableJSONField(forms.JSONField):
    """A JSON value, whose text is empty if there is none."""

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else super().prepare_value(value)
