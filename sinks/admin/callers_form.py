"""The part of a sink's form that says who may call it: a line for each token, user or value, masked if it is stored."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from sinks.access import caller_rules, encryption
from sinks.config import caller_lines
from sinks.models import Sink
from sinks.models.sink_access import ENFORCE, LOG

CALLER_FIELDS = {f"access_{kind}": kind for kind in caller_rules.KINDS}
CALLER_COLUMNS = {
    **dict.fromkeys(CALLER_FIELDS, "encrypted_access"),
    "access_mode": "access_log_until",
}
CALLER_FIELDSET = (
    "Callers",
    "Callers other than by the bearer token above. A request needs one of all these credentials, and an address in the "
    f"networks if there are any. {caller_rules.MASK} stands for a stored value: leave it to keep the value, and delete "
    "its line to remove it. To replace a value without refusing requests, add the new one, and delete the old one when "
    "all callers use the new one. After an error, type new lines again.",
    [*CALLER_FIELDS, "allowed_networks", "access_mode"],
)
_ABOUT = {
    "bearer": ("Further bearer tokens", "One per line. Requests send 'Authorization: Bearer TOKEN'."),
    "basic": ("Basic users", "One per line, as USER:PASSWORD. Requests send the pair by HTTP's Basic scheme."),
    "header": (
        "Tokens in headers",
        "One per line, as NAME: VALUE, such as X-Gitlab-Token: VALUE. The header is not recorded.",
    ),
    "query": (
        "Tokens in the query",
        "One per line, as NAME=VALUE, such as token=VALUE for requests to ...?token=VALUE. The parameter is not "
        "recorded here, but proxies may log it.",
    ),
    "jwt": (
        "JSON Web Tokens",
        'As JSON, such as [{"algorithms": ["RS256"], "jwks_url": "https://issuer.example.com/jwks.json", "issuer": '
        '"https://issuer.example.com/", "audience": "sinkhub"}]; or with "key": a shared secret, public keys as PEM, '
        "or a key set. More fields: claims, max_age, leeway, header.",
    ),
}


class UnshownTextarea(UnfoldAdminTextareaWidget):  # type: ignore[misc]
    """A text area that, like a password input, does not display a submitted value again."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, None, attrs)
        return context


class MaskedTextarea(UnfoldAdminTextareaWidget):  # type: ignore[misc]
    """A text area that displays the stored lines with masks, and never what was submitted."""

    masked = ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, self.masked, attrs)
        return context


def _field(kind: str) -> forms.CharField:
    label, about = _ABOUT[kind]
    # A browser's spell checker may send the text to its vendor.
    widget = MaskedTextarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, required=False, strip=False, widget=widget, help_text=about)


class CallersForm(forms.Form):
    """The fields of a sink's form for its callers."""

    access_bearer = _field("bearer")
    access_basic = _field("basic")
    access_header = _field("header")
    access_query = _field("query")
    access_jwt = _field("jwt")
    access_mode = forms.ChoiceField(
        label="Mode",
        required=False,
        choices=[(ENFORCE, "refuse other requests"), (LOG, "admit all, and only log, for 24 hours")],
        widget=UnfoldAdminSelectWidget,
        help_text="To try new rules: requests that they would refuse are admitted, counted as 'would be refused', and "
        "listed among the last refusals. This includes the bearer token, but not the signature.",
    )

    instance: Sink

    def show_callers(self) -> None:
        """Fill the fields with the stored callers."""
        lines = caller_lines.to_lines(self.instance.access_entries)
        for name, kind in CALLER_FIELDS.items():
            if name in self.fields:
                self.initial[name] = self.fields[name].widget.masked = lines[kind]
        if "access_mode" in self.fields:
            self.initial["access_mode"] = self.instance.access_mode
            if self.instance.access_mode == LOG:
                self.fields["access_mode"].help_text += f" Log mode ends at {self.instance.access_log_until:%F %R} UTC."

    def take_callers(self) -> None:
        """Set the callers of the sink from the submitted fields, and report faults at their field."""
        if mode := self.cleaned_data.get("access_mode"):
            self.instance.access_mode = mode
        before = {name: str(self.initial.get(name, "")) for name in CALLER_FIELDS}
        # A form that was opened before an upgrade lacks the fields.
        sent = {name: self.cleaned_data[name].replace("\r\n", "\n") for name in CALLER_FIELDS if name in self.data}
        texts = before | sent
        if texts == before:
            return
        entries: list[dict[str, Any]] = []
        try:
            stored = caller_lines.merged(self.instance.callers)
        except encryption.Unreadable:
            stored = []
        is_valid = True
        for name, kind in CALLER_FIELDS.items():
            try:
                entries += _entries(kind, texts[name], stored)
            except ValueError as error:
                self.add_error(name, _in_a_form(str(error)))
                is_valid = False
        if is_valid:
            try:
                self.instance.callers = entries
            except ValidationError as error:
                self.add_error(None, error)


def _entries(kind: str, text: str, stored: list[dict[str, Any]]) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = caller_lines.of_lines(kind, text)
    if caller_rules.has_masks(entries):
        entries = caller_rules.unmask(entries, [entry for entry in stored if entry["kind"] == kind])
    return caller_rules.check_entries(entries)


def _in_a_form(message: str) -> str:
    """Return the message without the number and the kind of the entry, which the form does not show."""
    start, colon, rest = message.partition(": ")
    return rest if colon and start.startswith("Entry ") else message


class CallersDisplay:
    """For users who may only view a sink, and see each form field as text: the stored callers, with masks."""

    @admin.display(description=_ABOUT["bearer"][0])
    def access_bearer(self, sink: Sink) -> SafeString | str:
        return _shown(sink, "bearer")

    @admin.display(description=_ABOUT["basic"][0])
    def access_basic(self, sink: Sink) -> SafeString | str:
        return _shown(sink, "basic")

    @admin.display(description=_ABOUT["header"][0])
    def access_header(self, sink: Sink) -> SafeString | str:
        return _shown(sink, "header")

    @admin.display(description=_ABOUT["query"][0])
    def access_query(self, sink: Sink) -> SafeString | str:
        return _shown(sink, "query")

    @admin.display(description=_ABOUT["jwt"][0])
    def access_jwt(self, sink: Sink) -> SafeString | str:
        return _shown(sink, "jwt")


def _shown(sink: Sink, kind: str) -> SafeString | str:
    lines = caller_lines.to_lines(sink.access_entries)[kind]
    return format_html('<span style="white-space: pre-wrap">{}</span>', lines) if lines else "none"
