"""The Django app that integrates the others."""

from django.apps import AppConfig


class SinkhubConfig(AppConfig):
    name = "sinkhub"
    verbose_name = "SinkHub"

    def ready(self) -> None:
        """Register the checks of `manage.py check --deploy`."""
        from sinkhub import checks  # noqa: F401 - the import registers them
