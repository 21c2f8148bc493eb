"""`manage.py quickstart`: create everything that a first start needs and that does not exist yet."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from sinkhub.management.arguments import check_port
from sinks.models import App, Sink
from sinks.models.app import DEMO_APP_ID

_TOKEN = "secret-api-key"  # noqa: S105 - the source document's example; the demo listens on the loopback address
_SINKS: list[dict[str, Any]] = [
    {"path": "/webhook", "workflow": "echo", "description": "Answers with what it received."},
    {"path": "/slow", "workflow": "demo", "description": "Takes four seconds, in four steps."},
    {"path": "/github-webhook", "workflow": "demo", "description": "A webhook of an external service."},
    {"path": "/api/v1/process", "workflow": "demo", "auth_token": _TOKEN, "description": "An API with a token."},
    {"path": "/submit-form", "workflow": "demo", "description": "A form of a website."},
]


class Command(BaseCommand):
    """Prepare a first start."""

    help = "Migrate the database, create an admin user and a demo app if they do not exist, and print how to continue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="do not create the demo app")

    def handle(self, *args: Any, **options: Any) -> None:
        check_port(settings.HOST, settings.PORT, "make run PORT=...")  # before a password is created
        call_command("migrate", verbosity=0)
        address = f"http://{_reachable(settings.HOST)}:{settings.PORT}"
        lines = [f"Admin:    {address}/admin/"]
        users = get_user_model()
        if users.objects.filter(is_superuser=True).exists():
            lines.append("          (its password was shown once; 'manage.py changepassword' sets a new one)")
        else:
            password = secrets.token_urlsafe(12)
            users.objects.create_superuser("admin", password=password)
            lines += ["User:     admin", f"Password: {password}   (it cannot be shown again)"]
        if not options["no_demo"]:
            self._make_demo()
            example = """-H 'Content-Type: application/json' -d '{"event": "test"}'"""
            lines.append(f"Try:      curl -N -X POST {address}/{DEMO_APP_ID}/slow {example}")
        self.stdout.write("\n".join(["", *lines, ""]))

    @transaction.atomic
    def _make_demo(self) -> None:
        app, made = App.objects.get_or_create(app_id=DEMO_APP_ID, defaults={"name": "Demo"})
        if not made:
            return  # an admin may have changed or removed its sinks
        for fields in _SINKS:
            sink = Sink(app=app, method="POST")
            for name, value in fields.items():
                setattr(sink, name, value)
            sink.full_clean()
            sink.save()


def _reachable(host: str) -> str:
    """Return a host that a browser on this machine can open, even if the server listens on all addresses."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104
        return "localhost"
    return f"[{host}]" if ":" in host else host
