"""Authorization of requests that trigger a sink or read a run."""

from importlib import import_module
from typing import Any

from asgiref.sync import sync_to_async
from channels.auth import get_user
from django.conf import settings
from django.http import parse_cookie

from sinks.access import api_tokens, bearer_tokens, permissions
from sinks.access.callers import NotAdmitted, Sent
from sinks.access.jwks import KeySetUnavailable, key_sets
from sinks.http.problems import Scope
from sinks.routing.matching import Entry, Index
from sinks.sign_in import second_factor


def may_trigger(sink: Entry, authorization: bytes) -> bool:
    """
    Return whether a request may trigger a sink: it has the sink's token, or the one before it while both are valid, or
    the sink has none.

    Args:
        sink: The sink that the request matches.
        authorization: The Authorization field; empty if it is missing.

    Raises:
        encryption.Unreadable: The sink has a token that cannot be decrypted.
    """
    token = sink.token()
    if not token or bearer_tokens.matches(authorization, token):
        return True
    old = sink.old_token()
    return bool(old) and bearer_tokens.matches(authorization, old)


async def may_read(index: Index, source_id: int | None, app_id: str, scope: Scope) -> bool:
    """
    Return whether a request may read a run: it has a credential of the run's sink (or the sink has none), has an API
    token that may read the run, or has the session of an admin user who may view the runs of the app. Signature,
    networks and log mode of the sink take no part.

    Args:
        index: The sinks.
        source_id: The id of the run's sink.
        app_id: The id of the run's app.
        scope: The request's ASGI scope.

    Raises:
        encryption.Unreadable: The sink has a credential that cannot be decrypted.
        KeySetUnavailable: The request has a token of an issuer whose keys cannot be fetched, and nothing else.
        DatabaseError: The database is unavailable.
    """
    fields = dict(scope["headers"])
    authorization = fields.get(b"authorization", b"")
    sink = index.by_id.get(source_id) if source_id is not None else None
    unavailable: KeySetUnavailable | None = None
    if sink is not None:
        try:
            if await _is_caller(sink, authorization, scope):
                return True
        except KeySetUnavailable as error:
            unavailable = error
    text = api_tokens.of_header(authorization.decode("latin-1"))
    if text and await sync_to_async(_token_reads)(text, app_id):
        return True
    if await _is_admin(fields.get(b"cookie", b""), app_id):
        return True
    if unavailable is not None:
        raise unavailable
    return False


async def _is_caller(sink: Entry, authorization: bytes, scope: Scope) -> bool:
    if sink.access is None:
        return may_trigger(sink, authorization)
    try:
        await sink.access.check_credential(Sent(scope["headers"], scope["query_string"]), key_sets)
    except NotAdmitted:
        return False
    return True


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
    return bool(user.is_active and user.is_staff) and await sync_to_async(_sees_runs)(user, app_id)


def _sees_runs(user: Any, app_id: str) -> bool:
    return permissions.may(user, "runs.view_run", app_id) and not second_factor.is_missing(user)
