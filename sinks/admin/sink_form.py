"""The form of a sink. It never shows a stored token or secret."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.text import Truncator
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from runs.workflows import registry
from sinks.access import encryption
from sinks.access.encryption import Encrypted
from sinks.admin.callers_form import CALLER_FIELDS, CallersForm, UnshownTextarea
from sinks.admin.option_fields import LEFT_OUT, OptionField, options_of
from sinks.admin.stale_forms import StaleForm
from sinks.config.signature_documents import PROPERTIES, take_answer, take_delivery_id
from sinks.models import Sink
from sinks.models.signature_fields import CUSTOM, UnknownProvider, signature_choices
from sinks.setup import senders
from sinks.setup.fields import MethodField, NullableJSONField, PathField
from sinks.validators import check_length, check_secrets, check_storable, check_token, check_verify_token
from sinks.webhooks.signatures.keys import split_secrets
from sinks.webhooks.signatures.scheme import InvalidScheme

MASK = "••••••••"
_AGAIN = "Enter this again: the form is not saved, and never shows it."
_MAX_DESCRIPTION = 80
_ROWS = {
    "description": 2,
    "delays": 1,
    "response": 3,
    "failure_options": 3,
    "filter": 3,
    "payload": 2,
    "cors_origins": 3,
}
# The form never shows these values. Each has a column that stores it, and a checkbox that removes it.
HIDDEN = {
    "auth_token": ("encrypted_token", "remove_token"),
    "secrets": ("encrypted_secrets", "remove_secrets"),
    "verify_token": ("encrypted_verify_token", "remove_verify_token"),
}


class SinkForm(CallersForm, StaleForm):
    """The form of a sink. The fields for its token and secrets accept new values and show none."""

    auth_token = forms.CharField(
        label="Bearer token",
        required=False,
        strip=True,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    remove_token = forms.BooleanField(
        label="Remove the token",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Anyone who knows the URL can then use the sink, unless deliveries must be signed.",
    )
    secrets = forms.CharField(
        label="Signing secrets",
        required=False,
        # A browser's spell checker may send the text to its vendor.
        widget=UnshownTextarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )
    method = MethodField(
        label="Method",
        initial="POST",
        widget=UnfoldAdminSelectWidget,
        help_text="Providers send POST. A sink that takes any method can be called by each of them.",
    )
    # How deliveries are signed: properties of the sink, not fields of the model.
    signature = forms.ChoiceField(
        label="Provider",
        required=False,
        choices=signature_choices,
        widget=UnfoldAdminSelectWidget,
        help_text="The provider whose deliveries the sink takes. It determines how they are signed. Leave empty to "
        "accept unsigned deliveries.",
    )
    signature_header = forms.CharField(
        label="Header",
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        help_text="For an HMAC: the header with the signature, such as X-Signature.",
    )
    signature_prefix = forms.CharField(
        label="Prefix",
        required=False,
        max_length=50,
        strip=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="For an HMAC: the text before the signature, such as sha256=.",
    )
    signature_algorithm = forms.ChoiceField(
        label="Algorithm",
        required=False,
        choices=[(name, name.upper()) for name in ("sha256", "sha512", "sha1", "md5")],
        widget=UnfoldAdminSelectWidget,
        help_text="For an HMAC.",
    )
    signature_encoding = forms.ChoiceField(
        label="Encoding",
        required=False,
        choices=[(name, name) for name in ("hex", "base64", "base64url")],
        widget=UnfoldAdminSelectWidget,
        help_text="For an HMAC.",
    )
    custom_scheme = NullableJSONField(
        label="Scheme as JSON",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="For any other scheme: a JSON object, as docs/providers describes it.",
    )
    remove_secrets = forms.BooleanField(label="Remove the secrets", required=False, widget=UnfoldBooleanSwitchWidget)
    verify_token = forms.CharField(
        label="Verify token",
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    remove_verify_token = forms.BooleanField(
        label="Remove the verify token", required=False, widget=UnfoldBooleanSwitchWidget
    )

    class Meta:
        # The fields are those that `SinkAdmin.get_fieldsets` names.
        # The model validates the address, with the same messages as for the command.
        field_classes = {
            "redirect": forms.CharField,
            "path": PathField,
            "delays": NullableJSONField,
            "response": NullableJSONField,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in PROPERTIES:
            self.initial.setdefault(name, getattr(self.instance, name))
        if self.instance.signature == CUSTOM:
            self.initial.setdefault("custom_scheme", self.instance.scheme)
        self._take_path_of_sender()
        self.removed_secrets = False  # whether the secrets are removed together with their scheme
        known = registry.names()
        current = self.instance.workflow
        # A workflow that is no longer installed stays visible, and validation reports it when the form is saved.
        names = known if not current or current in known else [*known, current]
        self.fields["workflow"] = forms.ChoiceField(
            choices=[("", "---------"), *((name, _described(name)) for name in names)],
            initial=current,
            widget=UnfoldAdminSelectWidget,
            help_text="The workflow that a delivery starts.",
        )
        cast("MethodField", self.fields["method"]).include(self.instance.method)
        if workflow := registry.find(current):
            for option, field in options_of(workflow).items():
                if field in self.fields and option in self.instance.options:
                    value = self.initial[field] = self.instance.options[option]
                    self.fields[field] = cast("OptionField", self.fields[field]).for_value(value)
        # Empty numbers and choices get their defaults.
        self._defaults = {
            field.name: field.get_default()
            for field in Sink._meta.fields
            if field.name in self.fields
            and field.has_default()
            and (field.choices or isinstance(field, (models.IntegerField, models.FloatField)))
        }
        for name in self._defaults:
            self.fields[name].required = False
        self.fields["auth_token"].help_text = (
            f"A token is set ({MASK}). Leave this empty to keep it, or type a new one."
            if self.instance.encrypted_token
            else "If you set a token, requests must send 'Authorization: Bearer TOKEN'. Leave empty for a sink that "
            "is public, or that only takes signed deliveries."
        )
        sender = senders.find(str(self["signature"].value() or ""))
        self.fields["secrets"].help_text = (
            f"{number_of_secrets(self.instance)} Leave this empty to change nothing. To change the secrets, type all "
            "of them, one per line."
            if self.instance.encrypted_secrets
            else format_html(
                '<span id="sender-secret">{}</span>',
                (sender.secret if sender is not None else "") or "One per line, as the provider shows them.",
            )
        )
        self.fields["verify_token"].help_text = (
            f"A verify token is set ({MASK}). Leave this empty to keep it, or type a new one."
            if self.instance.encrypted_verify_token
            else "For providers that verify the URL first, such as Meta: the same verify token as at the provider."
        )
        for name, rows in _ROWS.items():
            if name in self.fields:
                self.fields[name].widget.attrs["rows"] = rows
        for kept, removal in HIDDEN.values():
            if not getattr(self.instance, kept):
                del self.fields[removal]
        self.show_callers()
        self.bring_up_to_date()

    def _take_path_of_sender(self) -> None:
        """Let a new sink without a path have its provider's, as the page's script enters it."""
        is_empty = self.is_bound and self.instance.pk is None and not str(self.data.get("path", "")).strip()
        sender = senders.find(str(self.data.get("signature", ""))) if is_empty else None
        if sender is not None:
            data = cast("QueryDict", self.data).copy()
            data["path"] = sender.path
            self.data = data

    def full_clean(self) -> None:
        super().full_clean()
        if not self.errors:
            return
        # No page shows a submitted secret again.
        for name in {*HIDDEN, *CALLER_FIELDS} & set(self.fields):
            bound = self[name]
            if bound.data and bound.data != self.initial.get(name, ""):
                bound.help_text = f"<strong>{_AGAIN}</strong> {bound.help_text}"

    def clean_auth_token(self) -> str:
        token = str(self.cleaned_data["auth_token"])
        check_token(token)
        return token

    def clean_secrets(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["secrets"].split("\n")]
        return split_secrets("\n".join(lines))

    def clean_verify_token(self) -> str:
        token = str(self.cleaned_data["verify_token"])
        check_verify_token(token)
        return token

    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        for name, default in self._defaults.items():
            if self.cleaned_data.get(name, default) in {None, ""}:
                self.cleaned_data[name] = default
        for name, (kept, removal) in HIDDEN.items():
            if self.cleaned_data.get(removal):
                if self.cleaned_data.get(name):
                    self.add_error(removal, "Either type a new value or remove the current one, not both.")
                else:
                    setattr(self.instance, kept, "")
        self._take_options()
        self._take_signature()
        # Before the model's validation, which has to know whether there are secrets.
        for name in ("auth_token", "verify_token"):
            if token := self.cleaned_data.get(name):
                try:
                    setattr(self.instance, name, token)
                except ValidationError as error:
                    self.add_error(name, error)
        self._take_secrets(self.cleaned_data.get("secrets", []))
        self.take_callers()
        return data

    def _take_options(self) -> None:
        """Set the options of the chosen workflow, and ignore the fields of other workflows."""
        for name in set(self.fields) & set(self.errors):
            if name.startswith("option_") and name not in self._own_fields():
                del self.errors[name]
        if "workflow" in self.kept and any(name.startswith("option_") for name in self.edited - self._own_fields()):
            chosen = f"Somebody else has chosen the workflow {self.cleaned_data.get('workflow')}"
            also = "since you opened the form, and you changed options of another. Save again to leave these out."
            self.add_error("workflow", f"{chosen} {also}")
        workflow = registry.find(self.cleaned_data.get("workflow", ""))
        if workflow is None:
            return  # keep the options of a workflow that is not installed
        before = self.instance.options if self.instance.workflow == workflow.name else {}
        options = {}
        for option, field in options_of(workflow).items():
            if field not in self.changed_data and option in before:
                options[option] = before[option]  # keep an empty text too: its field is also empty
            elif (value := self.cleaned_data.get(field, LEFT_OUT)) is not LEFT_OUT:
                options[option] = value
        self.instance.options = options

    def _own_options(self) -> dict[str, str]:
        workflow = registry.find(self.cleaned_data.get("workflow", ""))
        return options_of(workflow) if workflow else {}

    def _own_fields(self) -> set[str]:
        return set(self._own_options().values())

    def _update_errors(self, errors: ValidationError) -> None:
        faults = getattr(errors, "error_dict", {})
        if "signature" in faults and self._lacks_secret():
            faults["secrets"] = faults.pop("signature")
        # The model reports all options in one error; here each option has its own field.
        option_errors = errors.error_dict.pop("options", None) if hasattr(errors, "error_dict") else None
        super()._update_errors(errors)  # type: ignore[misc]
        if not option_errors:
            return
        own = self._own_options()
        workflow = registry.find(self.cleaned_data["workflow"])
        try:
            if workflow:
                workflow.check_options(self.instance.options)
        except registry.InvalidOptions as error:
            for option, text in error.faults.items():
                if option in own and own[option] not in self.errors:
                    self.add_error(own[option], text)
        if not any(field in self.errors for field in own.values()):
            self.add_error("workflow", option_errors)

    def _lacks_secret(self) -> bool:
        """Return whether the only fault of the signature is that no secret is set."""
        if self.instance.encrypted_secrets or self.cleaned_data.get("remove_secrets"):
            return False
        try:
            scheme = self.instance.find_scheme()
        except (UnknownProvider, InvalidScheme):
            return False
        return scheme is not None and scheme.needs_secret and "signature_header" not in self.errors

    def _take_signature(self) -> None:
        """Set how deliveries are signed, and the place of the delivery id if the provider is new."""
        sink, name = self.instance, self.cleaned_data.get("signature")
        if name is None or "signature" not in self.fields:
            return  # not a valid choice
        if name == CUSTOM:
            sink.provider, sink.scheme = "", self.cleaned_data.get("custom_scheme")
            if not sink.scheme:
                self.add_error("custom_scheme", "Enter the scheme as a JSON object.")
            try:
                check_storable(sink.scheme)
            except ValidationError as error:
                self.add_error("custom_scheme", error)
            return
        for field, default in PROPERTIES.items():
            setattr(sink, field, self.cleaned_data.get(field) or default)
        without_id = not (self.cleaned_data.get("dedupe_header") or self.cleaned_data.get("dedupe_body"))
        if "signature" in self.changed_data and without_id and "dedupe_header" in self.cleaned_data:
            take_delivery_id(sink)
            self.cleaned_data |= {"dedupe_header": sink.dedupe_header, "dedupe_body": sink.dedupe_body}
        if sink._state.adding and not self.cleaned_data.get("answer") and not self.cleaned_data.get("response"):
            sink.workflow = self.cleaned_data.get("workflow", "")
            sink.answer = sink.response = None
            take_answer(sink)
            self.cleaned_data |= {"answer": sink.answer, "response": sink.response}

    def _take_secrets(self, typed: list[str]) -> None:
        sink = self.instance
        scheme = sink.signature
        if typed:
            try:
                check_length(typed, sink.encrypted_secrets, "A signing secret")
            except ValidationError as error:
                self.add_error("secrets", error)
            sink.encrypted_secrets = Encrypted.of("\n".join(typed))
        elif not scheme:
            # Without a scheme, the secrets have no use.
            self.removed_secrets = bool(sink.encrypted_secrets and not self.cleaned_data.get("remove_secrets"))
            sink.encrypted_secrets = Encrypted()
        if not typed and "signature" not in self.changed_data:
            return
        try:
            check_secrets(sink.find_scheme(), typed or sink.secrets)
        except (UnknownProvider, InvalidScheme):
            pass  # reported by the model
        except encryption.Unreadable:
            self.add_error("secrets", "The current secrets were encrypted with another SECRET_KEY: type them again.")
        except ValidationError as error:
            # Secrets that fit the old scheme may not fit the new one.
            hint = "" if typed else "The current secrets do not fit the scheme: "
            self.add_error("secrets", hint + " ".join(error.messages))


def _described(name: str) -> str:
    """Return the name of a workflow with the start of its description."""
    workflow = registry.find(name)
    first = workflow.description.partition("\n")[0].replace("`", "").strip() if workflow is not None else ""
    return f"{name}: {Truncator(first).chars(_MAX_DESCRIPTION)}" if first else name


def number_of_secrets(sink: Sink) -> str:
    try:
        number = len(sink.secrets)
    except encryption.Unreadable:
        return "The secrets cannot be decrypted: they were encrypted with another SECRET_KEY."
    return "1 secret is set." if number == 1 else f"{number} secrets are set."
