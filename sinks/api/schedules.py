"""Schedules in the REST API."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from sinks.api.problems import Conflict, Refused
from sinks.api.run_schema import AcceptedSerializer
from sinks.api.schema import ScheduleSerializer, answers
from sinks.api.views import View, Wants, accepted, read_query
from sinks.config.schedules import READ_ONLY, apply_schedule, of_schedule_and_times
from sinks.models import Schedule
from sinks.schedules.firing import CannotRun, start_now

_MISSING = "There is no such schedule."


class ScheduleFilterSerializer(serializers.Serializer[Any]):
    """The filter of a list of schedules."""

    app_id = serializers.CharField(required=False, max_length=64, help_text="Only schedules of this app.")


class Schedules(View):
    """Schedules, identified by their numeric ids."""

    wants = {
        "list": Wants("sinks:read", ("sinks.view_schedule",)),
        "retrieve": Wants("sinks:read", ("sinks.view_schedule",)),
        "create": Wants("sinks:write", ("sinks.add_schedule",)),
        "update": Wants("sinks:write", ("sinks.change_schedule",)),
        "partial_update": Wants("sinks:write", ("sinks.change_schedule",)),
        "run": Wants("runs:start", ("sinks.view_schedule", "runs.start_run")),
        "destroy": Wants("sinks:write", ("sinks.delete_schedule",)),
    }
    serializer_class = ScheduleSerializer
    queryset = Schedule.objects.all()

    @extend_schema(
        summary="List schedules",
        parameters=[ScheduleFilterSerializer],
        responses=answers(200, ScheduleSerializer(many=True), 400),
    )
    def list(self, request: Request) -> Response:
        schedules = self.seen(Schedule.objects.all()).order_by("app__app_id", "name")
        if (app_id := read_query(ScheduleFilterSerializer, request).get("app_id")) is not None:
            schedules = schedules.filter(app__app_id=app_id)
        return Response([of_schedule_and_times(schedule) for schedule in schedules])

    @extend_schema(summary="One schedule", responses=answers(200, ScheduleSerializer, 404))
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(of_schedule_and_times(self._find(pk)))

    @extend_schema(summary="Create a schedule", responses=answers(201, ScheduleSerializer, 400, 409))
    def create(self, request: Request) -> Response:
        schedule = Schedule(app=self.app_of_new("schedule", _MISSING))
        self._save(schedule, partial=False)
        headers = {"Location": f"/api/v1/schedules/{schedule.pk}"}
        return Response(of_schedule_and_times(schedule), status=201, headers=headers)

    @extend_schema(
        summary="Replace a schedule: omitted fields get their defaults",
        responses=answers(200, ScheduleSerializer, 400, 404, 409),
    )
    def update(self, request: Request, pk: str) -> Response:
        return self._change(pk, partial=False)

    @extend_schema(
        summary="Change some fields of a schedule", responses=answers(200, ScheduleSerializer, 400, 404, 409)
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        return self._change(pk, partial=True)

    @extend_schema(summary="Delete a schedule, but keep its runs", responses=answers(204, None, 404))
    def destroy(self, request: Request, pk: str) -> Response:
        self._find(pk).delete()
        return Response(status=204)

    @extend_schema(
        summary="Start a run of a schedule now",
        request=None,
        responses=answers(202, AcceptedSerializer, 404, 409),
    )
    @action(detail=True, methods=["post"])
    def run(self, request: Request, pk: str) -> Response:
        """Return 202 with the new run, which is queued; 409 if no run can start now."""
        try:
            run = start_now(self._find(pk))
        except CannotRun as error:
            raise Conflict(str(error)) from None
        return accepted(run)

    def _find(self, pk: str, *, lock: bool = False) -> Schedule:
        return self.find(Schedule.objects.all(), pk, _MISSING, lock=lock)

    @transaction.atomic
    def _change(self, pk: str, *, partial: bool) -> Response:
        schedule = self._find(pk, lock=True)
        app_id = schedule.app.app_id
        if (wanted := self.document().get("app_id", app_id)) != app_id:
            raise Refused({"app_id": [f"A schedule cannot move from its app {app_id!r} to {wanted!r}."]})
        self._save(schedule, partial=partial)
        return Response(of_schedule_and_times(schedule))

    def _save(self, schedule: Schedule, *, partial: bool) -> None:
        document = {name: value for name, value in self.document().items() if name not in READ_ONLY}
        try:
            apply_schedule(schedule, document, partial=partial)
        except ValidationError as error:
            raise Refused.of(error, Schedule) from None
        schedule.save()
