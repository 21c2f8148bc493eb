"""Login limits (django-axes): how failures are counted, and the page of a locked login."""

import asyncio
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from asgiref.sync import iscoroutinefunction
from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import sync_and_async_middleware


class Handler(AxesDatabaseHandler):  # type: ignore[misc]
    """Count wrong passwords by user and address, and by address alone for all users."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Return whether the login is locked."""
        return super().is_locked(request, credentials) or _wrong_from(request) >= settings.LOGIN_ATTEMPTS_PER_ADDRESS


def _wrong_from(request: Any) -> int:
    """Return the number of recent wrong passwords from the request's address."""
    if request is None or request.axes_ip_address is None:
        return 0
    lately = AccessAttempt.objects.filter(
        ip_address=request.axes_ip_address, attempt_time__gte=get_cool_off_threshold(request)
    )
    return lately.aggregate(count=Sum("failures_since_start"))["count"] or 0


@sync_and_async_middleware
def one_at_a_time(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """
    Check one password at a time per server. Django gives each request a thread, and a few dozen threads that compute
    hashes would occupy the processor.
    """
    if not iscoroutinefunction(get_response):
        return get_response
    turn = asyncio.Semaphore(1)
    set_up = reverse("second_factor_set_up")

    async def take_turn(request: HttpRequest) -> Any:
        if request.method != "POST" or request.path not in {settings.LOGIN_URL, set_up}:
            return await get_response(request)
        async with turn:
            return await get_response(request)

    return take_turn


def client_address(request: HttpRequest) -> str | None:
    """
    Return the address by which failed logins are counted.

    The server knows this address from the connection, or from a trusted proxy. An IPv6 address is reduced to its /64
    network, because one client usually has all 2^64 addresses of the network.
    """
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", "").partition("%")[0])
    except ValueError:
        return None  # for example a Unix socket
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, 64), strict=False).network_address)
    return str(address)


def locked(request: HttpRequest, *rest: Any) -> HttpResponse:
    """Return the page of a locked login: 429 with Retry-After."""
    context = {
        **admin.site.each_context(request),
        "title": "Too many attempts",
        "minutes": settings.LOGIN_LOCK_MINUTES,
    }
    response = render(request, "admin/locked.html", context, status=429)
    response["Retry-After"] = str(settings.LOGIN_LOCK_MINUTES * 60)
    response["Cache-Control"] = "no-store"
    return response
