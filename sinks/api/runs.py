"""Runs in the REST API."""

import base64
import binascii
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from runs.events.log import read_log
from runs.history import queries, search
from runs.history.documents import of_event, of_run, of_run_and_request
from runs.history.masking import Masks
from runs.history.steps import document_of, steps_of
from runs.ids import RUN_ID
from runs.links.signals import RunOver, TooManySignals, send
from runs.models import Run
from runs.recovery import bulk
from runs.recovery.cancel import cancel
from runs.recovery.replay import CannotReplay, replay
from runs.recovery.resume import CannotResume, resume
from runs.recovery.start import MAX_KEY_CHARACTERS, CannotStart, KeyUsed, Wanted, start
from runs.steps.errors import InvalidPayload
from runs.steps.options import check_text
from runs.steps.values import encode_payload
from sinks.access import permissions
from sinks.api.problems import Conflict, Gone, Refused, TooLarge, TooMany
from sinks.api.run_schema import (
    IDEMPOTENCY_KEY,
    AcceptedSerializer,
    BulkResultSerializer,
    EventPageSerializer,
    ReplaySerializer,
    ResumeSerializer,
    RunPageSerializer,
    SignalSerializer,
    StartSerializer,
    StepListSerializer,
    WholeRunSerializer,
)
from sinks.api.schema import answers
from sinks.api.views import View, Wants, accepted, read_query

_MOST = 9_007_199_254_740_991  # RFC 8259, section 6: integers up to this are interoperable

_MISSING = "No such run."


class ConditionsSerializer(serializers.Serializer[Any]):
    """Conditions for runs."""

    app_id = serializers.ListField(child=serializers.CharField(max_length=64), required=False, max_length=100)
    sink_id = serializers.IntegerField(required=False, min_value=0, max_value=_MOST)
    status = serializers.ListField(child=serializers.ChoiceField(Run.Status.choices), required=False, max_length=6)
    workflow = serializers.CharField(required=False, max_length=100)
    created_from = serializers.DateTimeField(required=False)
    created_to = serializers.DateTimeField(required=False, help_text="Not included.")
    longer_than = serializers.FloatField(required=False, min_value=0, max_value=1e9, help_text="Seconds.")


class FilterSerializer(ConditionsSerializer):
    """The filter of a list of runs."""

    limit = serializers.IntegerField(required=False, min_value=1, max_value=200, default=50)
    cursor = serializers.CharField(required=False, max_length=100, help_text="From `next`.")
    q = serializers.CharField(
        required=False, max_length=200, help_text='A search: words, "a phrase", type:push, id:..., header.x-kind:push.'
    )


class BulkSerializer(serializers.Serializer[Any]):
    """What to do with which runs."""

    action = serializers.ChoiceField(["cancel", "replay", "resume"])
    filter = ConditionsSerializer()
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, default=50)
    cursor = serializers.CharField(
        required=False, allow_null=True, default=None, help_text="`next` of the answer before."
    )
    dry_run = serializers.BooleanField(required=False, default=False, help_text="Only list the runs.")


class EventFilterSerializer(serializers.Serializer[Any]):
    """The filter of a list of events."""

    after = serializers.IntegerField(
        required=False, default=0, min_value=0, max_value=999_999_999, help_text="Only events after this event number."
    )


