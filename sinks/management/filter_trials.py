"""`manage.py sinks try-filter`: a filter tried against recorded deliveries."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from runs.management.terminal import json_line, table
from sinks.console.filter_trial import DEFAULT_LAST, MAX_LAST, summary, try_filter
from sinks.management.arguments import find_sink, lines_of


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the action, apart from its sink."""
    parser.add_argument("--filter", help="The filter to try (default: that of the sink).")
    parser.add_argument("--payload", help="The expression for the payload to try (default: that of the sink).")
    parser.add_argument(
        "--last",
        type=int,
        default=DEFAULT_LAST,
        metavar="N",
        help=f"How many of the last recorded deliveries to try, up to {MAX_LAST} (default: %(default)s).",
    )


def tried_as_text(options: dict[str, Any]) -> str:
    """
    Try a filter as the command line says, and return what to print.

    Raises:
        CommandError: There is no such sink, or an argument is invalid.
    """
    sink = find_sink(options["sink"])
    expression = sink.filter if options["filter"] is None else options["filter"]
    payload = sink.payload if options["payload"] is None else options["payload"]
    try:
        tried = try_filter(sink, expression, payload, options["last"])
    except ValidationError as error:
        raise CommandError(lines_of(error)) from None
    if options["json"]:
        return "\n".join(
            json_line({"run_id": each.run_id, "created_at": each.created_at.isoformat()} | _result(each))
            for each in tried
        )
    if not tried:
        return summary(tried)
    rows = [
        (f"{each.created_at:%Y-%m-%d %H:%M:%S}", each.run_id, each.method, each.path, each.outcome, each.reason)
        for each in tried
    ]
    return f"{table(('TIME (UTC)', 'RUN', 'METHOD', 'PATH', 'RESULT', 'REASON'), rows)}\n{summary(tried)}"


def _result(each: Any) -> dict[str, str]:
    return {"method": each.method, "path": each.path, "result": each.outcome.value, "reason": each.reason}
