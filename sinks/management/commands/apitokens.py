"""`manage.py apitokens`: tokens of the REST API from the command line."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils import timezone

from runs.management.actions import EXITS, ActionCommand
from runs.management.terminal import json_line, table
from sinks.access import api_tokens
from sinks.models import ApiToken, App


class Command(ActionCommand):
    """Create, list and revoke tokens of the REST API."""

    help = f"Create, list and revoke tokens of the REST API. {EXITS}"

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="create a token and print it; it cannot be shown again")
        create.add_argument(
            "--user", required=True, help="The token's user. The token never has more permissions than this user."
        )
        create.add_argument(
            "--name",
            required=True,
            help="The purpose of the token, for example the name of the program that uses it.",
        )
        create.add_argument(
            "--scope",
            dest="scopes",
            metavar="SCOPE",
            action="append",
            choices=ApiToken.SCOPES,
            required=True,
            help="A permission of the token. Repeat for several.",
        )
        create.add_argument("--app", help="Restrict the token to this app (default: all apps of the user).")
        create.add_argument(
            "--days", type=int, metavar="N", help="The number of days until the token expires (default: never)."
        )
        create.set_defaults(act=self._create)
        listing = actions.add_parser("list", help="list tokens, without their secret parts")
        listing.set_defaults(act=self._list)
        revoke = actions.add_parser("revoke", help="delete a token, which is then no longer accepted")
        revoke.add_argument("id", type=int, metavar="ID", help="The token's id, as in `apitokens list`.")
        revoke.set_defaults(act=self._revoke)
        for action in (create, listing, revoke):
            action.add_argument("--json", action="store_true", help="Print JSON, one object per line.")

    def _create(self, options: dict[str, Any]) -> None:
        users = get_user_model()._default_manager
        user = users.filter(**{get_user_model().USERNAME_FIELD: options["user"]}).first()
        if user is None:
            raise CommandError(
                f"There is no user {options['user']!r}. Create one in the admin or with `manage.py createsuperuser`."
            )
        app = None
        if options["app"] is not None:
            app = App.objects.filter(app_id=options["app"]).first()
            if app is None:
                raise CommandError(f"There is no app {options['app']!r}.")
        expires_at = None
        if options["days"] is not None:
            if not 1 <= options["days"] <= 36_500:
                raise CommandError("--days must be from 1 to 36500.")
            expires_at = timezone.now() + timedelta(days=options["days"])
        try:
            token, text = api_tokens.make(user, options["name"], options["scopes"], app=app, expires_at=expires_at)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        if options["json"]:
            self.stdout.write(json_line({**_document(token), "token": text}))
            return
        # Standard output gets only the token, for scripts.
        self.stderr.write(f"The token {token.name!r}, which cannot be shown again:")
        self.stdout.write(text)

    def _list(self, options: dict[str, Any]) -> None:
        tokens = ApiToken.objects.select_related("user", "app").order_by("pk")
        if options["json"]:
            for token in tokens:
                self.stdout.write(json_line(_document(token)))
            return
        documents = [_document(token) for token in tokens]
        rows = [
            (
                document["id"],
                document["begins"],
                document["name"],
                document["user"],
                document["app_id"],
                " ".join(document["scopes"]),
                document["expires_at"] and document["expires_at"].strftime("%Y-%m-%d"),
                document["last_used_at"] and document["last_used_at"].strftime("%Y-%m-%d %H:%M"),
            )
            for document in documents
        ]
        self.stdout.write(table(("ID", "BEGINS", "NAME", "USER", "APP", "SCOPES", "EXPIRES", "LAST USED"), rows))

    def _revoke(self, options: dict[str, Any]) -> None:
        token = ApiToken.objects.select_related("user", "app").filter(pk=options["id"]).first()
        if token is None:
            raise CommandError(f"There is no token {options['id']}.")
        document = _document(token)
        token.delete()
        self.stdout.write(json_line(document) if options["json"] else f"The token {document['name']!r} is revoked.")


def _document(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.pk,
        "begins": token.hint,
        "name": token.name,
        "user": token.user.get_username(),
        "app_id": token.app.app_id if token.app is not None else None,
        "scopes": token.scopes,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
    }
