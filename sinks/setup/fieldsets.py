"""The parts of a sink's form: what each sink needs comes first, and the rest is folded up."""

from typing import Any

from django.conf import settings

from sinks.admin.callers_form import CALLER_COLUMNS, CALLER_FIELDSET
from sinks.admin.option_fields import option_fields
from sinks.admin.sink_form import HIDDEN
from sinks.config.signature_documents import PROPERTIES
from sinks.models import Sink

Fieldset = tuple[str | None, dict[str, Any]]

_SIGNATURE = (
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
)
# The fields with which a new sink begins, in the order of its page. The page shows those that the provider needs.
FIRST = [
    "app",
    "path",
    "method",
    "secrets",
    "verify_token",
    "public_url",
    "signature_header",
    "signature_prefix",
    "signature_algorithm",
    "signature_encoding",
    "custom_scheme",
    "auth_token",
]
# Parts that most sinks do not need: each is collapsed unless one of its fields is set.
_EXTRAS: list[tuple[str, str, list[str]]] = [
    CALLER_FIELDSET,
    (
        "Answer",
        "What clients get. Without a response, it is the stream of the run's events, or its result.",
        ["answer", "response"],
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
        "Search",
        "The search of runs finds words of each request. Give names to values by which you search often, such as the "
        "number of an order.",
        ["search_values"],
    ),
    (
        "Delivery to waiting runs",
        "Deliveries start no runs. Each wakes the run of the app that has waited longest for the signal and the key; "
        "if none waits, it is kept for the next.",
        ["deliver_signal", "deliver_key"],
    ),
    (
        "Time and attempts",
        "How long an attempt may take, and how often a run that fails is tried. Without them, the workflow decides.",
        ["timeout", "attempts", "delays", "backoff", "max_delay", "jitter"],
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


def fieldsets_of(sink: Sink | None, *, may_change: bool) -> list[Fieldset]:
    """
    Return the parts of the form.

    Args:
        sink: The sink; None for a new one.
        may_change: Whether the user may change it, and not only view it.
    """
    workflow: Fieldset = (
        "Workflow",
        {"fields": ["workflow", *(option_fields() if may_change else ["options"])]},
    )
    if sink is None:
        first: list[Fieldset] = [
            (None, {"fields": FIRST, "classes": ["new-sink"]}),
            (workflow[0], workflow[1] | {"classes": ["new-sink"]}),
        ]
        rest: list[Fieldset] = [(None, {"fields": ["active", "description", "tolerance"]})]
        return [*first, *_extras(Sink(), _EXTRAS), *rest]
    parts: list[Fieldset] = [
        (None, {"fields": ["app", "path", "method", "auth_token", "remove_token", "active", "description"]}),
        workflow,
        *_extras(sink, [_SIGNATURE, *_EXTRAS]),
        ("Deliveries without a run", {"fields": ["outcomes", "refusals"]}),
    ]
    idle = {removal for kept, removal in HIDDEN.values() if not (may_change and getattr(sink, kept))}
    for _, options in parts:
        options["fields"] = [name for name in options["fields"] if name not in idle]
    return parts


def _extras(sink: Sink, parts: list[tuple[str, str, list[str]]]) -> list[Fieldset]:
    """Return the parts. A part is open if the sink has a value in it that is not the default."""
    defaults = {field.name: field.get_default() for field in Sink._meta.fields}

    def is_set(name: str) -> bool:
        if name in PROPERTIES:
            return bool(getattr(sink, name) != PROPERTIES[name])
        kept = HIDDEN[name][0] if name in HIDDEN else CALLER_COLUMNS.get(name, name)
        return kept in defaults and bool(getattr(sink, kept) != defaults[kept])

    found: list[Fieldset] = [
        (
            title,
            {
                "fields": fields,
                "description": explanation,
                "classes": [] if any(map(is_set, fields)) else ["collapse"],
            },
        )
        for title, explanation, fields in parts
    ]
    if workers := _of_workers(sink):
        about = "The process that executes the runs, and the order in which workers start them."
        is_open = any(map(is_set, workers))
        classes = [] if is_open else ["collapse"]
        found.append(("Workers", {"fields": workers, "description": about, "classes": classes}))
    return found


def _of_workers(sink: Sink) -> list[str]:
    """Return the fields of workers, if there are any or if the sink has values for them."""
    has_workers = settings.HAS_WORKERS or settings.RUN_ENGINE == "procrastinate"
    fields = {"engine": has_workers or bool(sink.engine), "priority": has_workers or bool(sink.priority)}
    return [name for name, is_shown in fields.items() if is_shown]
