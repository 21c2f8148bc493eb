"""The form of a sink. It never shows a stored token or secret."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
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
from sinks.admin.callers_form import CALLER_COLUMNS, CALLER_FIELDSET, CallersForm, UnshownTextarea
from sinks.admin.option_fields import LEFT_OUT, OptionField, options_of
from sinks.admin.stale_forms import StaleForm
from sinks.config.signature_documents import PROPERTIES, take_answer, take_delivery_id
from sinks.models import Sink
from sinks.models.signature_fields import CUSTOM, UnknownProvider, signature_choices
from sinks.validators import check_secrets, check_storable, check_token, check_verify_token
from sinks.webhooks.signatures.keys import split_secrets
from sinks.webhooks.signatures.scheme import InvalidScheme

MASK = "••••••••"
# The form never shows these values. Each has a column that stores it, and a checkbox that removes it.
HIDDEN = {
    "auth_token": ("encrypted_token", "remove_token"),
    "secrets": ("encrypted_secrets", "remove_secrets"),
    "verify_token": ("encrypted_verify_token", "remove_verify_token"),
}
# Fieldsets that most sinks do not need: each is collapsed unless one of its fields is set.
_EXTRAS: list[tuple[str, str, list[str]]] = [
    CALLER_FIELDSET,
    (
        "Answer",
        "What clients get. Without a response, it is the stream of the run's events, or its result.",
        ["answer", "response"],
    ),
    (
        "Signature",
        "For webhooks: a delivery that is not signed with one of the secrets is refused with 401 and starts no run. "
        "To replace a secret without refusing deliveries, enter both the old and the new one, and remove the old one "
        "when the provider uses the new one.",
        [
            "signature",
            "secrets",
            "remove_secrets",
            "public_url",
            "tolerance",
            "signature_header",
            "signature_prefix",
            "signature_algorithm",
            "signature_encoding",
            "custom_scheme",
            "verify_token",
            "remove_verify_token",
        ],
    ),
    (
        "Deduplication",
        "Providers send a delivery again if they are not sure that it arrived. If you specify the header or the "
        "expression for the delivery id, a repeat starts no second run.",
        ["dedupe_header", "dedupe_body", "dedupe_window"],
    ),
    (
        "Payload and filter",
        "The payload is what the filter and the workflow see as the body. Deliveries that the filter does not match "
        "are accepted and start no run.",
        ["payload", "filter"],
    ),
    (
        "Delivery to waiting runs",
        "Deliveries start no runs. Each wakes the run of the app that has waited longest for the signal and the key; "
        "if none waits, it is kept for the next.",
        ["deliver_signal", "deliver_key"],
    ),
    (
        "Limits",
        "Requests over the rate or the queue are refused with 429, and bodies over the body limit with 413.",
        ["rate", "rate_per_client", "concurrency", "queue", "body_limit"],
    ),
    (
        "After a failure",
        "A workflow that reports or repairs, for example. It is started once for each run that has failed for good.",
        ["failure_workflow", "failure_options"],
    ),
    (
        "Web forms and scripts",
        "For requests that browsers send from pages of other sites.",
        ["cors_origins", "redirect"],
    ),
]


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
    custom_scheme = forms.JSONField(
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
        field_classes = {"redirect": forms.CharField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in PROPERTIES:
            self.initial.setdefault(name, getattr(self.instance, name))
        if self.instance.signature == CUSTOM:
            self.initial.setdefault("custom_scheme", self.instance.scheme)
        self.removed_secrets = False  # whether the secrets are removed together with their scheme
        known = registry.names()
        current = self.instance.workflow
        # A workflow that is no longer installed stays visible, and validation reports it when the form is saved.
        names = known if not current or current in known else [*known, current]
        self.fields["workflow"] = forms.ChoiceField(
            choices=[("", "---------"), *((name, name) for name in names)],
            initial=current,
            widget=UnfoldAdminSelectWidget,
            help_text="The workflow to run. Its options are below.",
        )
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
        self.fields["secrets"].help_text = (
            f"{number_of_secrets(self.instance)} Leave this empty to change nothing. To change the secrets, type all "
            "of them, one per line."
            if self.instance.encrypted_secrets
            else "One per line, as the provider shows them."
        )
        self.fields["verify_token"].help_text = (
            f"A verify token is set ({MASK}). Leave this empty to keep it, or type a new one."
            if self.instance.encrypted_verify_token
            else "For providers that verify the URL first, such as Meta: the same verify token as at the provider."
        )
        for kept, removal in HIDDEN.values():
            if not getattr(self.instance, kept):
                del self.fields[removal]
        self.show_callers()
        self.bring_up_to_date()

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
                setattr(self.instance, name, token)
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


def extra_fieldsets(sink: Sink) -> list[tuple[str | None, dict[str, Any]]]:
    """Return the fieldsets of _EXTRAS. A fieldset is open if the sink has a value in it that is not the default."""
    defaults = {field.name: field.get_default() for field in Sink._meta.fields}

    def is_set(name: str) -> bool:
        if name in PROPERTIES:
            return bool(getattr(sink, name) != PROPERTIES[name])
        kept = HIDDEN[name][0] if name in HIDDEN else CALLER_COLUMNS.get(name, name)
        return kept in defaults and bool(getattr(sink, kept) != defaults[kept])

    return [
        (
            title,
            {
                "fields": fields,
                "description": explanation,
                "classes": [] if any(map(is_set, fields)) else ["collapse"],
            },
        )
        for title, explanation, fields in _EXTRAS
    ]


def number_of_secrets(sink: Sink) -> str:
    try:
        number = len(sink.secrets)
    except encryption.Unreadable:
        return "The secrets cannot be decrypted: they were encrypted with another SECRET_KEY."
    return "1 secret is set." if number == 1 else f"{number} secrets are set."
