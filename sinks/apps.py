"""The app that holds what is configured and decides how a request is let in."""

from django.apps import AppConfig


class SinksConfig(AppConfig):
    name = "sinks"
    verbose_name = "Sinks"

    def ready(self) -> None:
        """Tell `runs`, which does not know what a sink is, how sources of runs, apps and members are found."""
        from runs import ports
        from sinks import registrations
        from sinks.access import permissions

        ports.register_source_provider(registrations.find_sources)
        ports.register_retention_policies(registrations.find_retention_policy)
        ports.register_permissions(permissions.apps)
