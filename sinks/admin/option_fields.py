"""Form fields for a workflow's options, generated from the schema of the options."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import escape
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from runs.workflows import registry
from runs.workflows.registry import Workflow
from sinks.validators import MAX_LEVELS, check_storable

LEFT_OUT = object()  # the value of an empty field: the option is omitted, and has its default


class OptionField(forms.Field):
    """A form field for an option, edited as text. If it is empty, the option has its default."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        super().__init__(required=False, initial=LEFT_OUT, **kwargs)
        self.kind = kind  # JSON type: string, integer, number or boolean; empty for any other

    def prepare_value(self, value: Any) -> Any:
        """Return a value as the text of the field."""
        if value is LEFT_OUT or (value is None and self.kind in _PLAIN):
            return ""
        if isinstance(value, _Typed):
            return str(value)
        if isinstance(value, str) and self.kind == "string":
            return value
        indent = 2 if self.kind not in _PLAIN else None
        return json.dumps(value, ensure_ascii=False, indent=indent)

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data if data is None else _Typed(data)  # displayed again as it was typed

    def to_python(self, value: Any) -> Any:
        if value in (None, ""):
            return LEFT_OUT
        value = _lines(value)
        if self.kind == "string":
            check_storable(value)
            return value
        try:
            read = json.loads(value)
            check_storable(read)
        except (ValueError, RecursionError, ValidationError) as error:
            if self.kind in {"integer", "number"}:
                raise ValidationError("Enter a number.") from None
            text = error.messages[0] if isinstance(error, ValidationError) else "This is not valid JSON."
            raise ValidationError(f"{text} Enter JSON, at most {MAX_LEVELS} levels deep, such as [1, 2].") from None
        return read

    def has_changed(self, initial: Any, data: Any) -> bool:
        return _lines(str(self.prepare_value(initial))) != _lines(data or "")

    def for_value(self, value: Any) -> "OptionField":
        """Return this field, or a field that takes JSON if this field cannot display the value unchanged."""
        choices = [choice for choice, _ in getattr(self.widget, "choices", [])]
        fits = {
            "string": isinstance(value, str) and (not choices or value in choices),
            "boolean": isinstance(value, bool),
            "integer": isinstance(value, int) and not isinstance(value, bool),
            "number": isinstance(value, int | float) and not isinstance(value, bool),
        }
        if fits.get(self.kind, True):
            return self
        return OptionField("", label=self.label, help_text=self.help_text, widget=_widget("", {}))


class _Typed(str):
    """Submitted text, which the form displays unchanged."""


def _lines(text: str) -> str:
    """Replace CR LF, with which browsers end all lines."""
    return text.replace("\r\n", "\n")


_PLAIN = {"string", "integer", "number", "boolean", "choice"}


def name_of(workflow: str, option: str) -> str:
    """Return the name of the form field for an option, which is also a JavaScript identifier."""
    return f"option_{_escaped(workflow)}__{_escaped(option)}"


def option_fields() -> dict[str, OptionField]:
    """Return the fields of all installed workflows by field name."""
    return {
        name_of(workflow.name, key): _field(key, info, workflow)
        for workflow in _installed()
        for key, info in _by_key(workflow.options)
    }


def options_of(workflow: Workflow) -> dict[str, str]:
    """Return the workflow's options, each with the name of its field."""
    return _field_names(workflow.name, workflow.options)


# The form needs these for each of its fields. Reloaded workflows have new classes.
@lru_cache(maxsize=256)
def _field_names(workflow: str, options: type[BaseModel]) -> dict[str, str]:
    return {key: name_of(workflow, key) for key, _ in _by_key(options)}


@lru_cache(maxsize=256)
def _json_schema(options: type[BaseModel]) -> dict[str, Any]:
    return options.model_json_schema()


def _by_key(options: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the options with their names in JSON."""
    for name, info in options.model_fields.items():
        alias = info.validation_alias if isinstance(info.validation_alias, str) else info.alias
        yield alias or name, info


def _installed() -> Iterator[Workflow]:
    for name in registry.names():
        if workflow := registry.find(name):
            yield workflow


def _field(name: str, info: FieldInfo, workflow: Workflow) -> OptionField:
    schema = _schema(workflow, name)
    kind = _kind(schema)
    label = (info.title or name.replace("_", " ")).capitalize()
    default = "Required" if info.is_required() else _default(info)
    bounds = ", ".join(f"{text} {schema[key]:g}" for key, text in _BOUNDS if isinstance(schema.get(key), int | float))
    about = [(info.description or "").rstrip("."), bounds[:1].upper() + bounds[1:], default]
    help_text = escape(". ".join(filter(None, about)))  # the theme renders it as HTML
    return OptionField(kind, label=label, help_text=f"{help_text}.", widget=_widget(kind, schema))


def _default(info: FieldInfo) -> str:
    if info.default_factory is not None:
        return ""
    try:
        return f"Default: {json.dumps(info.get_default(), default=str)}"
    except (TypeError, ValueError, RecursionError):  # a type that the workflow defines
        return f"Default: {info.get_default()}"


_BOUNDS = (
    ("minimum", "at least"),
    ("exclusiveMinimum", "more than"),
    ("maximum", "at most"),
    ("exclusiveMaximum", "less than"),
)


def _schema(workflow: Workflow, name: str) -> dict[str, Any]:
    """Return the JSON Schema of an option; empty if its type has no schema, or if the schema allows several types."""
    try:
        whole = _json_schema(workflow.options)
    except Exception:  # a type that the workflow defines
        return {}
    schema = dict(whole["properties"].get(name, {}))
    if several := [value for value in schema.get("anyOf", []) if value.get("type") != "null"]:
        schema = schema | several[0] if len(several) == 1 else {}
    if reference := schema.get("$ref"):
        schema = whole.get("$defs", {}).get(reference.rpartition("/")[2], {})
    return schema


def _kind(schema: dict[str, Any]) -> str:
    if schema.get("enum") and all(isinstance(value, str) for value in schema["enum"]):
        return "string"
    kind = str(schema.get("type", ""))
    return kind if kind in _PLAIN else ""


def _widget(kind: str, schema: dict[str, Any]) -> Any:
    if kind == "boolean":
        return UnfoldAdminSelectWidget(choices=[("", "default"), ("true", "yes"), ("false", "no")])
    if kind == "string" and schema.get("enum"):
        return UnfoldAdminSelectWidget(choices=[("", "default"), *((value, value) for value in schema["enum"])])
    if kind == "integer":
        return UnfoldAdminIntegerFieldWidget()
    if kind == "number":
        return UnfoldAdminDecimalFieldWidget(attrs={"step": "any"})
    # Also for strings, because they may have several lines: an input element would drop the line breaks.
    return UnfoldAdminTextareaWidget(attrs={"rows": 1 if kind == "string" else 3})


def _escaped(name: str) -> str:
    return re.sub(r"\W|_(?=_)", lambda found: f"_{ord(found[0]):x}_", name)
