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
        sys.exit(f"{error}")  # the message names the wrong setting
    except BrokenPipeError:
        # The reader, such as `head`, closed the pipe. Nothing may be written any more, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + 13)  # a shell's exit code for a program that SIGPIPE ended


if __name__ == "__main__":
    main()
