"""`manage.py workflows`: the installed workflows, new ones, and trials, from the command line."""

import asyncio
import json
import logging
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import Error as DatabaseError
from django.db.models import Count

from runs.delivery.content_encoding import UnfitBody
from runs.delivery.request import Request
from runs.events.response import Response
from runs.history.durations import as_text
from runs.management.actions import EXITS, ActionCommand, actions_of
from runs.management.arguments import find_run, run_id_argument
from runs.management.following import EventPrinter
from runs.management.new_workflow import CannotWrite, write_workflow
from runs.management.terminal import json_line, printable, printable_line, table
from runs.management.trial import NoSignal, Trial, Watcher
from runs.management.workflow_documents import document_of, options_of, place_of
from runs.models import Delivery
from runs.ports import source_of
from runs.recovery.takeover import request_of
from runs.workflows import registry
from runs.workflows.registry import Workflow
from runs.workflows.reloading import request_reload
from sinks.management.arguments import broken_workflow_files, parse_pairs, read_file
from sinks.models import Sink

_LIST_EXITS = "Exit codes: 0 success; 1 a file cannot be imported, or another failure; 2 invalid command line."
_RUN_EXITS = (
    "Exit codes: 0 the run is complete; 1 it ended with an error, or cannot start; 2 invalid command line; "
    "130 cancelled by Ctrl+C."
)
_NO_FOLDER = "Set SINKHUB_WORKFLOWS to the folder of your workflows; it is not set."


