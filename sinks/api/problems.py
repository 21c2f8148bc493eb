"""Errors of the REST API as `application/problem+json` (RFC 9457)."""

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, ValidationError
from django.db import Error as DatabaseError
from django.db import IntegrityError, models
from django.http import HttpResponse
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.exceptions import ValidationError as QueryError
from rest_framework.views import exception_handler

from runs.database_errors import in_a_line
from sinks.config.documents import messages
from sinks.http.problems import problem
from sinks.models import Sink

logger = logging.getLogger(__name__)


class Conflict(APIException):
    """The state of the object does not allow the action."""

    status_code = status.HTTP_409_CONFLICT


class Gone(APIException):
    """The object takes no such action any more."""

    status_code = status.HTTP_410_GONE


class TooLarge(APIException):
    """The body of the request is too large."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE


class TooMany(APIException):
    """There are too many objects of this kind."""

    status_code = status.HTTP_429_TOO_MANY_REQUESTS


class Refused(Exception):
    """A document is invalid; `errors` has the messages by place."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("the document is not taken")
        self.errors = errors

    @classmethod
    def of(cls, error: ValidationError, model: type[models.Model] = Sink) -> "Refused":
        """Create the exception from a validation error of a document."""
        return cls(messages(error, model))


def as_problem(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """
    Return an error as a problem. Faults of a document or a query are in `errors`, by place or by parameter.

    Args:
        error: The exception that the view raised.
        context: The context of Django REST framework's exception handlers.
    """
    errors: dict[str, Any] | None = None
    known = exception_handler(error, context)
    headers: dict[str, str] = {}
    if isinstance(error, Refused):
        code, detail, errors = 400, "The document is invalid; `errors` has the reasons by field.", error.errors
    elif isinstance(error, QueryError):
        code, detail = 400, "The query is invalid; `errors` has the reasons by parameter."
        errors = {str(name): _sentences(content) for name, content in dict(error.detail).items()}  # type: ignore[arg-type]
    elif known is not None:
        code, detail, headers = known.status_code, _detail(known.data), dict(known.items())
    elif isinstance(error, RequestDataTooBig):
        code, detail = 413, f"The body is larger than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes."
    elif isinstance(error, IntegrityError):
        code, detail = 409, "It was changed at the same time. Try again."
    elif isinstance(error, DatabaseError):
        logger.error("API request failed, database unavailable: error=%s", in_a_line(error))
        code, detail, headers = 503, "The database is unavailable. Try again.", {"Retry-After": "5"}
    else:
        logger.error("API request failed", exc_info=error)
        code, detail = 500, "The request failed; the reason is in the server's log."
    headers.pop("Content-Type", None)
    return HttpResponse(
        problem(code, detail, errors), status=code, headers=headers, content_type="application/problem+json"
    )


def _detail(data: Any) -> str:
    return str(data.get("detail", data)) if isinstance(data, dict) else str(data)


def _sentences(content: Any) -> list[str]:
    """Return the messages for a parameter, or for its values."""
    if isinstance(content, dict):
        return [item for inner in content.values() for item in _sentences(inner)]
    return [str(item) for item in content] if isinstance(content, list) else [str(content)]
