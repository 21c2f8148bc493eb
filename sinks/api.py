"""The REST API: what people and programs with permissions may do to runs."""

import logging
from typing import Any, ClassVar

from django.db import Error as DatabaseError
from django.http import HttpResponse
from rest_framework import status
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException, NotFound
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from runs.cancel import cancel
from runs.ids import RUN_ID
from runs.models import Run
from runs.replay import CannotReplay, replay
from sinks.problems import problem

logger = logging.getLogger(__name__)


class Conflict(APIException):
    """The thing is not in a state for this."""

    status_code = status.HTTP_409_CONFLICT


def as_problem(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """
    What went wrong, as `application/problem+json` (RFC 9457).

    Args:
        error: What the view raised.
        context: As the REST framework gives it.
    """
    known = exception_handler(error, context)
    if known is not None:
        code, detail, headers = known.status_code, _detail(known.data), dict(known.items())
    elif isinstance(error, DatabaseError):
        logger.error("a request of the API cannot be answered: %s", error)
        code, detail, headers = 503, "The database is away. Try again.", {"Retry-After": "5"}
    else:
        logger.error("a request of the API failed", exc_info=error)
        code, detail, headers = 500, "The request failed; the server's log says why.", {}
    headers.pop("Content-Type", None)
    return HttpResponse(problem(code, detail), status=code, headers=headers, content_type="application/problem+json")


def _detail(data: Any) -> str:
    return str(data.get("detail", data)) if isinstance(data, dict) else str(data)


class MayDo(BasePermission):
    """Whoever has all the permissions that the view wants."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated and request.user.has_perms(view.wants))


class _RunAction(APIView):
    """Something that is done to a run."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [MayDo]
    renderer_classes = [JSONRenderer]
    wants: ClassVar[tuple[str, ...]]

    def get_exception_handler(self) -> Any:
        return as_problem


class ReplayRun(_RunAction):
    """Send a run's delivery again, as a new run."""

    wants = ("runs.add_run", "runs.view_run")

    def post(self, request: Request, run_id: str) -> Response:
        """202 with the new run, queued; 409 where it cannot be executed."""
        try:
            run = replay(_find(run_id))
        except CannotReplay as error:
            raise Conflict(str(error)) from None
        return _accepted(run, {"replay_of": run.replay_of})


class CancelRun(_RunAction):
    """Ask for a run's end."""

    wants = ("runs.change_run",)

    def post(self, request: Request, run_id: str) -> Response:
        """202 where it is going to end, as cancelled unless it comes to another end first; 409 where it is over."""
        run = _find(run_id)
        if not cancel(run):
            raise Conflict(f"The run is over already: {run.status}.")
        return _accepted(run)


def _find(run_id: str) -> Run:
    run = Run.objects.defer("traceback").filter(pk=run_id).first() if RUN_ID.fullmatch(run_id) else None
    if run is None:
        raise NotFound("No such run.")
    return run


def _accepted(run: Run, more: dict[str, Any] | None = None) -> Response:
    place = f"/runs/{run.pk}"
    body = {"run_id": run.pk, "status": run.status, **(more or {}), "events_url": f"{place}/events"}
    return Response(body, status=status.HTTP_202_ACCEPTED, headers={"Location": place, "Cache-Control": "no-store"})
