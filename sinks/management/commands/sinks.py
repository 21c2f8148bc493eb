"""`manage.py sinks`: sinks from the command line."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from sinks.models import App, Sink


class Command(BaseCommand):
    """Create and list sinks."""

    help = "Create and list sinks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a sink, and its app where there is none of that id")
        create.add_argument("--app", required=True, help="the app's id, such as app_abc123")
        create.add_argument("--path", required=True, help="such as /webhook or /orders/{order_id}")
        create.add_argument("--method", default="POST", help="GET, POST, ... or ANY (%(default)s)")
        create.add_argument("--auth-token", default="", help="the bearer token; without it the sink is public")
        create.add_argument("--workflow", required=True, help="the workflow's name, such as echo")
        create.add_argument("--options", default="{}", help="the workflow's options, as a JSON object")
        create.add_argument("--timeout", type=float, default=300.0, help="seconds for one attempt (%(default)s)")
        create.add_argument("--description", default="")
        actions.add_parser("list", help="list all sinks")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "create":
            self._create(options)
        else:
            for sink in Sink.objects.select_related("app"):
                state = "active" if sink.active and sink.app.active else "inactive"
                access = "token" if sink.encrypted_token else "public"
                self.stdout.write(f"{sink.app.app_id} {sink.method} {sink.path} {sink.workflow} {access} {state}")

    def _create(self, options: dict[str, Any]) -> None:
        try:
            given = json.loads(options["options"])
        except (ValueError, RecursionError) as error:
            raise CommandError(f"--options is not JSON: {error}") from None
        try:
            with transaction.atomic():
                app = App.objects.filter(app_id=options["app"]).first()
                if app is None:
                    app = App(app_id=options["app"])
                    app.full_clean()
                    app.save()
                sink = Sink(
                    app=app,
                    path=options["path"],
                    method=options["method"],
                    workflow=options["workflow"],
                    options=given,
                    timeout=options["timeout"],
                    description=options["description"],
                )
                sink.auth_token = options["auth_token"]
                sink.full_clean()
                sink.save()
        except ValidationError as error:
            raise CommandError(_lines(error)) from None
        self.stdout.write(self.style.SUCCESS(f"{sink.method} /{app.app_id}{sink.path} starts {sink.workflow!r}."))


def _lines(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return "; ".join(error.messages)
    return "\n".join(
        ("" if field == "__all__" else f"{field}: ") + "; ".join(messages)
        for field, messages in error.message_dict.items()
    )
