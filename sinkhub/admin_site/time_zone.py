"""The admin shows times in the time zone of the browser, which a cookie names."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

COOKIE = "sinkhub_time_zone"  # set by static/sinkhub/moments.js


class TimeZoneMiddleware:
    """Activate the browser's time zone for pages of the admin. The API and logs use UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._admin = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get(COOKIE, "")
        if not name or not request.path.startswith(self._admin) or name not in available_timezones():
            return self._get_response(request)
        with timezone.override(ZoneInfo(name)):
            return self._get_response(request)
