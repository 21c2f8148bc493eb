"""Arguments of `manage.py runs`: runs, times, numbers and filters."""

import argparse
import re
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import CommandError

from runs.history import queries
from runs.ids import RUN_ID
from runs.models import Run

_SPAN = re.compile(r"(\d{1,9})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def add_filter(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--app",
        dest="apps",
        metavar="APP",
        action="append",
        default=[],
        help="Only runs of this app. Repeat for several.",
    )
    parser.add_argument(
        "--sink-id", type=number_argument, metavar="ID", help="Only runs of the sink with this id (see `sinks list`)."
    )
    parser.add_argument("--workflow", default="", help="Only runs of this workflow.")
    when = "a time such as 2026-01-31 or 2026-01-31T12:00+01:00 (default: UTC), or how long ago: 90s, 15m, 2h, 7d"
    parser.add_argument(
        "--since", type=time_argument, metavar="TIME", help=f"Only runs created at or after this time: {when}."
    )
    parser.add_argument(
        "--until", type=time_argument, metavar="TIME", help="Only runs created before this time, in the same format."
    )


def add_statuses(parser: ArgumentParser, default: str = "") -> None:
    """
    Add the filter by status.

    Args:
        parser: The parser of the action.
        default: A sentence about what happens without it.
    """
    parser.add_argument(
        "--status",
        dest="statuses",
        metavar="STATUS",
        action="append",
        choices=Run.Status.values,
        default=[],
        help=f"Only runs with this status. Repeat for several. {default}".rstrip(),
    )


def filter_of(options: dict[str, Any]) -> queries.Filter:
    return queries.Filter(
        app_ids=frozenset(options["apps"]) if options["apps"] else None,
        source_id=options["sink_id"],
        statuses=frozenset(options.get("statuses") or ()),
        workflow=options["workflow"],
        created_from=options["since"],
        created_to=options["until"],
        least_duration=options.get("longer_than"),
    )


def time_argument(text: str) -> datetime:
    if span := _SPAN.fullmatch(text):
        try:
            return datetime.now(UTC) - timedelta(seconds=int(span[1]) * _UNITS[span[2]])
        except OverflowError:
            raise argparse.ArgumentTypeError(f"{text!r} is too long ago") from None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time: write 2026-01-31T12:00, or how long ago: 90s, 15m, 2h or 7d"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def number_argument(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise argparse.ArgumentTypeError("must be a whole number")
    return int(text)


def run_id_argument(text: str) -> str:
    if not RUN_ID.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a run id")
    return text


def count_argument(text: str) -> int:
    if (count := number_argument(text)) < 1:
        raise argparse.ArgumentTypeError("must be a whole number of at least 1")
    return count


def find_run(run_id: str) -> Run:
    run = Run.objects.filter(pk=run_id).first() if RUN_ID.fullmatch(run_id) else None
    if run is None:
        raise CommandError(f"There is no run {run_id!r}.")
    return run
