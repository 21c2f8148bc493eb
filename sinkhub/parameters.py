"""Handle request parameters that the database does not accept."""

import logging
from typing import Any

from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.deprecation import MiddlewareMixin

from runs.database_errors import in_a_line
from sinks.http.problems import problem

logger = logging.getLogger(__name__)

_LIST_VIEWS = ("_changelist", "autocomplete")
_FAULT = "e"  # Django's parameter of a list whose parameters are invalid


class ParameterMiddleware(MiddlewareMixin):
    """
    Refuse NUL characters, which PostgreSQL does not accept in text, and show an admin list without its parameters if
    one of them is not a valid value of its column.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Answer 400 if the URL or a cookie contains a NUL character."""
        names = [name for name, texts in request.GET.lists() if any("\0" in text for text in (name, *texts))]
        if not names and not any("\0" in text for text in (request.path_info, *request.COOKIES.values())):
            return None
        detail = "The URL or a cookie contains a NUL character."
        if request.path_info.startswith("/api/"):
            errors = {name: ["It contains a NUL character."] for name in names}
            body = problem(400, detail, errors or None)
            return HttpResponse(body, status=400, content_type="application/problem+json")
        raise BadRequest(detail)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Refuse a list's form with a NUL character, for example in the keys of the selected rows."""
        if request.method != "POST" or not _is_list(request):
            return
        if any("\0" in text for _, texts in request.POST.lists() for text in texts):
            raise BadRequest("The form contains a NUL character.")

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """
        Redirect to the list without parameters if a parameter is too large for its column, or not a valid value of it.
        """
        unreadable = isinstance(error, (OverflowError, ValueError, DataError))
        if not (unreadable and _is_list(request)) or not request.GET or _FAULT in request.GET:
            return None
        logger.warning("admin list parameters not readable: error=%s: %s", type(error).__name__, in_a_line(error))
        return HttpResponseRedirect(f"{request.path}?{_FAULT}=1")


def _is_list(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and (match.url_name or "").endswith(_LIST_VIEWS)
