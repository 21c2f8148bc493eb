"""The page for what goes wrong in Django, and what to do about it."""

import sys

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 where the database is away; Django has logged the reason."""
    away = isinstance(sys.exception(), DatabaseError | InterfaceError)
    status = 503 if away else 500
    response = render(request, "error.html", {"away": away}, status=status)
    if away:
        response["Retry-After"] = "5"
    return response
