"""The two URLs of a sign-in with OpenID Connect: its start, and the callback to which the provider leads back."""

import threading
import time
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from sinks.people.invitation_pages import private
from sinks.sign_in.oidc_accounts import find_user
from sinks.sign_in.oidc_failures import Failure, SignInFailed, report
from sinks.sign_in.oidc_provider import Attempt, Person, begin, discover, error_word, find_person

VALID_SECONDS = 600.0  # for a sign-in, from its start
MAX_OPEN = 5  # sign-ins of a browser, for example in several tabs
MAX_CODE = 4096  # characters
_SESSION_KEY = "oidc"
_MAX_NEXT = 2000

# A sign-in occupies a thread while it waits for the provider: up to four requests, of up to ten seconds each.
_turns = threading.BoundedSemaphore(8)


def start_url(next_url: str) -> str:
    """
    Return the URL at which a sign-in starts. It has the host of the callback, so that both get the same cookie.

    Args:
        next_url: The page that follows the sign-in.
    """
    return f"{settings.PUBLIC_URL}{reverse('oidc')}?{urlencode({'next': next_url})}"


@never_cache
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Redirect to the page of the provider."""
    _require_enabled()
    next_url = _safe(request.GET.get("next", ""))
    try:
        url, attempt = begin(_in_turn(discover), _redirect_uri())
    except SignInFailed as error:
        return _failed(request, error, next_url)
    _keep(request, attempt, next_url)
    return private(redirect(url))


@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Sign in the person that the provider names, and redirect to the requested page."""
    _require_enabled()
    kept = _take(request, request.GET.get("state", ""))
    next_url = kept[1] if kept is not None else reverse("admin:index")
    try:
        if kept is None:
            raise SignInFailed(Failure.STATE)
        user, is_new = find_user(_person(request, kept[0]))
    except SignInFailed as error:
        return _failed(request, error, next_url)
    user.signed_in_by = "OIDC"  # for the audit log
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    if is_new and not next_url.startswith(_invitations()):
        messages.info(request, "You are signed in as a new user. You see apps when one of their owners invites you.")
    return private(redirect(next_url))


def _require_enabled() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404("Sign-in with OpenID Connect is off: set OIDC_ISSUER.")


def _person(request: HttpRequest, attempt: Attempt) -> Person:
    """Return the person who has signed in, by the parameters of the callback."""
    if "error" in request.GET:
        raise SignInFailed(Failure.DENIED, error_word(request.GET["error"]))
    if request.GET.get("iss", settings.OIDC_ISSUER) != settings.OIDC_ISSUER:  # RFC 9207
        raise SignInFailed(Failure.INVALID, "the callback names another issuer (iss)")
    code = request.GET.get("code", "")
    if not code or len(code) > MAX_CODE:
        raise SignInFailed(Failure.INVALID, "the callback has no code")
    person: Person = _in_turn(_find_person, attempt, code)
    return person


async def _find_person(attempt: Attempt, code: str) -> Person:
    return await find_person(await discover(), attempt, code, _redirect_uri())


def _in_turn(function: Any, *args: Any) -> Any:
    if not _turns.acquire(blocking=False):
        raise SignInFailed(Failure.BUSY)
    try:
        return async_to_sync(function)(*args)
    finally:
        _turns.release()


def _redirect_uri() -> str:
    return f"{settings.PUBLIC_URL}{reverse('oidc_callback')}"


def _invitations() -> str:
    return reverse("invitation", args=["x"]).removesuffix("x/")


def _safe(next_url: str) -> str:
    """Return a path of this server: the one that was asked for, else the admin's first page."""
    is_ours = next_url.startswith("/") and url_has_allowed_host_and_scheme(next_url, allowed_hosts=None)
    return next_url if is_ours and len(next_url) <= _MAX_NEXT else reverse("admin:index")


def _keep(request: HttpRequest, attempt: Attempt, next_url: str) -> None:
    """Remember a sign-in in the browser's session."""
    now = time.time()
    kept = request.session.get(_SESSION_KEY, {})
    valid = {state: values for state, values in kept.items() if now - values[3] < VALID_SECONDS}
    newest = dict(list(valid.items())[1 - MAX_OPEN :])
    request.session[_SESSION_KEY] = newest | {attempt.state: [attempt.nonce, attempt.verifier, next_url, now]}


def _take(request: HttpRequest, state: str) -> tuple[Attempt, str] | None:
    """Return a sign-in of this browser, once, and the page to follow; None if it is not a valid one."""
    kept = request.session.get(_SESSION_KEY, {})
    if state not in kept:
        return None
    nonce, verifier, next_url, begun_at = kept.pop(state)
    request.session[_SESSION_KEY] = kept
    if not 0 <= time.time() - begun_at < VALID_SECONDS:
        return None
    return Attempt(state, nonce, verifier), next_url


def _failed(request: HttpRequest, error: SignInFailed, next_url: str) -> HttpResponse:
    report(request, error)
    failure = error.failure
    context = {
        **admin.site.each_context(request),
        "title": failure.title,
        "advice": failure.advice,
        "name": settings.OIDC_NAME,
        "start": start_url(next_url),
        "sign_in": f"{reverse('admin:login')}?{urlencode({'next': next_url})}",
    }
    return private(render(request, "admin/oidc_failed.html", context, status=failure.status))
