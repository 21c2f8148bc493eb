"""
Forms of objects that several users edit: saving one writes only the fields that its user has changed since it was
opened, and reports the fields that somebody else has changed as well.

Each field has a hidden input with the value that the form showed (Django's `show_hidden_initial`). A submitted form is
compared with it, and brought up to date before it is validated, so that validation, the history and a form that is
shown again all see the current values.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField

_MAX_SHOWN = 200  # characters of a current value in an error


class StaleForm(forms.ModelForm):
    """A form that never undoes what somebody else has saved since it was opened."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.edited: set[str] = set()  # the fields that the user has changed
        self.kept: list[str] = []  # the fields that somebody else has changed, and the user has not
        self._conflicts: dict[str, str] = {}  # the fields that both have changed, with their current values

    def bring_up_to_date(self) -> None:
        """Compare the submitted values with those that the form showed. Call it once all fields exist."""
        if self.instance.pk is None:
            return
        for field in self.fields.values():
            field.show_hidden_initial = not field.disabled
        if not self.is_bound:
            return
        self.data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        for name, field in self.fields.items():
            if not field.disabled:
                self._compare(name, self[name])

    def _compare(self, name: str, bound: BoundField) -> None:
        field, submitted = bound.field, bound.data
        current = _text(field, bound.initial)
        shown = self.data.get(bound.html_initial_name, current)  # programs need not send it
        self.data[bound.html_initial_name] = current  # type: ignore[index]
        if not _differs(field, shown, submitted):
            if _differs(field, shown, current):
                self.kept.append(name)
                self._submit(bound, current)
            return
        self.edited.add(name)
        if _differs(field, shown, current) and _differs(field, current, submitted):
            self._conflicts[name] = current

    def _submit(self, bound: BoundField, value: str) -> None:
        """Replace a submitted value."""
        if not isinstance(bound.field.widget, forms.CheckboxInput):
            self.data[bound.html_name] = value  # type: ignore[index]
        elif value == "True":
            self.data[bound.html_name] = "on"  # type: ignore[index]
        else:
            self.data.pop(bound.html_name, None)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        for name, current in self._conflicts.items():
            self.add_error(name, _conflict(self.fields[name], current))
        return data


def _text(field: forms.Field, value: Any) -> str:
    """Return a value as the hidden input of its field shows it."""
    text = field.hidden_widget().format_value(field.prepare_value(value))
    return "" if text is None else str(text)


def _differs(field: forms.Field, before: str, after: Any) -> bool:
    # Browsers send line ends as CR LF.
    text = "" if after is None else str(after)
    if before.replace("\r\n", "\n") == text.replace("\r\n", "\n"):
        return False
    try:
        return bool(field.has_changed(field.to_python(before), after))
    except ValidationError:
        return True


def _conflict(field: forms.Field, current: str) -> str:
    if isinstance(field, forms.BooleanField):
        current = "on" if current == "True" else "off"
    if len(current) > _MAX_SHOWN:
        current = current[:_MAX_SHOWN] + "..."
    value = f"to: {current}" if current else "to nothing"
    return f"Somebody else has changed this since you opened the form, {value}. Save again to replace that."
