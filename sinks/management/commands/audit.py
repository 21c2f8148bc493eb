"""`manage.py audit`: the audit log from the command line."""

from argparse import ArgumentParser
from typing import Any

from runs.management.actions import EXITS, ActionCommand, actions_of
from runs.management.arguments import count_argument, number_argument, time_argument
from runs.management.terminal import json_line, table
from sinks.audit.entries import filtered
from sinks.models import AuditEntry

_DEFAULT_LIMIT = 50


class Command(ActionCommand):
    """Show the audit log."""

    help = f"Show the audit log: who did what, when, from where and how. {EXITS}"

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = actions_of(parser)
        listing = add("list", self._list, "list entries, the newest first", as_json="Print one JSON object per line.")
        listing.add_argument("--user", default="", help="Only actions of this user.")
        listing.add_argument("--kind", default="", help="Only this kind, such as sink.changed or sign-in.failed.")
        listing.add_argument("--app", default="", help="Only actions in the app with this id, which may be deleted.")
        when = "a time such as 2026-01-31T12:00+01:00 (default: UTC), or how long ago: 90s, 15m, 2h, 7d"
        listing.add_argument(
            "--since", type=time_argument, metavar="TIME", help=f"Only entries at or after this time: {when}."
        )
        listing.add_argument(
            "--until", type=time_argument, metavar="TIME", help="Only entries before this time, in the same format."
        )
        listing.add_argument(
            "--before", type=number_argument, metavar="ID", help="Only entries with a smaller id, for the next page."
        )
        listing.add_argument(
            "--limit",
            type=count_argument,
            default=_DEFAULT_LIMIT,
            metavar="N",
            help="How many at most (default: %(default)s).",
        )

    def _list(self, options: dict[str, Any]) -> None:
        names = ("user", "kind", "since", "until", "before")
        found = filtered(AuditEntry.objects.all(), app_id=options["app"], **{name: options[name] for name in names})
        entries = found[: options["limit"]]
        if options["json"]:
            for entry in entries:
                self.stdout.write(json_line(_document(entry)))
            return
        rows = [
            (
                entry.pk,
                f"{entry.at:%Y-%m-%d %H:%M:%S}",
                f"{entry.user or '-'}{f' ({entry.program})' if entry.program else ''}",
                entry.via,
                entry.address or None,
                entry.kind,
                entry.object or None,
                entry.text.replace("\n", "; ") or None,
            )
            for entry in entries
        ]
        self.stdout.write(table(("ID", "TIME", "USER", "VIA", "ADDRESS", "KIND", "OBJECT", "DETAILS"), rows))


def _document(entry: AuditEntry) -> dict[str, Any]:
    names = ("id", "at", "via", "user", "program", "address", "kind", "app_id", "object", "text")
    return {name: getattr(entry, name) for name in names}
