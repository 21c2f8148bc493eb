"""Django's error pages, with advice."""

import sys

from django.contrib import admin
from django.core.exceptions import DisallowedHost
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def server_error(request: HttpRequest) -> HttpResponse:
    """Return a page with 500, or 503 if the database is away. Django has logged the reason."""
    if isinstance(sys.exception(), DatabaseError | InterfaceError):
        response = render(request, "error.html", {"title": "The database is unavailable", "away": True}, status=503)
        response["Retry-After"] = "5"
        return response
    return _page(request, 500, "The request failed", "The reason is in the server's log.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a page with 400; for a disallowed host, it names the setting to change."""
    lines = ["The server rejected this request. The reason is in its log."]
    if isinstance(exception, DisallowedHost):
        lines = ["The host name in this URL is not allowed.", "Operators: add the name to ALLOWED_HOSTS."]
    return _page(request, 400, "Bad request", *lines)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a page with 403, in the admin's layout for users who are signed in to it."""
    line = "You lack the permission. Ask an owner of the app or a superuser for it."
    return _page_of_admin(request, 403, "Permission denied", line)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a page with 404, in the admin's layout for users who are signed in to it."""
    return _page_of_admin(request, 404, "Page not found", "It may have been deleted, or the URL is wrong.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return a page with 403 for a form with a wrong CSRF token."""
    return _page(
        request,
        403,
        "The form was rejected",
        "The form has expired, or the browser does not store this site's cookies.",
        "Go back, reload the page, and submit the form again.",
        "Operators: behind a proxy with HTTPS, set HTTPS=1 and CSRF_TRUSTED_ORIGINS.",
    )


def _page(request: HttpRequest, status: int, title: str, *lines: str) -> HttpResponse:
    return render(request, "error.html", {"title": title, "lines": lines}, status=status)


def _page_of_admin(request: HttpRequest, status: int, title: str, line: str) -> HttpResponse:
    if not (hasattr(request, "user") and admin.site.has_permission(request)):
        return _page(request, status, title, line)
    context = admin.site.each_context(request) | {"title": title, "lines": [line]}
    return render(request, "admin/error.html", context, status=status)
