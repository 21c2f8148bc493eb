"""A refusal as its page shows it: its reason, what was expected and what came, its request, and a link to settings."""

import json
from typing import Any

from django.urls import reverse

from runs.admin.run_page import readable
from sinks.models import Refusal
from sinks.refusals.documents import of_refusal_and_request
from sinks.refusals.refusal_list import event_of
from sinks.trigger.refusals import RefusalKind

_NAMES = {
    "body_bytes": "body (bytes)",
    "seconds_off": "age of the signature (seconds)",
    "other_signature_headers": "other signature headers",
    "public_url": "public URL",
    "delivery_id": "delivery id",
    "first_run": "first run",
}
# The field of the sink's form that decides about refusals of a kind, and its name there.
SETTINGS = {
    RefusalKind.TOKEN.label: ("auth_token", "Bearer token"),
    RefusalKind.CREDENTIAL.label: ("access_bearer", "Callers"),
    RefusalKind.NETWORK.label: ("allowed_networks", "Allowed networks"),
    RefusalKind.KEYS.label: ("access_jwt", "Callers"),
    RefusalKind.CLIENT_RATE.label: ("rate_per_client", "Rate per client"),
    RefusalKind.VERIFY_TOKEN.label: ("verify_token", "Verify token"),
    RefusalKind.SECRET.label: ("secrets", "Signing secrets"),
    RefusalKind.SIGNATURE.label: ("secrets", "Signing secrets"),
    RefusalKind.WORKFLOW.label: ("workflow", "Workflow"),
    RefusalKind.SIZE.label: ("body_limit", "Body limit"),
    RefusalKind.CONFLICT.label: ("dedupe_header", "Deduplication"),
    RefusalKind.CONCURRENCY.label: ("concurrency", "Concurrency"),
    RefusalKind.RATE.label: ("rate", "Rate"),
    "filtered": ("filter", "Filter"),
    "repeated": ("dedupe_header", "Deduplication"),
}


def shown(refusal: Refusal) -> dict[str, Any]:
    """
    Return the values of a refusal's page, with secrets masked. Queries the database.

    Raises:
        DatabaseError: The database is unavailable.
    """
    document = of_refusal_and_request(refusal)
    sent = document["request"]
    body = ""
    if sent is not None and refusal.body is not None:
        # Text is masked; other bodies are shown as they are, in hexadecimal.
        body = readable(sent["body"].encode() if sent["body"] is not None else bytes(refusal.body))
    field, name = SETTINGS.get(refusal.kind, ("", ""))
    return {
        "refusal": refusal,
        "shown": document,
        "is_refused": refusal.status >= 400,
        "event": event_of(refusal),
        "sink_name": f"{refusal.sink.method} /{document['app_id']}{refusal.sink.path}",
        "facts": [
            (title, place, [(_NAMES.get(key, key.replace("_", " ")), _text(value)) for key, value in found.items()])
            for title, place in (("Expected", "expected"), ("Came", "came"))
            if (found := document[place])
        ],
        "body": body,
        "is_json": body[:1] in {"{", "["},
        "setting": name,
        "setting_address": f"{reverse('admin:sinks_sink_change', args=[refusal.sink_id])}#id_{field}" if field else "",
    }


def _text(value: Any) -> str:
    if value is None:
        return "missing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
