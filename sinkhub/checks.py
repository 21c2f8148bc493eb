"""Checks that `manage.py check --deploy` adds to Django's own: for settings that are safe only on a local machine."""

import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from django.core.checks import Warning as Caution
from django.db import Error as DatabaseError

from runs.models import Executor
from sinks.access import encryption
from sinks.models import Sink

_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
_SHORT = 20  # characters; `sinks rotate-token` creates 43
_FEW = 8  # different characters
_NAMED = 5


@register(Tags.security, deploy=True)
def check_deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Return a warning for each setting or file to change before the installation is public."""
    found: list[CheckMessage] = []
    public = settings.HOST not in _LOCAL or bool({*settings.ALLOWED_HOSTS} - _LOCAL)
    if public and not settings.HTTPS:
        found.append(
            Caution(
                "Passwords are sent unencrypted: HTTPS is not enabled.",
                hint="Put a proxy with TLS in front (docs/operations.md), and set HTTPS=1.",
                id="sinkhub.W001",
            )
        )
    if settings.DEBUG and public:
        found.append(Caution("DEBUG shows settings and code to everyone.", hint="Unset DEBUG.", id="sinkhub.W002"))
    found += _readable_files()
    try:
        # Checked for local addresses too: a server behind a proxy also listens on a local address.
        found += _weak_tokens()
        found += _several_servers()
    except DatabaseError as error:
        found.append(
            Caution(
                f"The sinks and servers cannot be read from the database: {error}".strip(),
                hint="Check DATABASE_URL, and run 'manage.py migrate'.",
                id="sinkhub.W003",
            )
        )
    return found


def _readable_files() -> Iterator[CheckMessage]:
    database = settings.DATABASES["default"]
    paths = [settings.VAR / "secret_key"]
    if database["ENGINE"].endswith(".sqlite3"):
        paths += [Path(f"{database['NAME']}{end}").resolve() for end in ("", "-wal", "-shm")]
    if readable := [str(path) for path in paths if _others_may_read(path)]:
        yield Caution(
            f"Other users of this machine can read {', '.join(readable)}.",
            hint=f"Run: chmod 600 {shlex.join(readable)}",
            id="sinkhub.W008",
        )


def _others_may_read(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IROTH) and all(
            folder.stat().st_mode & stat.S_IXOTH for folder in path.parents
        )
    except OSError:  # the file does not exist, or this user may not see it
        return False


def _weak_tokens() -> Iterator[CheckMessage]:
    weak = []
    for sink in Sink.objects.select_related("app").exclude(encrypted_token="").iterator():
        try:
            token = sink.auth_token
        except encryption.Unreadable:
            yield Caution(
                f"The token of {_name(sink)} was encrypted with another SECRET_KEY: the sink refuses all requests.",
                hint=f"Generate a new token: manage.py sinks rotate-token '{_name(sink)}'.",
                id="sinkhub.W005",
            )
            continue
        if len(token) < _SHORT or len(set(token)) < _FEW:
            weak.append(sink)
    if weak:
        names = ", ".join(map(_name, weak[:_NAMED])) + (", ..." if len(weak) > _NAMED else "")
        yield Caution(
            f"The tokens of these sinks are too weak: {names}.",
            hint=f"Generate a new token for each: manage.py sinks rotate-token '{_name(weak[0])}'.",
            id="sinkhub.W004",
        )


def _several_servers() -> Iterator[CheckMessage]:
    hosts = list(Executor.objects.values_list("host", flat=True))
    if settings.DATABASES["default"]["ENGINE"].endswith(".sqlite3") and len(set(hosts)) > 1:
        yield Caution(
            f"Several machines use one SQLite database ({', '.join(sorted(set(hosts)))}): it can be damaged.",
            hint="Set DATABASE_URL to PostgreSQL.",
            id="sinkhub.W006",
        )
    if len(hosts) > 1 and not settings.REDIS_URL:
        yield Caution(
            f"{len(hosts)} server processes or workers are running, but the channel layer is in memory: each shows "
            "events of the others up to a second late.",
            hint="Set REDIS_URL.",
            id="sinkhub.W007",
        )


def _name(sink: Sink) -> str:
    return f"{sink.method}:{sink.app.app_id}{sink.path}"
