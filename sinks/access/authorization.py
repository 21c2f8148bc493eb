"""Authorization of requests that trigger a sink or read a run."""

from importlib import import_module
from typing import Any

from asgiref.sync import sync_to_async
from channels.auth import get_user
from django.conf import settings
from django.http import parse_cookie

from sinks.access import api_tokens, bearer_tokens, permissions
from sinks.routing.matching import Entry, Index


def may_trigger(sink: Entry, authorization: bytes) -> bool:
    """
    Return whether a request may trigger a sink: it has the sink's token, or the sink has none.

    Args:
        sink: The sink that the request matches.
        authorization: The Authorization field; empty if it is missing.

    Raises:
        encryption.Unreadable: The sink has a token that cannot be decrypted.
    """
    token = sink.token()
    return not token or bearer_tokens.matches(authorization, token)


async def may_read(index: Index, source_id: int | None, app_id: str, headers: list[tuple[bytes, bytes]]) -> bool:
    """
    Return whether a request may read a run: it may trigger the run's sink, has an API token that may read the run, or
    has the session of an admin user who may view the runs of the app.

    Args:
        index: The sinks.
        source_id: The id of the run's sink.
        app_id: The id of the run's app.
        headers: The request's header fields.

    Raises:
        encryption.Unreadable: The sink has a token that cannot be decrypted.
        DatabaseError: The database is unavailable.
    """
    fields = dict(headers)
    authorization = fields.get(b"authorization", b"")
    sink = index.by_id.get(source_id) if source_id is not None else None
    if sink is not None and may_trigger(sink, authorization):
        return True
    text = api_tokens.of_header(authorization.decode("latin-1"))
    if text and await sync_to_async(_token_reads)(text, app_id):
        return True
    return await _is_admin(fields.get(b"cookie", b""), app_id)


def _token_reads(text: str, app_id: str) -> bool:
    token = api_tokens.find(text)
    if token is None or "runs:read" not in token.scopes or (token.app is not None and token.app.app_id != app_id):
        return False
    return permissions.may(token.user, "runs.view_run", app_id)


async def _is_admin(cookie: bytes, app_id: str) -> bool:
    session_key = parse_cookie(cookie.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    if not session_key or "\0" in session_key:  # PostgreSQL rejects a NUL
        return False
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    scope: Any = {"session": store(session_key)}
    user: Any = await get_user(scope)
    return bool(
        user.is_active and user.is_staff and await sync_to_async(permissions.may)(user, "runs.view_run", app_id)
    )
