"""`manage.py secrets`: the secrets of apps from the command line."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import IntegrityError

from runs.management.actions import EXITS, ActionCommand, confirm
from runs.management.terminal import json_line, table
from sinks.access.app_secrets import document_of, set_secret
from sinks.management.arguments import find_app, lines_of, read_file
from sinks.models import AppSecret


class Command(ActionCommand):
    """List, set and delete the secrets of apps. No command prints a value."""

    help = f"List, set and delete the secrets of apps, which workflows read with run.secret(NAME). {EXITS}"

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="list secrets, without their values")
        listing.add_argument("--app", help="Only this app.")
        listing.set_defaults(act=self._list)
        # Other users of the machine can read the arguments of a process, and shells keep them in their history.
        about = "set a secret to a value that is read from standard input, or asked for at a terminal"
        more = "The value is no argument, because other users of the machine can see the arguments of a process."
        put = actions.add_parser("set", help=about, description=f"{about[:1].upper()}{about[1:]}. {more} {EXITS}")
        put.set_defaults(act=self._set)
        delete = actions.add_parser("delete", help="delete a secret; runs that read it fail from then on")
        delete.add_argument("--yes", action="store_true", help="Do not ask for confirmation.")
        delete.set_defaults(act=self._delete)
        for action in (put, delete):
            action.add_argument("app", metavar="APP", help="The app's id, such as app_abc123.")
            action.add_argument("name", metavar="NAME", help="The secret's name, such as STRIPE_KEY.")
        for action in (listing, put, delete):
            action.add_argument("--json", action="store_true", help="Print JSON, one object per line.")

    def _list(self, options: dict[str, Any]) -> None:
        secrets = AppSecret.objects.select_related("app").order_by("app__app_id", "name")
        if options["app"] is not None:
            secrets = secrets.filter(app=find_app(options["app"]))
        if options["json"]:
            for secret in secrets:
                self._print_json(secret)
            return
        rows = [
            (secret.app.app_id, secret.name, *(f"{at:%Y-%m-%d %H:%M}" for at in (secret.created_at, secret.changed_at)))
            for secret in secrets
        ]
        self.stdout.write(table(("APP", "NAME", "CREATED", "CHANGED"), rows))

    def _set(self, options: dict[str, Any]) -> None:
        app = find_app(options["app"])
        if sys.stdin.isatty():
            value = getpass(f"The value of {options['name']} (it is not shown): ")
        else:
            # `echo` and text files end with a line end, which is no part of the value.
            value = read_file("-").removesuffix("\n").removesuffix("\r")
        try:
            secret, is_new = set_secret(app, options["name"], value)
        except ValidationError as error:
            raise CommandError(lines_of(error)) from None
        except IntegrityError:
            raise CommandError(f"The app {app.app_id} was deleted at the same time.") from None
        if options["json"]:
            self._print_json(secret)
            return
        done = "is set" if is_new else "has a new value"
        self.stdout.write(self.style.SUCCESS(f"The secret {secret.name} of {app.app_id} {done}."))

    def _delete(self, options: dict[str, Any]) -> None:
        app = find_app(options["app"])
        secret = AppSecret.objects.filter(app=app, name=options["name"]).first()
        if secret is None:
            raise CommandError(f"The app {app.app_id} has no secret {options['name']!r}.")
        if not options["yes"]:
            confirm(f"Delete the secret {secret.name} of {app.app_id}?", "Nothing was deleted.")
        document = {"app_id": app.app_id, **document_of(secret)}
        secret.delete()
        if options["json"]:
            self.stdout.write(json_line(document))
        else:
            self.stdout.write(self.style.SUCCESS(f"The secret {secret.name} of {app.app_id} is deleted."))

    def _print_json(self, secret: AppSecret) -> None:
        self.stdout.write(json_line({"app_id": secret.app.app_id, **document_of(secret)}))
