"""The app that holds what is configured and decides how a request is let in."""

from django.apps import AppConfig


class SinksConfig(AppConfig):
    name = "sinks"
    verbose_name = "Sinks"
