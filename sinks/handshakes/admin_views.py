"""The part of a sink's admin page that concerns its provider: the secret that it sends, and confirmations."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from runs.history.durations import as_text
from sinks.access.encryption import Unreadable
from sinks.dashboard import links
from sinks.handshakes import confirmations, secret_window
from sinks.handshakes.of_sink import takes_secret
from sinks.models import Confirmation, Sink

logger = logging.getLogger(__name__)


def context_of(sink: Sink) -> dict[str, Any]:
    """Return what the page of a sink shows about its provider; empty if there is nothing to show."""
    remaining = secret_window.remaining(sink)
    pending = [
        {"pk": one.pk, "topic": str(one), "host": confirmations.host_of(one), "received_at": one.received_at}
        for one in sink.confirmations.all()
    ]
    shown = {
        "takes_secret": takes_secret(sink),
        "remaining": as_text(remaining.total_seconds()) if remaining is not None else "",
        "until": sink.awaits_secret_until,
        "was_received": secret_window.was_received(sink),
        "pending": pending,
    }
    return shown if any(shown[name] for name in ("takes_secret", "was_received", "pending")) else {}


def urls(model_admin: Any) -> list[URLPattern]:
    """Return the URL of the buttons of that part, for the admin of sinks."""
    view = model_admin.admin_site.admin_view(partial(_view, model_admin))
    return [path("<path:object_id>/handshake/", view, name="sinks_sink_handshake")]


def _view(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """Do what a button says: a POST with `do`, and with `confirmation` for one. The sink's history records it."""
    sink: Sink | None = model_admin.get_object(request, unquote(object_id))
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if sink is None:
        raise Http404("No such sink.")
    if not model_admin.has_change_permission(request, sink):
        raise PermissionDenied
    acting = _ACTIONS.get(request.POST.get("do", ""))
    try:
        done = acting(model_admin, request, sink) if acting is not None else None
    except (secret_window.CannotWait, confirmations.NotConfirmed, Unreadable) as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        done = None
    return done or redirect(links.sink_page(sink.pk))


def _wait(model_admin: Any, request: HttpRequest, sink: Sink) -> None:
    until = secret_window.wait(sink)
    model_admin.log_change(request, sink, "Waits for the provider's secret.")
    text = f"The sink takes the provider's secret until {until:%H:%M:%S} UTC. Create the webhook at the provider now."
    model_admin.message_user(request, text)


def _stop(model_admin: Any, request: HttpRequest, sink: Sink) -> None:
    secret_window.stop_waiting(sink)
    model_admin.log_change(request, sink, "Stopped waiting for the provider's secret.")


def _reveal(model_admin: Any, request: HttpRequest, sink: Sink) -> HttpResponse | None:
    secret = secret_window.received(sink)
    if secret is None:
        model_admin.message_user(request, "There is no secret that the provider sent in the last 24 hours.")
        return None
    model_admin.log_change(request, sink, "Viewed the secret that the provider sent.")
    logger.info("received secret shown: sink=%d user=%s", sink.pk, request.user.get_username())
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Secret of the provider",
        "opts": model_admin.opts,
        "sink": sink,
        "secret": secret,
    }
    response = TemplateResponse(request, "admin/sinks/sink/received.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _confirm(model_admin: Any, request: HttpRequest, sink: Sink) -> None:
    confirmation = _confirmation(request, sink)
    confirmations.confirm(confirmation)
    model_admin.log_change(request, sink, f"Confirmed {confirmation}.")
    model_admin.message_user(request, f"Confirmed: {confirmation}. The provider delivers from now on.")


def _dismiss(model_admin: Any, request: HttpRequest, sink: Sink) -> None:
    confirmation = _confirmation(request, sink)
    Confirmation.objects.filter(pk=confirmation.pk).delete()
    model_admin.log_change(request, sink, f"Did not confirm {confirmation}.")


def _confirmation(request: HttpRequest, sink: Sink) -> Confirmation:
    number = request.POST.get("confirmation", "")
    found = sink.confirmations.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if found is None:
        raise Http404("No such confirmation.")
    return found


_ACTIONS: dict[str, Callable[[Any, HttpRequest, Sink], HttpResponse | None]] = {
    "wait": _wait,
    "stop": _stop,
    "reveal": _reveal,
    "confirm": _confirm,
    "dismiss": _dismiss,
}
