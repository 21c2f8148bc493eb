"""The Django app that holds the configuration and decides which requests start runs."""

from django.apps import AppConfig


class SinksConfig(AppConfig):
    name = "sinks"
    verbose_name = "Sinks"

    def ready(self) -> None:
        """Register functions with `runs`, which does not know sinks, and connect the audit log."""
        from runs import ports
        from sinks import registrations, search_values
        from sinks.access import permissions
        from sinks.audit import changes, sign_ins
        from sinks.audit.entries import record
        from sinks.schedules import firing

        ports.register_source_provider(registrations.find_sources)
        ports.register_retention_policies(registrations.find_retention_policy)
        ports.register_apps(registrations.is_app)
        ports.register_permissions(permissions.apps)
        ports.register_secrets(registrations.read_secrets, registrations.find_secrets_of)
        ports.register_names(
            registrations.find_source_names,
            registrations.search_sources,
            registrations.search_apps,
            search_values.find_names,
        )
        ports.register_prune(registrations.prune)
        ports.register_schedules(firing.fire_due)
        ports.register_audit(record)
        changes.connect()
        sign_ins.connect()
