#!/usr/bin/env python
"""Django's command-line entry to SinkHub."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sinkhub.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        sys.exit(f"{error}. Run 'make setup' and use the Python of .venv, or 'make run'.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
