#!/usr/bin/env python
"""Django's command-line entry to SinkHub."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sinkhub.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError as error:
        sys.exit(f"{error}. Run 'make setup' and use the Python of .venv, or 'make run'.")
    try:
        execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")  # a setting is wrong, and which one is what it says
    except BrokenPipeError:
        # Whoever read it has seen enough, `head` say. Nothing more may be written, not even at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + 13)  # what a shell says of a program that SIGPIPE ended


if __name__ == "__main__":
    main()
