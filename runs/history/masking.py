"""Masks the secrets of apps in what is shown of their runs. The records, and the answers to callers, stay exact."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from runs import ports
from runs.events.encoding import to_json

MASK = "********"
_EVENT_FIELDS = ("message", "step", "output", "error")  # of an event, with texts of the workflow


class Masks:
    """
    The secrets of apps, which are read at the first text of each app. Make one for each answer or page, so that values
    do not stay in memory. Only whole values are found: not a part of one, nor another encoding of it.
    """

    def __init__(self, known: Mapping[str, Collection[str]] | None = None) -> None:
        """
        Args:
            known: The values of the secrets of some apps, for a page that reads those of all its apps at once.
        """
        self._forms = {app_id: _forms_of(values) for app_id, values in (known or {}).items()}

    def load(self, app_ids: Collection[str]) -> None:
        """
        Read the secrets of several apps together.

        Raises:
            DatabaseError: They cannot be read.
        """
        if missing := {*app_ids} - {*self._forms}:
            found = ports.secret_values(missing)
            self._forms |= {app_id: _forms_of(found.get(app_id, ())) for app_id in missing}

    def text(self, app_id: str, text: str) -> str:
        """
        Return a text with the app's secrets masked, also where it has them as JSON or Python write them in strings.

        Raises:
            DatabaseError: The secrets cannot be read.
        """
        if text:
            for form in self._of(app_id):
                text = text.replace(form, MASK)
        return text

    def beginning(self, app_id: str, text: str) -> str:
        """Mask the app's secrets in a text that was cut: also the beginning of one at its end."""
        text = self.text(app_id, text)
        for form in self._of(app_id):
            cut = next((size for size in range(min(len(form), len(text)), 0, -1) if text.endswith(form[:size])), 0)
            text = text[: len(text) - cut]
        return text

    def value(self, app_id: str, value: Any) -> Any:
        """
        Mask the app's secrets in all texts of a JSON value, which is changed in place.

        Returns:
            The value; another one if it is a text.
        """
        if not self._of(app_id):
            return value
        holder = [value]
        containers: list[Any] = [holder]  # no recursion: an output may be nested deeply
        while containers:
            container = containers.pop()
            if isinstance(container, dict):
                members: list[tuple[Any, Any]] = [(self.text(app_id, name), inner) for name, inner in container.items()]
                container.clear()
                container.update(members)
            else:
                members = list(enumerate(container))
            for place, inner in members:
                if isinstance(inner, str):
                    container[place] = self.text(app_id, inner)
                elif isinstance(inner, dict | list):
                    containers.append(inner)
        return holder[0]

    def json(self, app_id: str, text: str) -> str:
        """Return JSON with the app's secrets masked in its texts; the same JSON if it has none."""
        if not any(form in text for form in self._of(app_id)):
            return text
        try:
            return to_json(self.value(app_id, json.loads(text)))
        except (RecursionError, ValueError):  # nested too deeply for this stack: it is shown as a text
            return self.text(app_id, text)

    def event(self, app_id: str, event: dict[str, Any]) -> dict[str, Any]:
        """Mask the app's secrets in an event, which is changed in place and returned."""
        for name in _EVENT_FIELDS:
            if name in event:
                event[name] = self.value(app_id, event[name])
        return event

    def _of(self, app_id: str) -> list[str]:
        self.load([app_id])
        return self._forms[app_id]


def _forms_of(values: Collection[str]) -> list[str]:
    escaped = (form[1:-1] for value in values for form in (to_json(value), json.dumps(value), repr(value)))
    # The longest first, since one secret may be a part of another.
    return sorted({*values, *escaped}, key=len, reverse=True)
