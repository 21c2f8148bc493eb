"""The app that executes, records and streams runs."""

from importlib import import_module

from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "runs"
    verbose_name = "Runs"

    def import_models(self) -> None:
        """Import also the models of the list of runs, which is above `runs.models`."""
        super().import_models()
        import_module("runs.listing.models")
