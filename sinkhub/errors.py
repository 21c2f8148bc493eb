"""Django's error pages, with advice."""

import sys

from django.contrib import admin
from django.core.exceptions import DisallowedHost
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone


def server_error(request: HttpRequest) -> HttpResponse:
    """Return a page with 500, or 503 if the database is away. Django has logged the reason."""
    if isinstance(sys.exception(), DatabaseError | InterfaceError):
        response = _page(503, "The database is unavailable", is_away=True)
        response["Retry-After"] = "5"
        return response
    return _page(
        500,
        "The request failed",
        "The server has an error. Nothing that was recorded is lost, and runs continue.",
        "Go back and try again. If it fails again, send the time below to the operator of this server.",
        f"Operators: the reason is in the server's log, at {timezone.now():%Y-%m-%d %H:%M:%S} UTC.",
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a page with 400; for a disallowed host, it names the setting to change."""
    lines = [
        "The server rejected this request, for example because a form has too many fields.",
        "Go back and change the request. Operators: the reason is in the server's log.",
    ]
    if isinstance(exception, DisallowedHost):
        lines = ["The host name in this URL is not allowed.", "Operators: add the name to ALLOWED_HOSTS."]
    return _page(400, "Bad request", *lines)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a page with 403, in the admin's layout for users who are signed in to it."""
    return _page_of_admin(
        request,
        403,
        "Permission denied",
        "You lack the permission for this page or action.",
        "Ask an owner of the app for a role that has it, or a superuser.",
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a page with 404, in the admin's layout for users who are signed in to it."""
    return _page_of_admin(
        request,
        404,
        "Page not found",
        "It was deleted, it belongs to an app that you cannot see, or the URL is wrong.",
        "Check the URL, or search for the sink, the run or the page.",
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return a page with 403 for a form with a wrong CSRF token."""
    return _page(
        403,
        "The form was rejected",
        "The form has expired, or the browser does not store this site's cookies.",
        "Go back, reload the page, and submit the form again.",
        "Operators: behind a proxy with HTTPS, set HTTPS=1 and CSRF_TRUSTED_ORIGINS.",
    )


def _page(status: int, title: str, *lines: str, is_away: bool = False) -> HttpResponse:
    """Return a page that reads nothing: no session, no user and no database, which may be the fault."""
    context = {"title": title, "lines": lines, "status": status, "is_away": is_away}
    return HttpResponse(render_to_string("error.html", context), status=status)


def _page_of_admin(request: HttpRequest, status: int, title: str, *lines: str) -> HttpResponse:
    if not (hasattr(request, "user") and admin.site.has_permission(request)):
        return _page(status, title, *lines)
    context = admin.site.each_context(request) | {"title": title, "lines": lines, "status": status}
    return render(request, "admin/error.html", context, status=status)
