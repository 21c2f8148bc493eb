"""The app that holds what is configured and decides how a request is let in."""

from django.apps import AppConfig


class SinksConfig(AppConfig):
    name = "sinks"
    verbose_name = "Sinks"

    def ready(self) -> None:
        """Tell `runs`, which does not know what a sink is, how sources of runs, apps and members are found."""
        from runs.history.retention import know_policies
        from runs.ports import know_sources
        from runs.visibility import know_visibility
        from sinks.access import permissions
        from sinks.retention import policy
        from sinks.sources import find

        know_sources(find)
        know_policies(policy)
        know_visibility(permissions.apps)
