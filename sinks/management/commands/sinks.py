"""`manage.py sinks`: sinks from the command line."""

import json
import os
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from django.db.models import Model

from runs.management.actions import EXITS, ActionCommand, actions_of, confirm
from runs.management.terminal import json_line, progress, table
from sinks.access.encryption import Unreadable, reencrypt
from sinks.config import formats, import_export
from sinks.config.documents import of_sink
from sinks.config.warnings import warnings_of
from sinks.console.sending import CannotSend, Incoming, NoAnswer, Outgoing, sent, to_sink
from sinks.management import filter_trials, secret_wait, token_rotation
from sinks.management.arguments import (
    broken_workflow_files,
    find_app,
    find_sink,
    lines_of,
    parse_pairs,
    read_body,
    read_file,
)
from sinks.management.changes import change_as_text, changes_as_json, summary_as_text
from sinks.management.fields import add_fields, has_fields, set_fields
from sinks.management.listening import ABOUT, AS_JSON, add_listen, listen
from sinks.models import App, AppSecret, SecondFactor, Sink

_SINK = (
    "The sink: its app's id and its path, such as app_abc123/webhook. If several sinks share the path, put the method "
)
_SINK += "first: GET:app_abc123/webhook."


class Command(ActionCommand):
    """Create, change, delete, import, export and test sinks, and listen to them."""

    help = f"Create, change, delete, import, export and test sinks, and listen to them. {EXITS}"

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = actions_of(parser)

        listing = add("list", self._list, "list sinks", as_json="Print one JSON object per line.")
        listing.add_argument("--app", help="Only this app.")

        create = add(
            "create",
            self._create,
            "create a sink, and its app if that does not exist",
            as_json="Print the sink as JSON.",
        )
        create.add_argument("--app", required=True, help="The app's id, such as app_abc123.")
        add_fields(create, new=True)

        update = add("update", self._update, "change a sink", as_json="Print the sink as JSON.")
        update.add_argument("sink", metavar="SINK", help=_SINK)
        add_fields(update, new=False)
        state = update.add_mutually_exclusive_group()
        state.add_argument("--active", action="store_true", default=None, help="Activate the sink.")
        state.add_argument("--inactive", action="store_true", help="Deactivate the sink: it answers 404.")

        delete = add("delete", self._delete, "delete a sink, but keep its runs", as_json="Print the sink as JSON.")
        delete.add_argument("sink", metavar="SINK", help=_SINK)
        delete.add_argument("--yes", action="store_true", help="Do not ask for confirmation.")

        about = "create and change sinks and schedules to match a file, which holds sinks or apps"
        bring = add("import", self._import, about, as_json="Print the changes as JSON.")
        bring.add_argument("file", metavar="FILE", help="A JSON or YAML file; - for standard input.")
        bring.add_argument("--app", default="", help="The app of sinks for which the file names no app.")
        bring.add_argument("--dry-run", action="store_true", help="Show the changes without making them.")
        bring.add_argument(
            "--delete-others",
            action="store_true",
            help="Delete sinks of the file's apps that are not in the file, and schedules if it has a list of them.",
        )
        _add_format(bring, "The file's format (default: guessed from its name's suffix or its first character).")

        export = add(
            "export", self._export, "print apps with their sinks and schedules, in the format of `sinks import`"
        )
        export.add_argument("apps", metavar="APP", nargs="*", help="The apps' ids (default: all apps).")
        export.add_argument("--output", metavar="FILE", help="Write to this file, which only its owner can read.")
        export.add_argument(
            "--secrets",
            action="store_true",
            help="Include tokens, signing secrets and secrets of apps. Otherwise each is shown as ********.",
        )
        _add_format(export, "The format (default: guessed from the suffix of --output, otherwise json).")

        test = add(
            "test",
            self._test,
            "send a real request to a sink, with its token and signature, and print the response",
            as_json="Print only the response's body. For a stream, print each event's JSON on its own line.",
        )
        test.add_argument("sink", metavar="SINK", help=_SINK)
        server = f"http://localhost:{settings.PORT}"
        test.add_argument("--url", default=server, help="The server's URL (default: %(default)s).")
        test.add_argument(
            "--data", metavar="TEXT", help="The body; @FILE reads it from a file, @- from standard input."
        )
        test.add_argument(
            "--header",
            dest="headers",
            metavar="FIELD",
            action="append",
            default=[],
            help="A header field, such as 'X-GitHub-Event: push'. Repeat for several.",
        )
        test.add_argument("--method", default="", help="The method, for a sink that takes any method (default: POST).")
        test.add_argument("--query", default="", help="The encoded query string, without the question mark.")
        test.add_argument(
            "--param",
            dest="params",
            metavar="NAME=VALUE",
            action="append",
            default=[],
            help="The value of a path parameter. Repeat for several.",
        )

        add_listen(add("listen", self._listen, ABOUT, as_json=AS_JSON))

        trial = add(
            "try-filter",
            lambda options: self.stdout.write(filter_trials.tried_as_text(options)),
            "show which recorded deliveries of a sink a filter would let start a run, without saving it",
            as_json="Print one JSON object per delivery.",
        )
        trial.add_argument("sink", metavar="SINK", help=_SINK)
        filter_trials.add_arguments(trial)

        token_rotation.add_actions(add, self.stdout.write, self.stderr.write, _SINK)
        secret_wait.add_action(add, lambda options: self.stdout.write(secret_wait.waits_as_text(options)), _SINK)
        add(
            "reencrypt",
            self._reencrypt,
            "re-encrypt all tokens and secrets with SECRET_KEY; SECRET_KEY_FALLBACKS must hold the former key",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            super().handle(*args, **options)
        except Unreadable as error:
            raise CommandError(str(error)) from None

    def _list(self, options: dict[str, Any]) -> None:
        sinks = Sink.objects.select_related("app").order_by("app__app_id", "path", "method")
        if options["app"] is not None:
            sinks = sinks.filter(app=find_app(options["app"]))
        if options["json"]:
            for sink in sinks:
                self._print_json(sink)
            return
        rows = []
        for sink in sinks:
            state = "app inactive" if not sink.app.active else "active" if sink.active else "inactive"
            rows.append((sink.app.app_id, sink.method, sink.path, sink.workflow, sink.access, state, sink.pk))
        self.stdout.write(table(("APP", "METHOD", "PATH", "WORKFLOW", "ACCESS", "STATE", "ID"), rows))

    def _create(self, options: dict[str, Any]) -> None:
        def make() -> Sink:
            sink = Sink()
            set_fields(sink, options)
            with transaction.atomic():
                app = App.objects.filter(app_id=options["app"]).first()
                if app is None:
                    app = App(app_id=options["app"])
                    app.full_clean()
                    app.save()
                sink.app = app
                sink.full_clean()
                sink.save()
            return sink

        self._saved(make, options)

    def _update(self, options: dict[str, Any]) -> None:
        if not (has_fields(options) or options["active"] or options["inactive"]):
            raise CommandError("Nothing to change: specify a field, such as --timeout 60.")

        def change() -> Sink:
            with transaction.atomic():
                sink = find_sink(options["sink"], lock=True)
                set_fields(sink, options)
                if options["active"] or options["inactive"]:
                    sink.active = bool(options["active"])
                sink.full_clean()
                sink.save()
            return sink

        self._saved(change, options)

    def _saved(self, save: Callable[[], Sink], options: dict[str, Any]) -> None:
        broken = broken_workflow_files()
        try:
            try:
                sink = save()
            except IntegrityError:
                # Meanwhile, another process saved the same sink or app: now the validation finds it and reports the
                # fault.
                sink = save()
        except ValidationError as error:
            hint = ""
            if "workflow" in error.error_dict and not settings.SINKHUB_WORKFLOWS:
                hint = "\nTo use your own workflows, set SINKHUB_WORKFLOWS to their folder; it is not set."
            raise CommandError(lines_of(error) + hint) from None
        self._warn_of(broken)
        for warning in warnings_of(sink):
            self.stderr.write(self.style.WARNING(warning))
        if options["json"]:
            self._print_json(sink)
            return
        state = f"starts {sink.workflow!r} ({sink.access})"
        if not (sink.active and sink.app.active):
            state = f"answers 404: {'it' if not sink.active else 'its app'} is inactive"
        self.stdout.write(self.style.SUCCESS(f"{sink.method} /{sink.app.app_id}{sink.path} {state}."))

    def _delete(self, options: dict[str, Any]) -> None:
        sink = find_sink(options["sink"])
        if not options["yes"]:
            confirm(f"Delete {sink.method} /{sink.app.app_id}{sink.path}?", "Nothing was deleted.")
        document = {"app_id": sink.app.app_id, **of_sink(sink)}
        with transaction.atomic():
            sink.delete()
        if options["json"]:
            self.stdout.write(json_line(document))
        else:
            self.stdout.write(self.style.SUCCESS(f"{sink.method} /{sink.app.app_id}{sink.path} is deleted."))

    def _import(self, options: dict[str, Any]) -> None:
        broken = broken_workflow_files()
        try:
            form = options["format"] or _format_of(options["file"])
            entries = import_export.entries(formats.parse(read_file(options["file"]), form), options["app"])
            changes, unchanged = import_export.import_apps(
                entries,
                dry_run=options["dry_run"],
                delete_others=options["delete_others"],
                watch=lambda sinks: progress(sinks, "sinks"),
            )
        except formats.Refused as error:
            more = "" if len(error.faults) == 1 else f"\n{len(error.faults)} faults."
            raise CommandError(f"{error}{more}\nNothing was changed.") from None
        self._warn_of(broken)
        if options["json"]:
            self.stdout.write(changes_as_json(changes, unchanged, dry_run=options["dry_run"]))
            return
        for change in changes:
            self.stdout.write(change_as_text(change, self.style))
        self.stdout.write(summary_as_text(changes, unchanged, dry_run=options["dry_run"]))

    def _export(self, options: dict[str, Any]) -> None:
        try:
            apps = import_export.export_apps(options["apps"], secrets=options["secrets"])
        except formats.Refused as error:
            raise CommandError(str(error)) from None
        form = options["format"] or _format_of(options["output"] or "") or "json"
        text = formats.dump(apps[0] if len(apps) == 1 else apps, form)
        if options["output"] is None:
            self.stdout.write(text, ending="")
            return
        try:
            # Only the owner may read the file before anything is written to it, even if the file existed before.
            handle = os.open(options["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(text)
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror}.") from None
        sinks = sum(len(app["sinks"]) for app in apps)
        self.stdout.write(self.style.SUCCESS(f"{options['output']}: apps: {len(apps)}, sinks: {sinks}."))

    def _test(self, options: dict[str, Any]) -> None:
        sink = find_sink(options["sink"], options["method"])
        if not (sink.active and sink.app.active):
            self.stderr.write(self.style.WARNING("The sink or its app is inactive: it answers 404."))
        try:
            request = to_sink(
                sink,
                options["url"],
                method=options["method"],
                params=parse_pairs(options["params"], "=", "--param NAME=VALUE"),
                query=options["query"],
                headers=list(parse_pairs(options["headers"], ":", "--header 'NAME: VALUE'").items()),
                body=read_body(options["data"]),
            )
            with sent(request, settings.SINK_TEST_TIMEOUT) as answer:
                well = self._show(request, answer, only_json=options["json"])
        except NoAnswer as error:
            hint = "Check that a server is running there (`manage.py serve`), and set its address with --url or PORT."
            raise CommandError(f"{error}\n{hint}") from None
        except CannotSend as error:
            raise CommandError(str(error)) from None
        if not well:
            raise CommandError("The sink refused the request, or its run was unsuccessful.")

    def _show(self, request: Outgoing, answer: Incoming, *, only_json: bool) -> bool:
        """Print a response as it arrives. Return whether the request and its run succeeded."""
        if not only_json:
            self.stdout.write(f"{request.method} {request.url}\n\n{answer.status} {answer.reason}")
            for name, value in answer.headers:
                self.stdout.write(f"{name}: {value}")
            self.stdout.write("")
        stream = answer.header("content-type").startswith("text/event-stream")
        last = b""  # the last event, or the whole body if it is not a stream
        for part in answer.body:
            event = part.removeprefix(b"data: ") if stream and part.startswith(b"data: ") else b""
            last = event or last if stream else last + part
            if event or not (stream and only_json):
                self.stdout.write((event if only_json and stream else part).decode("utf-8", "replace"), ending="")
                self.stdout.flush()
        if not stream and last and not last.endswith(b"\n"):
            self.stdout.write("")
        return answer.status < 400 and not _ended_badly(last)

    def _listen(self, options: dict[str, Any]) -> None:
        listen(options, self.stdout, self.stderr)

    def _reencrypt(self, options: dict[str, Any]) -> None:
        counts, faults = Counter[type[Model]](), []
        for thing, unreadable in progress(reencrypt(), "sinks and secrets"):
            counts[type(thing)] += 1
            if unreadable and isinstance(thing, AppSecret):
                faults.append(f"/{thing.app.app_id}: secret {thing.name}")
            elif unreadable and isinstance(thing, SecondFactor):
                faults.append(str(thing))
            elif unreadable:
                columns = ", ".join(name.removeprefix("encrypted_").replace("_", " ") for name in unreadable)
                faults.append(f"{thing.method} /{thing.app.app_id}{thing.path}: {columns}")
        if faults:
            raise CommandError(
                "\n".join(faults) + "\nThese were encrypted with a key that is neither SECRET_KEY nor in "
                "SECRET_KEY_FALLBACKS, and were not changed. All others are encrypted with SECRET_KEY."
            )
        self.stdout.write(
            f"Encrypted with SECRET_KEY: the tokens and secrets of sinks ({counts[Sink]}), the secrets of apps "
            f"({counts[AppSecret]}), and the second factors of users ({counts[SecondFactor]})."
        )

    def _print_json(self, sink: Sink) -> None:
        self.stdout.write(json_line({"app_id": sink.app.app_id, **of_sink(sink)}))

    def _warn_of(self, broken: dict[str, str]) -> None:
        for file, why in broken.items():
            self.stderr.write(self.style.WARNING(f"{file} cannot be imported: {' '.join(why.split())}"))


def _add_format(parser: ArgumentParser, about: str) -> None:
    parser.add_argument("--format", choices=["json", "yaml"], help=about)


def _format_of(name: str) -> formats.Format | None:
    return {".json": "json", ".yaml": "yaml", ".yml": "yaml"}.get(Path(name).suffix.lower())  # type: ignore[return-value]


def _ended_badly(last: bytes) -> bool:
    """Return whether the last event, or a JSON response, reports an unsuccessful run."""
    try:
        event = json.loads(last)
    except ValueError:
        return False
    bad = {"error", "cancelled", "interrupted"}
    return isinstance(event, dict) and bool({event.get("type"), event.get("status")} & bad)
