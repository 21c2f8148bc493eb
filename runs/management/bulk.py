"""`manage.py runs bulk`: cancel, replay or resume the runs that match a filter."""

import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from django.core.management.base import CommandError

from runs.history import queries
from runs.management.arguments import add_filter, add_statuses, count_argument, filter_of, run_id_argument
from runs.management.terminal import json_line, printable_line, progress
from runs.models import Run
from runs.recovery import bulk
from runs.recovery.bulk import Done

_PAGE = 200  # runs read at once


def add_bulk(action: ArgumentParser) -> None:
    """Add the arguments of the action."""
    action.add_argument("do", metavar="ACTION", choices=list(bulk.STATUSES), help="The action on each run.")
    add_filter(action)
    add_statuses(action, "Default: each status to which the action applies.")
    action.add_argument("--all", action="store_true", help="Required without a filter: apply the action to all runs.")
    action.add_argument("--limit", type=count_argument, metavar="N", help="Stop after this number of runs.")
    action.add_argument("--per-second", type=count_argument, metavar="N", help="The maximum number of runs per second.")
    action.add_argument(
        "--before", type=run_id_argument, metavar="RUN_ID", help="Continue with the runs that are older than this run."
    )
    action.add_argument("--dry-run", action="store_true", help="Only print the runs to which it would apply.")


def run_bulk(options: dict[str, Any], write: Callable[[str], Any]) -> None:
    """
    Apply an action to the runs that match, the newest first, and print each. Ctrl+C stops it after a run.

    Args:
        options: The arguments.
        write: Prints a line.

    Raises:
        CommandError: An argument is invalid, or the action failed for one of the runs.
    """
    wanted = filter_of(options)
    if wanted == queries.Filter() and not options["all"]:
        raise CommandError("Give a filter such as --app, --status or --since; --all for all runs.")
    try:
        wanted = replace(wanted, statuses=bulk.statuses_for(options["do"], wanted.statuses))
    except ValueError as error:
        raise CommandError(str(error)) from None
    runs = _matching(wanted, options["before"], options["limit"])
    done = failed = 0
    last = ""
    try:
        if options["dry_run"]:
            for run in progress(runs, options["do"]):
                write(json_line({"run_id": run.pk}) if options["json"] else f"{run.pk}  {run.status}  {run.workflow}")
                done += 1
        else:
            for result in _paced(bulk.apply(options["do"], progress(runs, options["do"])), options["per_second"]):
                write(_line(result, as_json=options["json"]))
                last = result.run_id
                failed += bool(result.reason)
                done += not result.reason
    except KeyboardInterrupt:
        more = f" Continue with --before {last}." if last else ""
        raise CommandError(f"Stopped after {done} runs.{more}", returncode=130) from None
    if not options["json"]:
        write(f"{'would apply to' if options['dry_run'] else 'applied to'}: {done} runs.")
    if failed:
        raise CommandError(f"{options['do']} failed for {failed} runs; their lines have the reasons.")


def _line(result: Done, *, as_json: bool) -> str:
    if as_json:
        return json_line({"run_id": result.run_id, "new": result.new or None, "reason": result.reason or None})
    return printable_line(f"{result.run_id}  {result.reason or result.new or 'done'}")


def _matching(wanted: queries.Filter, before: str | None, limit: int | None) -> Iterator[Run]:
    """Yield the runs that match now, the newest first. Runs that the action starts are newer, and not among them."""
    left = limit
    while left is None or left > 0:
        page = queries.page(wanted, before, _PAGE if left is None else min(left, _PAGE))
        yield from page.runs
        left = None if left is None else left - len(page.runs)
        before = page.next
        if before is None:
            return


def _paced(results: Iterator[Done], per_second: int | None) -> Iterator[Done]:
    for number, result in enumerate(results):
        if number == 0:
            begun = time.monotonic()
        yield result
        if per_second is not None:
            time.sleep(max(0.0, begun + (number + 1) / per_second - time.monotonic()))
