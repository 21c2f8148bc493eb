"""The app that puts the others together."""

from django.apps import AppConfig


class SinkhubConfig(AppConfig):
    name = "sinkhub"
    verbose_name = "SinkHub"

    def ready(self) -> None:
        """Enter the checks of `manage.py check --deploy`."""
        from sinkhub import checks  # noqa: F401 - they enter themselves
