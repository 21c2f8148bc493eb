"""The app that holds what is configured and decides how a request is let in."""

from django.apps import AppConfig


class SinksConfig(AppConfig):
    name = "sinks"
    verbose_name = "Sinks"

    def ready(self) -> None:
        """Tell `runs`, which does not know what a sink is, how the source of a run and its limit are looked up."""
        from runs import lanes
        from runs.replay import know_sources
        from sinks.models import concurrency_of
        from sinks.replay import source_of

        know_sources(source_of)
        lanes.provide_limits(concurrency_of)
