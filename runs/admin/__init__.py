"""Django imports this package to find the pages of runs in the admin."""

from runs.admin import run_admin as run_admin
