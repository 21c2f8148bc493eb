"""Logins that are limited (django-axes): whose they are, and what is said to those who have to wait."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def client_address(request: HttpRequest) -> str | None:
    """
    The address that failed logins are counted under: the client's, as the server knows it, which believes trusted
    proxies alone. Of IPv6 its network, since whoever has one such address has 2^64.
    """
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", "").partition("%")[0])
    except ValueError:
        return None  # a Unix socket, say
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, 64), strict=False).network_address)
    return str(address)


def locked(request: HttpRequest, *rest: Any) -> HttpResponse:
    """The page of a login that has to wait."""
    context = {
        **admin.site.each_context(request),
        "title": "Too many attempts",
        "attempts": settings.LOGIN_ATTEMPTS,
        "minutes": settings.LOGIN_LOCK_MINUTES,
    }
    response = render(request, "admin/locked.html", context, status=429)
    response["Retry-After"] = str(settings.LOGIN_LOCK_MINUTES * 60)
    response["Cache-Control"] = "no-store"
    return response
