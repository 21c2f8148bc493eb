"""`manage.py runs`: manage recorded runs from the command line."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandError

from runs import clock_guard
from runs.history import queries, retention, search, tallies
from runs.history.curl import address, as_curl
from runs.history.documents import of_run, of_run_and_request
from runs.history.durations import as_text
from runs.history.masking import Masks
from runs.history.steps import document_of, steps_of
from runs.management import signals
from runs.management.actions import EXITS, ActionCommand, actions_of
from runs.management.arguments import (
    add_filter,
    add_statuses,
    count_argument,
    filter_of,
    find_run,
    number_argument,
    run_id_argument,
)
from runs.management.bulk import add_bulk, run_bulk
from runs.management.following import EventPrinter, follow
from runs.management.repeating import add_replay, add_resume, replay_run, resume_run
from runs.management.rows import figures_row, shortened, step_row, value_text
from runs.management.starting import add_start, start_run
from runs.management.terminal import json_line, printable, printable_line, progress, table
from runs.models import UNFINISHED, Delivery, Run
from runs.ports import RetentionPolicy, source_of
from runs.recovery.cancel import cancel
from runs.recovery.interruption import StillRunning, interrupt_unfinished

_FOLLOW_EXITS = (
    "Exit codes: 0 the run is complete; 1 it ended with an error, or cannot be followed; 2 invalid command line; "
    "3 it was cancelled; 130 stopped by Ctrl+C, while the run continues."
)


class Command(ActionCommand):
    """Start, find, follow, cancel, replay, resume and prune runs."""

    help = f"Start, find, follow, cancel, replay, resume and prune runs. {EXITS}"

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = actions_of(parser)

        listing = add("list", self._list, "list runs, newest first", as_json="Print one JSON object per line.")
        add_filter(listing)
        add_statuses(listing)
        listing.add_argument(
            "--longer-than", type=float, metavar="SECONDS", help="Only runs with at least this duration."
        )
        listing.add_argument(
            "--search",
            metavar="TEXT",
            default="",
            help='Only runs whose request matches a search: words, "a phrase", type:push, id:..., header.x-kind:push.',
        )
        listing.add_argument(
            "--limit", type=count_argument, default=20, metavar="N", help="The number of runs (default: %(default)s)."
        )
        listing.add_argument(
            "--before", type=run_id_argument, metavar="RUN_ID", help="Only runs that are older than this run."
        )

        show = add("show", self._show, "show a run and its delivery", as_json="Print it as JSON.")
        show.add_argument("run_id", metavar="RUN_ID", help="The run's id.")

        following = add(
            "follow",
            self._follow,
            "show a run's events live, from the first to the last",
            as_json="Print each event as JSON, one per line.",
            exits=_FOLLOW_EXITS,
        )
        following.add_argument("run_id", metavar="RUN_ID", help="The run's id.")
        following.add_argument(
            "--after", type=number_argument, default=0, metavar="N", help="Only events after this event number."
        )

        add_start(
            add("start", self._start, "start a run of a workflow, and print its id", as_json="Print the run as JSON.")
        )

        stop = add("cancel", self._cancel, "cancel runs", as_json="Print each run as JSON.")
        stop.add_argument("run_ids", metavar="RUN_ID", nargs="+", help="The runs' ids.")

        signals.add_signal(add("signal", self._signal, "send a signal to a run, which ends its wait for that name"))
        signals.add_keyed_signal(add("signal-app", self._signal_app, signals.KEYED))

        end = add(
            "interrupt",
            self._interrupt,
            "end all unfinished runs as interrupted, after a restore; stop all servers and workers first",
        )
        end.add_argument("--dry-run", action="store_true", help="Only print how many runs would be ended.")

        add_replay(
            add(
                "replay",
                self._replay,
                "start a new run with a run's delivery, and print its id",
                as_json="Print the new run as JSON.",
            )
        )

        add_resume(
            add(
                "resume",
                self._resume,
                "let a run that failed, was cancelled or was interrupted continue behind its complete steps",
                as_json="Print the run as JSON.",
            )
        )

        bulk = "cancel, replay or resume the runs that match a filter, the newest first"
        add_bulk(add("bulk", self._bulk, bulk, as_json="Print each run as JSON."))

        curl = add("curl", self._curl, "print a run's delivery as a curl command")
        curl.add_argument("run_id", metavar="RUN_ID", help="The run's id.")
        curl.add_argument(
            "--url",
            default=f"http://localhost:{settings.PORT}",
            help="A server's URL, to which the sink's path is added, or a full URL with a path (default: %(default)s).",
        )

        prune = add(
            "prune",
            self._prune,
            "delete runs and deliveries whose retention has expired; safe while servers run",
            as_json="Print the counts as JSON.",
        )
        about = (
            "Any of --days, --bodies-days and --keep replaces the retention settings. An app's own retention takes "
            "precedence, unless --app names the app."
        )
        prune.add_argument("--days", type=number_argument, metavar="N", help=f"Delete runs older than N days. {about}")
        prune.add_argument(
            "--bodies-days", type=number_argument, metavar="N", help="Delete the deliveries of runs older than N days."
        )
        prune.add_argument(
            "--keep", type=number_argument, metavar="N", help="Delete all but the newest N runs of each app."
        )
        prune.add_argument("--app", help="Only this app.")
        prune.add_argument("--dry-run", action="store_true", help="Only print how many would be deleted.")
        prune.add_argument(
            "--accept-clock",
            action="store_true",
            help="Trust this machine's clock (check it first), and end the wait of retention after a first start, or if"
            " the clock is more than a day ahead of the last recorded time.",
        )

        stats = add(
            "stats",
            self._stats,
            f"count the newest runs, up to {queries.COUNTED:,}, by status, with durations",
            as_json="Print it as JSON.",
        )
        add_filter(stats)
        stats.add_argument("--by", choices=["workflow", "app", "sink"], help="Count each of these separately too.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            super().handle(*args, **options)
        except KeyboardInterrupt:
            sys.exit(130)

    def _list(self, options: dict[str, Any]) -> None:
        wanted = filter_of(options)
        left, before, rows, masks = options["limit"], options["before"], [], Masks()
        while left:
            try:
                text = options["search"]
                page = search.find(wanted, text, before, left) if text else queries.page(wanted, before, left)
            except search.InvalidSearch as error:
                raise CommandError(str(error)) from None
            for run in page.runs:
                if options["json"]:
                    self.stdout.write(json_line(of_run(run, masks)))
                else:
                    took = None if run.duration is None else as_text(run.duration)
                    made = run.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
                    rows.append((run.pk, run.status, run.app_id, run.workflow, made, took))
            left -= len(page.runs)
            before = page.next
            if before is None:
                break
        if not options["json"]:
            self.stdout.write(table(("RUN", "STATUS", "APP", "WORKFLOW", "CREATED (UTC)", "DURATION"), rows))

    def _show(self, options: dict[str, Any]) -> None:
        run = find_run(options["run_id"])
        document, steps = of_run_and_request(run), steps_of(run)
        if options["json"]:
            self.stdout.write(json_line({**document, "steps": [document_of(step) for step in steps]}))
            return
        request = document.pop("request")
        traceback, output = document.pop("traceback"), document.pop("output")
        error, response = document.pop("error"), document.pop("response")
        for name, value in document.items():
            if value is not None:
                self.stdout.write(f"{name + ':':18}{printable_line(value_text(name, value))}")
        if steps:
            rows = [step_row(step) for step in steps]
            self.stdout.write()
            self.stdout.write(table(("STEP", "STATUS", "ATTEMPT", "STARTED (UTC)", "DURATION", "ERROR OR CHILD"), rows))
        if request is None:
            self.stdout.write("\nThe delivery was pruned.")
        else:
            query = f"?{request['query']}" if request["query"] else ""
            line = f"{request['method']} {request['path']}{query} from {request['client'] or 'an unknown address'}"
            self.stdout.write(f"\n{printable_line(line)}")
            for name, value in request["headers"]:
                self.stdout.write(printable_line(f"{name}: {value}"))
            body = request["body"]
            if body is None:
                self.stdout.write(f"\n(the body is not text; `manage.py runs curl {document['run_id']}` prints it)")
            elif body:
                self.stdout.write(f"\n{shortened(body)}")
        if response:
            self._show_response(response)
        if error:
            self.stdout.write(self.style.ERROR("\n" + printable_line(f"{error['type']}: {error['message']}")))
            if traceback:
                self.stdout.write(printable(f"\n{traceback.rstrip()}"))
        elif document["status"] == Run.Status.COMPLETE:
            self.stdout.write(f"\nOutput:\n{shortened(json.dumps(output, indent=2, ensure_ascii=False))}")

    def _show_response(self, response: dict[str, Any]) -> None:
        self.stdout.write(f"\nResponse: {response['status']}")
        for name, value in response["headers"].items():
            self.stdout.write(printable_line(f"{name}: {value}"))
        if response["body"] is None:
            self.stdout.write(f"\n(the body is not text: {response['body_bytes']} bytes)")
        elif response["body"]:
            self.stdout.write(f"\n{shortened(response['body'])}")

    def _follow(self, options: dict[str, Any]) -> None:
        run = find_run(options["run_id"])
        last: dict[str, Any] = {}
        printer = EventPrinter(self.stdout, as_json=options["json"])
        try:
            for last in follow(run, options["after"]):
                printer.show(last)
        except Run.DoesNotExist:
            raise CommandError("The run has been pruned.") from None
        finally:
            printer.close()
        if not last:
            run.refresh_from_db(fields=["status", "error_type", "error_message"])
            last = {"type": run.status, "error": of_run(run)["error"]}
        printer.show_end(last)

    def _cancel(self, options: dict[str, Any]) -> None:
        runs = [find_run(run_id) for run_id in dict.fromkeys(options["run_ids"])]
        over = []
        for run in runs:
            asked = cancel(run)
            run.cancel_requested = run.cancel_requested or asked
            if not asked:
                over.append(f"{run.pk} has already ended: {run.status}.")
            if options["json"]:
                self.stdout.write(json_line(of_run(run)))
            elif asked:
                self.stdout.write(f"{run.pk} is being cancelled.")
        if over:
            raise CommandError("\n".join(over))

    def _signal(self, options: dict[str, Any]) -> None:
        self.stdout.write(signals.send_signal(options))

    def _signal_app(self, options: dict[str, Any]) -> None:
        self.stdout.write(printable_line(signals.send_keyed_signal(options)))

    def _start(self, options: dict[str, Any]) -> None:
        run = start_run(options)
        self.stdout.write(json_line(of_run(run)) if options["json"] else run.pk)

    def _interrupt(self, options: dict[str, Any]) -> None:
        unfinished = Run.objects.filter(status__in=UNFINISHED).count()
        if options["dry_run"]:
            self.stdout.write(f"would be interrupted: {unfinished} runs.")
            return
        ended = 0
        try:
            for some in progress(interrupt_unfinished(tallies.count_interrupted), "interrupt"):
                ended += some
        except StillRunning as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"interrupted: {ended} runs.")

    def _replay(self, options: dict[str, Any]) -> None:
        new = replay_run(options["run_id"], options["from_step"])
        self.stdout.write(json_line(of_run(new)) if options["json"] else new.pk)

    def _resume(self, options: dict[str, Any]) -> None:
        run = resume_run(options["run_id"], options["accept_changes"])
        self.stdout.write(json_line(of_run(run)) if options["json"] else f"{run.pk} continues.")

    def _bulk(self, options: dict[str, Any]) -> None:
        run_bulk(options, self.stdout.write)

    def _curl(self, options: dict[str, Any]) -> None:
        url = urlsplit(options["url"])
        if url.scheme not in {"http", "https"} or not url.netloc:
            raise CommandError("--url must be a URL such as https://hub.example.com.")
        run = find_run(options["run_id"])
        delivery = Delivery.objects.filter(pk=run.pk).first()
        if delivery is None:
            raise CommandError("The delivery of this run was pruned.")
        source = source_of(run)
        token = source is not None and source.has_token
        self.stdout.write(as_curl(delivery, address(run, delivery, options["url"]), token=token))

    def _prune(self, options: dict[str, Any]) -> None:
        policy = None
        if any(options[name] is not None for name in ("days", "bodies_days", "keep")):
            policy = RetentionPolicy(options["days"] or 0, options["bodies_days"] or 0, options["keep"] or 0)
            if not any((policy.runs_days, policy.bodies_days, policy.runs)):
                raise CommandError("0 means no limit: specify at least one number above 0.")
        now = self._trusted_now(options)
        only = options["app"]
        runs = deliveries = 0
        for app_id in retention.apps() if only is None else [only]:
            # Numbers with --app override the app's own policy.
            ask = partial(
                retention.bounds, app_id, now, otherwise=policy, exact=policy is not None and only is not None
            )
            done = [retention.count(ask())] if options["dry_run"] else retention.prune(ask)
            for some_runs, some_deliveries in progress(done, app_id):
                runs += some_runs
                deliveries += some_deliveries
        if options["json"]:
            self.stdout.write(json_line({"dry_run": options["dry_run"], "runs": runs, "requests": deliveries}))
            return
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(f"{would}deleted: {runs} runs, {deliveries} deliveries.")

    def _trusted_now(self, options: dict[str, Any]) -> datetime:
        """Return the time from which ages count."""
        if options["dry_run"] and options["accept_clock"]:
            return datetime.now(UTC)
        now = clock_guard.accept() if options["accept_clock"] else clock_guard.trusted_now()
        if now is not None:
            return now
        if not options["dry_run"]:
            raise CommandError(
                f"The clock is not trusted yet: it shows {datetime.now(UTC).isoformat(timespec='seconds')}. Nothing was"
                " deleted. If this is right, pass --accept-clock; otherwise servers start to delete after a day."
            )
        self.stderr.write("The clock is not trusted yet: without --accept-clock, nothing would be deleted.")
        return datetime.now(UTC)

    def _stats(self, options: dict[str, Any]) -> None:
        by: Any = "source" if options["by"] == "sink" else options["by"]
        stats = queries.stats(filter_of(options), by)
        if options["json"]:
            self.stdout.write(json_line(asdict(stats)))
            return
        since = stats.since.isoformat(timespec="seconds") if stats.since else "-"
        rows = [figures_row("all", stats), *(figures_row(name, figures) for name, figures in stats.groups.items())]
        head = (options["by"] or "runs").upper()
        statuses = [status.upper() for status in Run.Status.values]
        self.stdout.write(table((head, "COUNT", "SUCCESS", "P50", "P95", "P99", *statuses), rows))
        rate = f"{stats.per_minute:.2f}" if stats.per_minute is not None else "-"
        more = f" Only the newest {queries.COUNTED:,} runs are counted." if stats.partial else ""
        self.stdout.write(f"\nSince {since}, {rate} per minute.{more}" if stats.runs else "\nNo runs.")