class Runs(View):
    """Runs, identified by their run ids."""

    wants = {
        "list": Wants("runs:read", ("runs.view_run",)),
        "retrieve": Wants("runs:read", ("runs.view_run",)),
        "events": Wants("runs:read", ("runs.view_run",)),
        "steps": Wants("runs:read", ("runs.view_run",)),
        "create": Wants("runs:start", ("runs.start_run",)),
        "cancel": Wants("runs:write", ("runs.change_run",)),
        "resume": Wants("runs:write", ("runs.change_run",)),
        "bulk": Wants("runs:write", ("runs.change_run", "runs.add_run", "runs.view_run")),
        "replay": Wants("runs:write", ("runs.add_run", "runs.view_run")),
        "signal": Wants("runs:signal", ("runs.signal_run",)),
    }
    serializer_class = WholeRunSerializer
    queryset = Run.objects.all()
    lookup_url_kwarg = "run_id"

    @extend_schema(
        summary="List runs, newest first", parameters=[FilterSerializer], responses=answers(200, RunPageSerializer, 400)
    )
    def list(self, request: Request) -> Response:
        query = read_query(FilterSerializer, request)
        wanted, before, size = self._wanted(query), _before(query.get("cursor")), query["limit"]
        try:
            page = search.find(wanted, query["q"], before, size) if "q" in query else queries.page(wanted, before, size)
        except search.InvalidSearch as error:
            raise serializers.ValidationError({"q": [str(error)]}) from None
        following = None
        if page.next is not None:
            cursor = _cursor(page.next)
            kept = [
                (name, value) for name, values in request.query_params.lists() for value in values if name != "cursor"
            ]
            following = request.build_absolute_uri(f"/api/v1/runs?{urlencode([*kept, ('cursor', cursor)])}")
        masks = Masks()
        return Response({"results": [_shown(of_run(run, masks)) for run in page.runs], "next": following})

    @extend_schema(
        summary="Start a run",
        parameters=[IDEMPOTENCY_KEY],
        request=StartSerializer,
        responses=answers(202, AcceptedSerializer, 400, 404, 409, 413),
    )
    def create(self, request: Request) -> Response:
        """
        Start a run of any workflow, without a sink. `payload` is the JSON body of the request that the workflow
        receives. A repeat with the same Idempotency-Key within a day starts no second run, and gets the first one.
        """
        given = self._read(StartSerializer).validated_data
        self.check_app(given["app_id"], f"There is no app {given['app_id']!r}.")
        key = request.headers.get("Idempotency-Key")
        if key == "":
            raise Refused({"key": [f"An Idempotency-Key must have 1 to {MAX_KEY_CHARACTERS} characters."]})
        wanted = Wanted(
            given["app_id"],
            given["workflow"],
            given["payload"],
            given["options"],
            given["engine"],
            key or "",
        )
        try:
            run, is_repeat = start(wanted)
        except CannotStart as error:
            raise Refused({error.place: [str(error)]}) from None
        except KeyUsed as error:
            raise Conflict(str(error)) from None
        response = accepted(run)
        if is_repeat:
            response["Idempotent-Replayed"] = "true"
        return response

    @extend_schema(summary="Get a run with its request and output", responses=answers(200, WholeRunSerializer, 404))
    def retrieve(self, request: Request, run_id: str) -> Response:
        return Response(_shown(of_run_and_request(self._find(run_id))))

    @extend_schema(
        summary="List a run's events",
        parameters=[EventFilterSerializer],
        responses=answers(200, EventPageSerializer, 400, 404),
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def events(self, request: Request, run_id: str) -> Response:
        run = self._find(run_id)
        try:
            page = read_log(run.pk, read_query(EventFilterSerializer, request)["after"])
        except Run.DoesNotExist:  # deleted since `_find`
            raise NotFound("No such run.") from None
        masks = Masks()
        results = [
            {"id": number, **masks.event(run.app_id, of_event(run.pk, data))}
            for number, data in enumerate(page.events, page.first)
        ]
        place = f"/api/v1/runs/{run.pk}/events?after={page.last}"
        return Response({"results": results, "next": None if page.over else request.build_absolute_uri(place)})

    @extend_schema(summary="List a run's steps", responses=answers(200, StepListSerializer, 404))
    @action(detail=True, methods=["get"], pagination_class=None)
    def steps(self, request: Request, run_id: str) -> Response:
        """List the steps in the order in which they began, each with its attempts."""
        run = self._find(run_id)
        return Response({"results": [document_of(step) for step in steps_of(run)]})

    @extend_schema(summary="Cancel a run", request=None, responses=answers(202, AcceptedSerializer, 404, 409))
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, run_id: str) -> Response:
        """Cancel a run. Return 202, or 409 if it has ended. A run that ends before that keeps its own status."""
        run = self._find(run_id)
        if not cancel(run):
            raise Conflict(f"The run has already ended: {run.status}.")
        return accepted(run)

    @extend_schema(
        summary="Resume a run that failed, was cancelled or was interrupted",
        request=ResumeSerializer,
        responses=answers(202, AcceptedSerializer, 400, 404, 409),
    )
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, run_id: str) -> Response:
        """The run continues as its next attempt. Complete steps are not executed again; failed ones are."""
        run = self._find(run_id)
        reader = self._read(ResumeSerializer)
        try:
            return accepted(resume(run.pk, accept_changes=reader.validated_data["accept_changes"]))
        except CannotResume as error:
            raise Conflict(str(error)) from None

    @extend_schema(
        summary="Replay a run: start a new run with its delivery",
        request=ReplaySerializer,
        responses=answers(202, AcceptedSerializer, 400, 404, 409),
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, run_id: str) -> Response:
        """Return 202 with the new run, which is queued; 409 if the run cannot be replayed."""
        run = self._find(run_id)
        reader = self._read(ReplaySerializer)
        try:
            run = replay(run, reader.validated_data["from_step"])
        except CannotReplay as error:
            raise Conflict(str(error)) from None
        return accepted(run, {"replay_of": run.replay_of})

    @extend_schema(
        summary="Send a signal to a run",
        request={"application/json": {"description": "Any JSON value; null without a body."}},
        responses=answers(202, SignalSerializer, 400, 404, 410, 413, 429),
    )
    @action(detail=True, methods=["post"], url_path=r"signals/(?P<name>[^/]+)")
    def signal(self, request: Request, run_id: str, name: str) -> Response:
        """Send a signal with any JSON as its payload. It ends the run's wait for the name, now or later."""
        run = self._find(run_id)
        try:
            check_text("the name of a signal", name)
            payload = request.data if _has_body(request) else None
            send(run, name, encode_payload(payload))
        except InvalidPayload as error:
            raise TooLarge(str(error)) from None
        except ValueError as error:
            raise serializers.ValidationError({"name": [str(error)]}) from None
        except RunOver as error:
            raise Gone(str(error)) from None
        except TooManySignals as error:
            raise TooMany(str(error)) from None
        body = {"run_id": run.pk, "signal": name, "events_url": f"/runs/{run.pk}/events"}
        return Response(body, status=202, headers={"Cache-Control": "no-store"})

    @extend_schema(
        summary="Cancel, replay or resume the runs that match a filter",
        request=BulkSerializer,
        responses=answers(200, BulkResultSerializer, 400),
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def bulk(self, request: Request) -> Response:
        """
        Apply an action to the matching runs, the newest first, up to `limit` of them. Send the request again with the
        answer's `next` as `cursor` for the others, at your own pace, until `next` is null.
        """
        given = self._read(BulkSerializer).validated_data
        values = given["filter"]
        if not values:
            raise Refused({"filter": ["Give at least one condition."]})
        wanted = self._wanted(values)
        if (apps := permissions.apps(request.user, "runs.change_run")) is not None:
            wanted = replace(wanted, app_ids=apps if wanted.app_ids is None else wanted.app_ids & apps)
        try:
            wanted = replace(wanted, statuses=bulk.statuses_for(given["action"], wanted.statuses))
            before = _before(given["cursor"])
        except ValueError as error:
            raise Refused({"filter.status": [str(error)]}) from None
        page = queries.page(wanted, before, given["limit"])
        if given["dry_run"]:
            results = [{"run_id": run.pk, "status": run.status, "new": None, "reason": None} for run in page.runs]
        else:
            status = {run.pk: run.status for run in page.runs}
            results = [
                {
                    "run_id": done.run_id,
                    "status": status[done.run_id],
                    "new": done.new or None,
                    "reason": done.reason or None,
                }
                for done in bulk.apply(given["action"], page.runs)
            ]
        return Response({"results": results, "next": _cursor(page.next) if page.next is not None else None})

    def _wanted(self, query: dict[str, Any]) -> queries.Filter:
        """Return the conditions of a filter's values, within the apps that the request may see."""
        apps = frozenset(query["app_id"]) if "app_id" in query else None
        if self.only_apps is not None:
            apps = self.only_apps if apps is None else self.only_apps & apps
        return queries.Filter(
            app_ids=apps,
            source_id=query.get("sink_id"),
            statuses=frozenset(query.get("status", ())),
            workflow=query.get("workflow", ""),
            created_from=query.get("created_from"),
            created_to=query.get("created_to"),
            least_duration=query.get("longer_than"),
        )

    def _read(self, kind: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
        """Validate the request's document, which may be left out."""
        document = self.document() if _has_body(self.request) else {}
        reader = kind(data=document)
        # An ignored condition would match too much.
        if unknown := _unknown(reader, document):
            raise Refused(unknown)
        if not reader.is_valid():
            raise Refused(_by_place(reader.errors))
        return reader

    def _find(self, run_id: str) -> Run:
        run = Run.objects.filter(pk=run_id).first() if RUN_ID.fullmatch(run_id) else None
        if run is None:
            raise NotFound(_MISSING)
        self.check_app(run.app_id, _MISSING)
        return run


def _unknown(reader: serializers.Serializer[Any], document: Any, place: str = "") -> dict[str, list[str]]:
    """Return the faults of the fields that a serializer does not have, by place."""
    faults: dict[str, list[str]] = {}
    for name, value in document.items() if isinstance(document, dict) else ():
        field = reader.fields.get(name)
        if field is None:
            faults[f"{place}{name}"] = [f"Unknown field. Known are: {', '.join(reader.fields)}."]
        elif isinstance(field, serializers.Serializer):
            faults |= _unknown(field, value, f"{place}{name}.")
    return faults


def _by_place(errors: Any, place: str = "") -> dict[str, list[str]]:
    """Return the errors of a serializer by place, such as `filter.status`."""
    faults: dict[str, list[str]] = {}
    for name, found in errors.items():
        if isinstance(found, dict):
            faults |= _by_place(found, f"{place}{name}.")
        else:
            faults[f"{place}{name}"] = [str(item) for item in found]
    return faults


def _has_body(request: Request) -> bool:
    return request.META.get("CONTENT_LENGTH") not in (None, "", "0")


def _cursor(before: str) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(before.removeprefix("run_"))).decode()


def _before(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        run_id = f"run_{base64.b64decode(cursor.encode(), b'-_', validate=True).hex()}"
    except (ValueError, binascii.Error):
        run_id = ""
    if not RUN_ID.fullmatch(run_id):
        raise serializers.ValidationError({"cursor": ["Invalid cursor: use the URL in `next`."]})
    return run_id


def _shown(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "events_url": f"/runs/{document['run_id']}/events"}
