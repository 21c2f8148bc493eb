"""The document and the part of the API of each page of the admin, for the links in the page's header."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from sinkhub.documents.library import documents

# By the beginning of the name of a page's URL: a document, its anchor, and the tag and id of an operation of the API.
PAGES: dict[str, tuple[str, str, str]] = {
    "index": ("admins", "the-overview", "runs/v1_runs_list"),
    "sinks_sink_add": ("admins", "a-sink", "sinks/v1_sinks_create"),
    "sinks_sink_change": ("admins", "a-sink", "sinks/v1_sinks_update"),
    "sinks_sink_changelist": ("admins", "a-sink", "sinks/v1_sinks_list"),
    "sinks_sink": ("admins", "a-sink", "sinks/v1_sinks_list"),
    "sinks_schedule": ("schedules", "", "schedules/v1_schedules_list"),
    "sinks_refusal_accept": ("refusals", "accepting-a-refusal", "refusals/v1_refusals_accept_create"),
    "sinks_refusal": ("refusals", "", "refusals/v1_refusals_list"),
    "sinks_appsecret": ("admins", "secrets", "secrets/v1_apps_secrets_list"),
    "sinks_app": ("admins", "members", "apps/v1_apps_list"),
    "sinks_apitoken": ("api", "tokens", ""),
    "runs_run_change": ("admins", "runs", "runs/v1_runs_retrieve"),
    "runs_run_changelist": ("admins", "runs", "runs/v1_runs_list"),
    "runs_run": ("admins", "runs", "runs/v1_runs_list"),
    "auth_": ("admins", "members", ""),
    "password_change": ("sign-in", "", ""),
    "second_factor": ("sign-in", "two-factor", ""),
    "": ("", "", ""),
}


def links(request: HttpRequest) -> dict[str, Any]:
    """Return the URLs of the page's document and of its part of the API, for the context of all pages of the admin."""
    match = request.resolver_match
    name = match.url_name or "" if match is not None else ""
    beginning = max((each for each in PAGES if name.startswith(each)), key=len)
    document, anchor, operation = PAGES[beginning]
    found = documents().get(document)
    api = reverse("docs")
    return {
        "page_document": found.url(anchor) if found else "",
        "page_roles": documents()["admins"].url("members") if "admins" in documents() else "",
        "page_api": f"{api}/#/{operation}" if operation else f"{api}/",
    }