class Command(ActionCommand):
    """List, show, create, try and reload workflows."""

    help = f"List, show, create, try and reload workflows. {EXITS}"

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = actions_of(parser)

        add(
            "list",
            self._list,
            "list the installed workflows, and the files that cannot be imported",
            as_json="Print one JSON object per line.",
            exits=_LIST_EXITS,
        )

        show = add("show", self._show, "show a workflow and its options", as_json="Print it as JSON.")
        show.add_argument("name", metavar="NAME", help="The workflow's name.")

        new = add("new", self._new, "write a new workflow into SINKHUB_WORKFLOWS, with a test beside it")
        new.add_argument("name", metavar="NAME", help="The workflow's name, also of its function and its file.")

        add(
            "reload",
            self._reload,
            "let all servers and workers reload their workflows, unless a file cannot be imported",
        )

        run = add(
            "run",
            self._run,
            "execute a workflow in this process, without a server and without a record, and print its events",
            as_json="Print each event as JSON, one per line.",
            exits=_RUN_EXITS,
        )
        run.add_argument("name", metavar="NAME", help="The workflow's name.")
        delivery = run.add_mutually_exclusive_group()
        delivery.add_argument(
            "file", metavar="FILE", nargs="?", help="A file with the request's body as JSON; - for standard input."
        )
        delivery.add_argument("--data", metavar="JSON", help="The request's body (default: none).")
        delivery.add_argument(
            "--delivery",
            type=run_id_argument,
            metavar="RUN_ID",
            help="Use the recorded delivery of this run and, if it is a run of this workflow, its options.",
        )
        run.add_argument(
            "--option",
            dest="options",
            metavar="NAME=VALUE",
            action="append",
            default=[],
            help="An option of the workflow, as JSON; anything else is text. Repeat for several.",
        )
        run.add_argument(
            "--signal",
            dest="signals",
            metavar="NAME=JSON",
            action="append",
            default=[],
            help="A signal that the run gets when it waits for the name. Repeat for several.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            super().handle(*args, **options)
        except KeyboardInterrupt:
            sys.exit(130)

    def _list(self, options: dict[str, Any]) -> None:
        broken = broken_workflow_files()
        uses = _uses()
        rows = []
        for workflow in _installed():
            if options["json"]:
                self.stdout.write(json_line(_with_uses(workflow, uses)))
                continue
            file, line = place_of(workflow)
            rows.append(
                (
                    workflow.name,
                    "async" if workflow.is_async else "def",
                    workflow.version or None,
                    uses.get(workflow.name, 0) if uses is not None else None,
                    f"{file}:{line}",
                    ", ".join(option.brief for option in options_of(workflow)) or None,
                    workflow.description.partition("\n")[0] or None,
                )
            )
        if not options["json"]:
            head = ("NAME", "KIND", "VERSION", "SINKS", "DEFINED", "OPTIONS", "DESCRIPTION")
            self.stdout.write(table(head, rows))
        if broken:
            raise CommandError("\n".join(_reason(file, why) for file, why in broken.items()))

    def _show(self, options: dict[str, Any]) -> None:
        workflow = _find(options["name"])
        document = _with_uses(workflow, _uses())
        if options["json"]:
            self.stdout.write(json_line(document))
            return
        retry = document["retry"]
        rows = (
            ("name", document["name"]),
            ("defined", f"{document['file']}:{document['line']}"),
            ("kind", "async def" if document["async"] else "def, in a thread"),
            ("version", document["version"]),
            ("code", document["code_hash"]),
            ("steps", document["steps"]),
            ("restart", "after a crash" if document["restart"] else "never"),
            ("retry", ", ".join(f"{name} {json.dumps(value)}" for name, value in retry.items())),
            ("timeout", as_text(document["timeout"])),
            ("sinks", document["sinks"]),
        )
        for name, value in rows:
            if value not in (None, ""):
                self.stdout.write(f"{name + ':':10}{printable_line(str(value))}")
        if document["description"]:
            self.stdout.write(f"\n{printable(document['description'])}")
        if found := options_of(workflow):
            head = ("OPTION", "TYPE", "DEFAULT", "DESCRIPTION")
            lines = [
                (each.name, each.type, "required" if each.required else json.dumps(each.default), each.description)
                for each in found
            ]
            self.stdout.write(f"\n{table(head, lines)}")

    def _new(self, options: dict[str, Any]) -> None:
        if not settings.SINKHUB_WORKFLOWS:
            raise CommandError(_NO_FOLDER)
        name = options["name"]
        broken_workflow_files()
        if (known := registry.find(name)) is not None:
            file, line = place_of(known)
            raise CommandError(f"There is a workflow {name!r} already, in {file}:{line}: choose another name.")
        try:
            code, test = write_workflow(Path(settings.SINKHUB_WORKFLOWS), name)
        except CannotWrite as error:
            raise CommandError(str(error)) from None
        self.stdout.write(self.style.SUCCESS(f"{code} and {test} are written."))
        self.stdout.write(f'Try it:  manage.py workflows run {name} --data \'{{"name": "Ada"}}\'')
        self.stdout.write(f"Test it: python -m pytest -p runs.testing {test}")

    def _reload(self, options: dict[str, Any]) -> None:
        if broken := broken_workflow_files():
            reasons = "\n".join(_reason(file, why) for file, why in broken.items())
            raise CommandError(f"{reasons}\nNothing was reloaded.")
        request_reload()
        self.stdout.write("All servers and workers reload their workflows within a second. Their logs have the result.")

    def _run(self, options: dict[str, Any]) -> None:
        workflow = _find(options["name"])
        make_request, values = _delivery_of(workflow, options)
        values |= {
            name: _json_or_text(text) for name, text in parse_pairs(options["options"], "=", "--option NAME=7").items()
        }
        try:
            kwargs = workflow.check_options(values)
        except registry.InvalidOptions as error:
            raise CommandError(f"The options do not fit the workflow {workflow.name!r}: {error}") from None
        signals: dict[str, list[Any]] = {}
        for text in options["signals"]:
            for name, payload in parse_pairs([text], "=", "--signal 'approval={\"ok\": true}'").items():
                signals.setdefault(name, []).append(_json(payload, f"The payload of the signal {name!r}"))
        printer = EventPrinter(self.stdout, as_json=options["json"])
        last: dict[str, Any] = {}

        def show(event: dict[str, Any]) -> None:
            nonlocal last
            last = event
            printer.show(event)

        # Failures are printed, with their tracebacks; without this, servers' log lines about them would be too.
        logging.getLogger("runs.execution").setLevel(logging.ERROR)
        watcher = Watcher(
            show, lambda trace: self.stderr.write(printable(trace.rstrip())), self._tell_wait, self._tell_response
        )
        try:
            asyncio.run(Trial(workflow, make_request, kwargs, signals, watcher).execute())
        except NoSignal as error:
            name = str(error)
            raise CommandError(f"The run waits for {name}: send it with --signal '{name}=JSON'.") from None
        finally:
            printer.close()
        printer.show_end(last)

    def _tell_wait(self, until: datetime) -> None:
        self.stderr.write(f"The run waits until {until:%Y-%m-%d %H:%M:%S} UTC. Ctrl+C ends it.")

    def _tell_response(self, response: Response) -> None:
        lines = [f"Response: {response.status}", *(f"{name}: {value}" for name, value in response.headers.items())]
        self.stderr.write("\n".join(map(printable_line, lines)))
        if response.body:
            self.stderr.write(printable(f"\n{response.text}"))


def _delivery_of(workflow: Workflow, options: dict[str, Any]) -> tuple[Callable[[], Request], dict[str, Any]]:
    """Return a function that makes the request of a trial, and the options that belong to the delivery."""
    if options["delivery"] is not None:
        run = find_run(options["delivery"])
        delivery = Delivery.objects.filter(pk=run.pk).first()
        if delivery is None:
            raise CommandError("The delivery of this run was pruned.")
        source = source_of(run)
        try:
            request_of(delivery, source)
        except UnfitBody as error:
            raise CommandError(f"The delivery of this run cannot be read: {error}") from None
        return partial(request_of, delivery, source), dict(run.options) if run.workflow == workflow.name else {}
    text = read_file(options["file"]) if options["file"] is not None else options["data"]
    if text is None:
        return partial(Request, "POST", "/"), {}
    _json(text, options["file"] or "--data")
    body = text.encode("utf-8", "surrogateescape")
    return lambda: Request("POST", "/", header_list=[("content-type", "application/json")], body=body), {}


def _find(name: str) -> Workflow:
    broken = broken_workflow_files()
    workflow = registry.find(name)
    if workflow is None:
        reasons = [_reason(file, why) for file, why in broken.items()]
        known = f"No workflow {name!r} is installed. Choose one of: {', '.join(registry.names())}."
        raise CommandError("\n".join([known, *reasons, *([] if settings.SINKHUB_WORKFLOWS else [_NO_FOLDER])]))
    return workflow


def _installed() -> list[Workflow]:
    return [workflow for name in registry.names() if (workflow := registry.find(name)) is not None]


def _uses() -> dict[str, int] | None:
    """Return how many sinks use each workflow; None if the database is unavailable or not migrated."""
    with suppress(DatabaseError):
        counts = Sink.objects.order_by().values_list("workflow").annotate(count=Count("pk"))
        return dict(counts)
    return None


def _with_uses(workflow: Workflow, uses: dict[str, int] | None) -> dict[str, Any]:
    return {**document_of(workflow), "sinks": uses.get(workflow.name, 0) if uses is not None else None}


def _reason(file: str, why: str) -> str:
    return f"{file} cannot be imported: {' '.join(why.split())}"


def _json(text: str, subject: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{subject} is not valid JSON: {error}") from None


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
