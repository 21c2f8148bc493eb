"""`manage.py two_factor`: the list of users with two-factor, and a reset for users who have lost their app."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.db.models import Count

from runs.management.actions import EXITS, ActionCommand, actions_of, confirm
from runs.management.terminal import json_line, table
from sinks.models import SecondFactor
from sinks.sign_in import second_factor


class Command(ActionCommand):
    """List and reset the two-factor sign-in of users."""

    help = f"List the users with two-factor sign-in, and reset it for a user who has lost the app. {EXITS}"

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = actions_of(parser)
        add("list", self._list, "list the users with two-factor", as_json="Print one JSON object per line.")
        reset = add(
            "reset",
            self._reset,
            "turn two-factor off for a user who has lost the app and the recovery codes",
            as_json="Print JSON.",
        )
        reset.add_argument("user", metavar="USERNAME", help="The user's name.")
        reset.add_argument("--yes", action="store_true", help="Do not ask for confirmation.")

    def _list(self, options: dict[str, Any]) -> None:
        factors = SecondFactor.objects.filter(confirmed_at__isnull=False).select_related("user")
        documents = [
            {"user": factor.user.get_username(), "since": factor.confirmed_at, "recovery_codes": factor.left}
            for factor in factors.annotate(left=Count("recovery_codes")).order_by("user__username")
        ]
        if options["json"]:
            for document in documents:
                self.stdout.write(json_line(document))
            return
        rows = [(each["user"], f"{each['since']:%Y-%m-%d %H:%M}", each["recovery_codes"]) for each in documents]
        self.stdout.write(table(("USER", "SINCE", "RECOVERY CODES"), rows))

    def _reset(self, options: dict[str, Any]) -> None:
        users = get_user_model()
        user = users._default_manager.filter(**{users.USERNAME_FIELD: options["user"]}).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        if second_factor.of(user) is None:
            raise CommandError(f"The user {options['user']!r} does not use two-factor.")
        if not options["yes"]:
            confirm(f"Reset two-factor of {options['user']}?", "Nothing was reset.")
        second_factor.reset(user)
        if options["json"]:
            self.stdout.write(json_line({"user": options["user"], "reset": True}))
        else:
            self.stdout.write(self.style.SUCCESS(f"Two-factor of {options['user']} is off: the password is enough."))
