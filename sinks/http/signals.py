"""Signals to runs over HTTP: `POST /runs/{run_id}/signals/{name}` sends one, GET shows a page that asks."""

import json
import secrets
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from runs.database_errors import in_a_line
from runs.ids import RUN_ID
from runs.links import signals
from runs.links.signals import RunOver, TooManySignals
from runs.models import Run
from runs.steps.errors import InvalidPayload
from runs.steps.values import encode_payload
from sinks.http.problems import problem

_REFUSED = "Missing or invalid token: use the URL that the run handed out."
_ENDED = "The run does not wait for this any more."


class _Refused(Exception):
    """The request is refused."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


# The token in the URL is the credential, and no cookie counts.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def signal(request: HttpRequest, run_id: str, name: str) -> HttpResponse:
    """
    Send a signal to a run, with the request's body as its payload: JSON, the fields of a form, or nothing (null).

    Args:
        request: Carries the token, as `token` in the query or as a bearer token.
        run_id: The run.
        name: The signal's name.
    """
    is_form = request.method == "POST" and request.content_type == "application/x-www-form-urlencoded"
    wants_page = "text/html" in request.headers.get("Accept", "")
    try:
        run = _authorized(request, run_id, name)
        if request.method != "POST":
            response = _page(request, 200, "A workflow waits for you", name=name, asks=True)
        else:
            signals.send(run, name, encode_payload(_payload(request, is_form)))
            if wants_page:
                response = _page(request, 202, "Sent", f"The run has received {name}.")
            else:
                accepted = {"run_id": run.pk, "signal": name, "events_url": f"/runs/{run.pk}/events"}
                response = HttpResponse(json.dumps(accepted), status=202, content_type="application/json")
    except (_Refused, RunOver, TooManySignals, InvalidPayload, DatabaseError) as error:
        response = _refusal(request, error, wants_page)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


def _authorized(request: HttpRequest, run_id: str, name: str) -> Run:
    """Return the run, if the request's token was handed out for it and the name."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = request.GET.get("token", "") or (bearer.strip() if scheme.lower() == "bearer" else "")
    run = Run.objects.filter(pk=run_id).first() if RUN_ID.fullmatch(run_id) else None
    # The same answer for a run that does not exist: a run's id is not to be guessed here.
    if run is None or not token or not signals.is_valid(run.pk, name, token):
        raise _Refused(401, _REFUSED)
    if run.over:
        raise RunOver(_ENDED)
    return run


def _payload(request: HttpRequest, is_form: bool) -> Any:
    length = request.headers.get("Content-Length", "0")
    if length.isdigit() and int(length) > settings.MAX_STEP_BYTES:
        raise _Refused(413, f"The payload is larger than {settings.MAX_STEP_BYTES} bytes (MAX_STEP_BYTES).")
    if is_form:
        return {key: values if len(values) > 1 else values[0] for key, values in request.POST.lists()}
    body = request.body
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise _Refused(400, "The body is not JSON: send JSON, a form, or nothing.") from None


def _refusal(request: HttpRequest, error: Exception, wants_page: bool) -> HttpResponse:
    if isinstance(error, _Refused):
        status, detail = error.status, error.detail
    elif isinstance(error, RunOver):
        status, detail = 410, _ENDED
    elif isinstance(error, TooManySignals):
        status, detail = 429, str(error)
    elif isinstance(error, InvalidPayload):
        status, detail = 413, str(error)
    else:
        status, detail = 503, f"The database is unavailable: {in_a_line(error)}. Try again."
    if wants_page:
        response = _page(request, status, "This link does not work", detail)
    else:
        response = HttpResponse(problem(status, detail), status=status, content_type="application/problem+json")
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if status in (429, 503):
        response["Retry-After"] = "5"
    return response


def _page(request: HttpRequest, status: int, title: str, line: str = "", **context: Any) -> HttpResponse:
    nonce = secrets.token_urlsafe(16)
    shown = {"title": title, "line": line, "nonce": nonce, "address": request.get_full_path(), **context}
    response = render(request, "runs/signal.html", shown, status=status)
    response["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return response
