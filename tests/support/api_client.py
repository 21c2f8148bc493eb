"""A client of the REST API with its own token, for tests."""

import json

import httpx

from tests.support.hub import Hub, Server

SCOPES = (
    "sinks:read",
    "sinks:write",
    "runs:read",
    "runs:write",
    "runs:start",
    "runs:signal",
    "refusals:read",
    "refusals:accept",
    "app-secrets:write",
)
_USER = """
import sys
from django.contrib.auth.models import Permission, User
name, *codes = {!r}
user = User.objects.create_user(name, password="pw")
user.user_permissions.set(Permission.objects.filter(codename__in=codes))
user.is_superuser = not codes
user.save()
"""


def add_user(hub: Hub, name: str, *permissions: str) -> None:
    """Create a user with these permissions (code names); without any, a superuser."""
    hub.shell(_USER.format((name, *permissions)))


def add_token(hub: Hub, user: str, *scopes: str, app: str | None = None, days: int | None = None) -> tuple[int, str]:
    """Create an API token with the scopes (default: all). Return its id and its text."""
    args = [arg for scope in scopes or SCOPES for arg in ("--scope", scope)]
    args += ["--app", app] if app else []
    args += ["--days", str(days)] if days else []
    made = json.loads(hub.manage("apitokens", "create", "--user", user, "--name", "test", "--json", *args).stdout)
    return made["id"], made["token"]


def client(server: Server, token: str) -> httpx.Client:
    """Return an HTTP client that sends the token."""
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
