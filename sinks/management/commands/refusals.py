"""`manage.py refusals`: deliveries that started no run, and how to run them after all."""

import getpass
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from runs.history.documents import of_run
from runs.history.masking import Masks
from runs.management.actions import EXITS, ActionCommand, actions_of, confirm
from runs.management.arguments import count_argument, number_argument, time_argument
from runs.management.rows import shortened
from runs.management.terminal import json_line, printable_line, table
from sinks.management.arguments import find_app, find_sink
from sinks.models import Refusal
from sinks.refusals.acceptance import CannotAccept, accept, warning_of, why_not
from sinks.refusals.documents import listed, of_refusal, of_refusal_and_request

_DEFAULT_LIMIT = 50


class Command(ActionCommand):
    """List, show and accept refusals."""

    help = f"List, show and accept deliveries that were refused or filtered, or that were repeats. {EXITS}"

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = actions_of(parser)

        listing = add("list", self._list, "list refusals, the newest first", as_json="Print one JSON object per line.")
        listing.add_argument("--app", help="Only this app.")
        listing.add_argument("--sink", metavar="SINK", help="Only this sink, such as app_abc123/webhook.")
        listing.add_argument("--kind", help="Only this kind, such as token, signature, filtered or repeated.")
        when = "a time such as 2026-01-31T12:00+01:00 (default: UTC), or how long ago: 90s, 15m, 2h, 7d"
        listing.add_argument(
            "--since", type=time_argument, metavar="TIME", help=f"Only refusals at or after this time: {when}."
        )
        listing.add_argument(
            "--limit",
            type=count_argument,
            default=_DEFAULT_LIMIT,
            metavar="N",
            help="How many at most (default: %(default)s).",
        )

        show = add(
            "show",
            self._show,
            "show a refusal: what was expected, what came, and the request",
            as_json="Print it as JSON.",
        )
        show.add_argument("refusal", metavar="ID", type=number_argument, help="The refusal's id; see `list`.")

        about = "run a refused delivery after all, and print the id of its run"
        take = add("accept", self._accept, about, as_json="Print the new run, or the signal, as JSON.")
        take.add_argument("refusal", metavar="ID", type=number_argument, help="The refusal's id; see `list`.")
        take.add_argument(
            "--yes", action="store_true", help="Do not ask for confirmation if the sender cannot be verified."
        )

    def _list(self, options: dict[str, Any]) -> None:
        refusals = listed(Refusal.objects.all()).order_by("-pk")
        if options["app"] is not None:
            refusals = refusals.filter(sink__app=find_app(options["app"]))
        if options["sink"] is not None:
            refusals = refusals.filter(sink=find_sink(options["sink"]))
        if options["kind"] is not None:
            refusals = refusals.filter(kind=options["kind"])
        if options["since"] is not None:
            refusals = refusals.filter(at__gte=options["since"])
        masks = Masks()
        found = [of_refusal(refusal, masks) for refusal in refusals[: options["limit"]]]
        if options["json"]:
            for document in found:
                self.stdout.write(json_line(document))
            return
        rows = [
            (
                item["id"],
                f"{item['at']:%Y-%m-%d %H:%M:%S}",
                item["app_id"],
                item["sink"],
                item["kind"] or None,
                item["status"],
                item["client"],
                item["run_id"],
                item["reason"],
            )
            for item in found
        ]
        head = ("ID", "TIME", "APP", "SINK", "KIND", "STATUS", "CLIENT", "RUN", "REASON")
        self.stdout.write(table(head, rows))

    def _show(self, options: dict[str, Any]) -> None:
        document = of_refusal_and_request(_find(options["refusal"]))
        if options["json"]:
            self.stdout.write(json_line(document))
            return
        request = document.pop("request")
        for name, value in document.items():
            if value is not None:
                text = value if isinstance(value, str) else json_line(value).strip('"')
                self.stdout.write(printable_line(f"{name}: {text}"))
        if request is None:
            return
        query = f"?{request['query']}" if request["query"] else ""
        self.stdout.write("")
        self.stdout.write(printable_line(f"{request['method']} {request['path']}{query}"))
        for name, value in request["headers"]:
            self.stdout.write(printable_line(f"{name}: {value}"))
        body = request["body"] if request["body"] is not None else request["body_base64"]
        if body is None:
            self.stdout.write("\n(The body was not received.)")
        elif body:
            self.stdout.write(f"\n{shortened(body)}")

    def _accept(self, options: dict[str, Any]) -> None:
        refusal = _find(options["refusal"])
        if reason := why_not(refusal):
            raise CommandError(reason)
        if warning := warning_of(refusal):
            self.stderr.write(self.style.WARNING(warning))
            if not options["yes"]:
                confirm("Run this delivery all the same?", "Nothing was run.")
        try:
            done = accept(refusal, by=getpass.getuser(), only_verified=not warning)
        except CannotAccept as error:
            raise CommandError(str(error)) from None
        if done.run is None:
            sent = {"signal": done.signal, "key": done.key}
            self.stdout.write(json.dumps(sent) if options["json"] else f"Sent as the signal {done.signal}.")
        else:
            self.stdout.write(json_line(of_run(done.run)) if options["json"] else done.run.pk)


def _find(key: int) -> Refusal:
    refusal = Refusal.objects.select_related("sink__app").filter(pk=key).first()
    if refusal is None:
        raise CommandError(f"There is no refusal {key}.")
    return refusal
