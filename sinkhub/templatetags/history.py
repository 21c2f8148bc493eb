"""The entries of an object's history as text."""

import json
from typing import Any

from django import template
from django.contrib.admin.models import ADDITION, DELETION, LogEntry

register = template.Library()
_ACTIONS = {ADDITION: "Created.", DELETION: "Deleted."}


@register.filter
def change_text(entry: LogEntry) -> str:
    """Return an entry of a history as sentences, in which no label and no sentence is repeated."""
    parts = _parts(entry.change_message)
    if parts is None:
        return str(entry.get_change_message()) or _ACTIONS.get(entry.action_flag, "Changed.")
    sentences = dict.fromkeys(sentence for part in parts for sentence in [_sentence(part)] if sentence)
    return " ".join(sentences) or _ACTIONS.get(entry.action_flag, "Changed.")


def _parts(message: str) -> list[dict[str, Any]] | None:
    """Return the parts of a message that Django has made; None for a text."""
    if not message.startswith("["):
        return None
    try:
        parts = json.loads(message)
    except ValueError:
        return None
    return [part for part in parts if isinstance(part, dict)]


def _sentence(part: dict[str, Any]) -> str:
    for verb, about in part.items():
        of = f' the {about["name"]} "{about["object"]}"' if "name" in about else ""
        match verb:
            case "added":
                return f"Added{of}." if of else "Created."
            case "deleted":
                return f"Deleted{of}."
            case "changed":
                labels = list(dict.fromkeys(str(label) for label in about.get("fields", ())))
                return f"Changed {_list(labels)}{' of' + of if of else ''}." if labels else ""
    return ""


def _list(labels: list[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
