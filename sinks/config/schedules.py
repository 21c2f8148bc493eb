"""Schedules as JSON documents, for import, export and the API."""

from collections.abc import Mapping
from typing import Any

from sinks.config.documents import Place, apply_places, without_defaults
from sinks.models import Schedule

PLACES = (
    Place("name", "name", "a text"),
    Place("cron", "cron", "a text"),
    Place("timezone", "timezone", "a text"),
    Place("workflow", "workflow", "a text"),
    Place("options", "options", "an object"),
    Place("payload", "payload", "any value"),
    Place("missed", "missed", "a text"),
    Place("overlap", "overlap", "a text"),
    Place("engine", "engine", "a text", empty_as_null=True),
    Place("active", "active", "true or false"),
    Place("description", "description", "a text"),
)
# Keys that the API adds to a schedule's document. They are not among its fields.
READ_ONLY = ("id", "app_id", "in_words", "next_at", "last_at", "last_run_id", "skipped_at", "skip_reason")


def of_schedule(schedule: Schedule) -> dict[str, Any]:
    """Return the document of a schedule."""
    document: dict[str, Any] = {}
    for place in PLACES:
        value = getattr(schedule, place.field)
        document[place.path] = None if place.empty_as_null and value == "" else value
    return document


def of_schedule_and_times(schedule: Schedule) -> dict[str, Any]:
    """Return the document of a schedule with what identifies it, and with its times and runs."""
    return {
        "id": schedule.pk,
        "app_id": schedule.app.app_id,
        **of_schedule(schedule),
        "in_words": schedule.in_words,
        "next_at": schedule.next_at,
        "last_at": schedule.last_at,
        "last_run_id": schedule.last_run_id or None,
        "skipped_at": schedule.skipped_at,
        "skip_reason": schedule.skip_reason or None,
    }


def short_of(schedule: Schedule) -> dict[str, Any]:
    """Return the document of a schedule without default values, for people to read."""
    return without_defaults(of_schedule(schedule), Schedule, PLACES)


def apply_schedule(schedule: Schedule, document: Mapping[str, Any], *, partial: bool = False) -> None:
    """
    Set a schedule's fields from a document, and validate the schedule, as `apply` does for a sink.

    Raises:
        ValidationError: By place in the document.
    """
    apply_places(schedule, PLACES, document, partial, "a schedule")
