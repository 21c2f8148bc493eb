"""Write docs/commands.md from the commands' own help: `python -m tests.support.commands_page`."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "commands.md"
_OURS = {"runs", "sinks", "sinkhub"}
_EXITS = "Exit codes: 0 success; 1 failure, with the reason on standard error; 2 invalid command line."
_HEAD = """# Commands

Run each as `.venv/bin/python manage.py NAME ...`; `--help` prints the same texts. Exit codes: 0 success; 1 failure,
with the reason on standard error; 2 invalid command line. Commands with other exit codes list them. With `--json`, the
output is JSON, one object per line. Times are UTC. This page is generated from the commands.
"""


def page() -> str:
    """Return the current text of the page."""
    from django.core.management import get_commands, load_command_class

    parts = [_HEAD]
    for name, app in sorted(get_commands().items()):
        if app in _OURS:
            parser = load_command_class(app, name).create_parser("manage.py", name)
            parts += _command(f"manage.py {name}", parser)
    return "\n".join(parts)


def _command(name: str, parser: argparse.ArgumentParser, about: str = "") -> Iterator[str]:
    yield f"## {name}\n"
    description = (parser.description or about).replace(_EXITS, "").strip()
    yield f"{description[:1].upper()}{description[1:]}{'' if description.endswith('.') else '.'}\n"
    lines = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            inner = [
                part
                for sub, subparser in action.choices.items()
                for part in _command(f"{name} {sub}", subparser, helps[sub])
            ]
            yield from inner
        elif action.help is not argparse.SUPPRESS and not _is_djangos(action):
            named = "`, `".join(action.option_strings) or str(action.metavar or action.dest)
            value = f" {action.metavar or action.dest.upper()}" if action.option_strings and action.nargs != 0 else ""
            lines.append(f"- `{named}{value}`: {_help(parser, action)}")
    if lines:
        yield "\n".join(lines) + "\n"


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    assert action.help, f"{action.dest} is not explained"
    text = " ".join(parser._get_formatter()._expand_help(action).split())
    many = f" One of: {', '.join(map(str, action.choices))}." if action.choices else ""
    return text + (many if "One of" not in text else "")


def _is_djangos(action: argparse.Action) -> bool:
    common = {
        "-h",
        "--version",
        "-v",
        "--settings",
        "--pythonpath",
        "--traceback",
        "--no-color",
        "--force-color",
        "--skip-checks",
    }
    return bool(common & set(action.option_strings))


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sinkhub.settings")
    django.setup()
    PAGE.write_text(page())
