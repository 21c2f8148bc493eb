"""A schedule as its page shows it: its next times in two time zones, and its last runs."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from runs.history.queries import Filter, page
from runs.models import Delivery, Run
from sinks.models import Schedule

_UPCOMING = 10  # times
_RUNS = 10
_WALKED = 2_000  # runs of the app among which those of the schedule are searched


@dataclass(frozen=True, slots=True)
class Time:
    """A time at which a run will start."""

    at: datetime
    own: str  # in the time zone of the schedule
    local: str  # in the time zone of the reader


def shown(schedule: Schedule) -> dict[str, Any]:
    """
    Return the values of a schedule's page.

    Raises:
        DatabaseError: The database is unavailable.
    """
    times = [
        Time(at, f"{at:%a %Y-%m-%d %H:%M %Z}", f"{timezone.localtime(at):%a %Y-%m-%d %H:%M %Z}")
        for at in schedule.upcoming(datetime.now(UTC), _UPCOMING)
    ]
    return {
        "upcoming": times,
        "is_same_zone": all(time.own == time.local for time in times),
        "last_runs": last_runs(schedule),
        "searched": f"{_WALKED:,}",
        "local_zone": timezone.get_current_timezone_name(),
    }


def last_runs(schedule: Schedule) -> list[Run]:
    """
    Return the last runs of a schedule, the newest first. Runs do not name their schedule but in their delivery, so that
    they are searched among the newest runs of the app; the last run is always found.

    Raises:
        DatabaseError: The database is unavailable.
    """
    wanted = Filter(app_ids=frozenset([schedule.app.app_id]), workflow=schedule.workflow)
    candidates = [run for run in page(wanted, None, _WALKED, walked=_WALKED).runs if run.source_id is None]
    named = {
        run_id
        for run_id, headers in Delivery.objects.filter(run_id__in=[run.pk for run in candidates[:200]]).values_list(
            "run_id", "headers"
        )
        if ["x-schedule", schedule.name] in headers
    }
    found = [run for run in candidates if run.pk in named or run.pk == schedule.last_run_id]
    if schedule.last_run_id and schedule.last_run_id not in {run.pk for run in found}:
        found += Run.objects.filter(pk=schedule.last_run_id)
    return found[:_RUNS]
