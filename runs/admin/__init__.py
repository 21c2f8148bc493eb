"""Django imports this package to register the admin pages of runs."""

from runs.admin import run_admin as run_admin
