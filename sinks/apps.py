"""The app that holds what is configured and decides how a request is let in."""

from django.apps import AppConfig


class SinksConfig(AppConfig):
    name = "sinks"
    verbose_name = "Sinks"

    def ready(self) -> None:
        """Tell `runs`, which does not know what a sink is, how the sources of runs are looked up."""
        from runs.sources import know_sources
        from sinks.sources import find

        know_sources(find)
