"""Points in time as text: how long ago, and exactly, in the time zone of the reader."""

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from runs.history.durations import ago, as_text

_AS_DATE = 7 * 86_400  # seconds after which a date says more than a number of days


def exactly(at: datetime) -> str:
    """Return a time in the current time zone, with the zone's name: 2026-11-30 22:05:46 UTC."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S %Z}"


def relatively(at: datetime) -> str:
    """Return how long ago a time was, or when it will be: 5 s ago, in 3 min. Distant times are dates."""
    seconds = (timezone.now() - at).total_seconds()
    if abs(seconds) >= _AS_DATE:
        return f"{timezone.localtime(at):%Y-%m-%d}"
    return f"in {as_text(round(-seconds))}" if seconds <= -1 else ago(seconds)


def moment(at: datetime | None) -> str | SafeString:
    """
    Return a time as an element: relative text, and the exact time on hover. A script keeps the text up to date.

    Args:
        at: An aware datetime, or None.

    Returns:
        A `<time>` element, or "-" for None.
    """
    if at is None:
        return "-"
    return format_html(
        '<time datetime="{}" title="{}" data-moment>{}</time>', at.isoformat(), exactly(at), relatively(at)
    )
