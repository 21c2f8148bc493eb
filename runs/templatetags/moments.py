"""Template filters for times, durations and shares, so that all pages show them in the same way."""

from datetime import datetime
from typing import Any

from django import template

from runs.history import moments
from runs.history.durations import as_text

register = template.Library()
register.filter("exactly", moments.exactly)


@register.filter
def moment(at: datetime | None) -> Any:
    """Return a time as an element with relative text, and the exact time on hover; "-" for None."""
    return moments.moment(at)


@register.filter
def duration(seconds: float | None) -> str:
    """Return a duration in at most two units, as in 3 min 5 s; "-" for None."""
    return "-" if seconds is None else as_text(seconds)


@register.filter
def percent(share: float | None) -> str:
    """Return a share between 0 and 1 in percent with one decimal, as in 85.4%; "-" for None."""
    return "-" if share is None else f"{100 * share:.1f}%"
