"""Deliveries that are CloudEvents (version 1.0), in structured or in binary mode, as dicts."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from runs.delivery.json_parsing import parse_json
from runs.delivery.xml_parsing import is_xml, parse_xml

_STRUCTURED = "application/cloudevents+json"
_PREFIX = "ce-"
_REQUIRED = ("specversion", "id", "source", "type")


def read_event(
    headers: Mapping[str, str], json: Callable[[], Any], content: Callable[[], Any]
) -> dict[str, Any] | None:
    """
    Return the event of a delivery.

    Args:
        headers: The header fields, with names in lower case.
        json: Returns the body as JSON; called in structured mode.
        content: Returns the body as a value; called in binary mode, in which the body is the event's data.

    Returns:
        The attributes of the event, such as `id`, `source`, `type`, `subject` and `time`, and its `data`; None if the
        delivery is no CloudEvent, or a batch of several.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _STRUCTURED:
        document = json()
        return _structured(document) if isinstance(document, dict) and _is_event(document) else None
    if "ce-specversion" not in headers:
        return None
    # Values are percent-encoded (HTTP Protocol Binding, section 3.1.3.2).
    event: dict[str, Any] = {
        name.removeprefix(_PREFIX): unquote(value) for name, value in headers.items() if name.startswith(_PREFIX)
    }
    if not _is_event(event):
        return None
    if "content-type" in headers:
        event["datacontenttype"] = headers["content-type"]
    event["data"] = content()
    return event


def _is_event(attributes: Mapping[str, Any]) -> bool:
    return all(isinstance(attributes.get(name), str) and attributes[name] for name in _REQUIRED)


def _structured(document: dict[str, Any]) -> dict[str, Any]:
    event = {name: value for name, value in document.items() if name != "data_base64"}
    kind = str(event.get("datacontenttype") or "")
    encoded = document.get("data_base64")
    if isinstance(encoded, str):
        try:
            event["data"] = _decoded(base64.b64decode(encoded, validate=True), kind)
        except binascii.Error:
            event["data"] = encoded
    elif isinstance(data := event.get("data"), str) and is_xml(kind):
        parsed = parse_xml(data)
        event["data"] = data if parsed is None else parsed
    return event


def _decoded(data: bytes, kind: str) -> Any:
    """Return bytes as a value: as JSON or XML by their type, or as text, or else in base64."""
    parsed = parse_xml(data) if is_xml(kind) else None
    if parsed is None and "json" in kind:
        parsed = parse_json(data)
    if parsed is not None:
        return parsed
    try:
        return data.decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()
