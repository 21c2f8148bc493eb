"""Commands with actions, such as `runs list`: their arguments, their questions, and their exit codes."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError

EXITS = "Exit codes: 0 success; 1 failure, with the reason on standard error; 2 invalid command line."

Act = Callable[[dict[str, Any]], None]


class ActionCommand(BaseCommand):
    """A command whose arguments name an action, which `act` among its options executes."""

    requires_system_checks = []  # they load all URLs and the API, which takes 0.2 s; `manage.py check` runs them

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            options["act"](options)
        except DatabaseError as error:
            raise CommandError(f"The database query failed: {error}") from None


class AddAction(Protocol):
    """Adds an action to a command; see `actions_of`."""

    def __call__(self, name: str, act: Act, about: str, *, as_json: str = "", exits: str = EXITS) -> ArgumentParser:
        """
        Args:
            name: The action's name.
            act: Executes it with the command's options.
            about: What it does, for its help.
            as_json: What `--json` prints; empty if it has no such option.
            exits: Its exit codes.
        """


def actions_of(parser: ArgumentParser) -> AddAction:
    """Return a function that adds an action to a command, and returns the parser of its arguments."""
    actions = parser.add_subparsers(dest="action", required=True)

    def add(name: str, act: Act, about: str, *, as_json: str = "", exits: str = EXITS) -> ArgumentParser:
        action: ArgumentParser = actions.add_parser(
            name, help=about, description=f"{about[:1].upper()}{about[1:]}. {exits}"
        )
        action.set_defaults(act=act)
        if as_json:
            action.add_argument("--json", action="store_true", help=as_json)
        return action

    return add


def confirm(question: str, refused: str) -> None:
    """
    Ask the user of a terminal whether to go on.

    Args:
        question: The question, without the possible answers.
        refused: The error if the answer is no.

    Raises:
        CommandError: The answer is no, or nobody can answer.
    """
    if not sys.stdin.isatty():
        raise CommandError("Not a terminal: pass --yes to confirm.")
    if input(f"{question} [y/N] ").strip().lower() not in {"y", "yes"}:
        raise CommandError(refused)
