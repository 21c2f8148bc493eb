"""Sinks in the REST API."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from sinks.api.problems import Refused
from sinks.api.schema import RotationSerializer, SinkSerializer, TokenSerializer, answers
from sinks.api.views import View, Wants, read_query
from sinks.config.documents import READ_ONLY, apply, of_sink
from sinks.config.warnings import warnings_of
from sinks.console.filter_trial import DEFAULT_LAST, MAX_LAST, Outcome, Tried, try_filter
from sinks.models import Sink

TRIAL_RESULTS = [outcome.value for outcome in Outcome]
_MISSING = "There is no such sink."


class SinkFilterSerializer(serializers.Serializer[Any]):
    """The filter of a list of sinks."""

    app_id = serializers.CharField(required=False, max_length=64, help_text="Only sinks of this app.")


class TrialSerializer(serializers.Serializer[Any]):
    """A filter to try."""

    filter = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, help_text="Null for that of the sink; empty for none."
    )
    payload = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, help_text="Null for that of the sink; empty for none."
    )
    last = serializers.IntegerField(
        default=DEFAULT_LAST, min_value=1, max_value=MAX_LAST, help_text="How many of the last recorded deliveries."
    )


class TriedSerializer(serializers.Serializer[Any]):
    """A recorded delivery to which a filter was applied."""

    run_id = serializers.CharField()
    created_at = serializers.DateTimeField()
    method = serializers.CharField(help_text="Empty if the delivery was pruned.")
    path = serializers.CharField()
    result = serializers.ChoiceField(choices=TRIAL_RESULTS)
    reason = serializers.CharField(help_text="Why the filter failed, or the delivery was skipped.")


class Sinks(View):
    """Sinks, identified by their numeric ids."""

    wants = {
        "list": Wants("sinks:read", ("sinks.view_sink",)),
        "retrieve": Wants("sinks:read", ("sinks.view_sink",)),
        "create": Wants("sinks:write", ("sinks.add_sink",)),
        "update": Wants("sinks:write", ("sinks.change_sink",)),
        "partial_update": Wants("sinks:write", ("sinks.change_sink",)),
        "rotate_token": Wants("sinks:write", ("sinks.change_sink",)),
        "end_old_token": Wants("sinks:write", ("sinks.change_sink",)),
        "try_filter": Wants("runs:read", ("sinks.view_sink", "runs.view_run")),
        "destroy": Wants("sinks:write", ("sinks.delete_sink",)),
    }
    serializer_class = SinkSerializer
    queryset = Sink.objects.all()

    @extend_schema(
        summary="List sinks",
        parameters=[SinkFilterSerializer],
        responses=answers(200, SinkSerializer(many=True), 400),
    )
    def list(self, request: Request) -> Response:
        sinks = self.seen(Sink.objects.all()).order_by("app__app_id", "path", "method")
        if (app_id := read_query(SinkFilterSerializer, request).get("app_id")) is not None:
            sinks = sinks.filter(app__app_id=app_id)
        return Response([_shown(sink) for sink in sinks])

    @extend_schema(summary="One sink", responses=answers(200, SinkSerializer, 404))
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(_shown(self._find(pk)))

    @extend_schema(summary="Create a sink", responses=answers(201, SinkSerializer, 400, 409))
    def create(self, request: Request) -> Response:
        sink = Sink(app=self.app_of_new("sink", _MISSING))
        self._save(sink, partial=False)
        return Response(_shown(sink), status=201, headers={"Location": f"/api/v1/sinks/{sink.pk}"})

    @extend_schema(
        summary="Replace a sink: omitted fields get their defaults",
        responses=answers(200, SinkSerializer, 400, 404, 409),
    )
    def update(self, request: Request, pk: str) -> Response:
        return self._change(pk, partial=False)

    @extend_schema(summary="Change some fields of a sink", responses=answers(200, SinkSerializer, 400, 404, 409))
    def partial_update(self, request: Request, pk: str) -> Response:
        return self._change(pk, partial=True)

    @extend_schema(summary="Delete a sink, but keep its runs", responses=answers(204, None, 404))
    def destroy(self, request: Request, pk: str) -> Response:
        self._find(pk).delete()
        return Response(status=204)

    @extend_schema(
        summary="Give a sink a new bearer token",
        request=RotationSerializer,
        responses=answers(200, TokenSerializer, 400, 404),
    )
    @action(detail=True, methods=["post"], url_path="rotate-token")
    def rotate_token(self, request: Request, pk: str) -> Response:
        overlap = timedelta(seconds=self._read(RotationSerializer)["overlap"])
        with transaction.atomic():
            sink = self._find(pk, lock=True)
            token = sink.rotate_token(overlap)
        made = {"auth_token": token, "old_token_until": sink.old_token_end}
        return Response(made, headers={"Cache-Control": "no-store"})

    @extend_schema(summary="End a replaced bearer token at once", request=None, responses=answers(204, None, 404))
    @action(detail=True, methods=["delete"], url_path="old-token")
    def end_old_token(self, request: Request, pk: str) -> Response:
        with transaction.atomic():
            self._find(pk, lock=True).end_old_token()
        return Response(status=204)

    @extend_schema(
        summary="Try a filter against recorded deliveries",
        request=TrialSerializer,
        responses=answers(200, TriedSerializer(many=True), 400, 404),
    )
    @action(detail=True, methods=["post"], url_path="try-filter")
    def try_filter(self, request: Request, pk: str) -> Response:
        sink = self._find(pk)
        sent = self._read(TrialSerializer)
        # Null, or no value, stands for the sink's own.
        expression = sink.filter if sent.get("filter") is None else sent["filter"]
        payload = sink.payload if sent.get("payload") is None else sent["payload"]
        try:
            tried = try_filter(sink, expression, payload, sent["last"])
        except ValidationError as error:
            raise Refused.of(error) from None
        return Response([_tried_as_document(each) for each in tried])

    def _read(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """
        Return the values of the request's document.

        Raises:
            Refused: It has an unknown field, or an invalid value.
        """
        asked = serializer(data=self.document())
        if unknown := [name for name in self.document() if name not in asked.fields]:
            known = f"Unknown field. Known are: {', '.join(asked.fields)}."
            raise Refused({str(name): [known] for name in unknown})
        if not asked.is_valid():
            raise Refused({name: [str(each) for each in errors] for name, errors in asked.errors.items()})
        values: dict[str, Any] = asked.validated_data
        return values

    def _find(self, pk: str, *, lock: bool = False) -> Sink:
        return self.find(Sink.objects.all(), pk, _MISSING, lock=lock)

    def _change(self, pk: str, *, partial: bool) -> Response:
        with transaction.atomic():
            return self._changed(self._find(pk, lock=True), partial=partial)

    def _changed(self, sink: Sink, *, partial: bool) -> Response:
        if (app_id := self.document().get("app_id", sink.app.app_id)) != sink.app.app_id:
            raise Refused({"app_id": [f"A sink cannot move from its app {sink.app.app_id!r} to {app_id!r}."]})
        self._save(sink, partial=partial)
        return Response(_shown(sink))

    def _save(self, sink: Sink, *, partial: bool) -> None:
        document = {name: value for name, value in self.document().items() if name not in READ_ONLY}
        try:
            apply(sink, document, partial=partial)
        except ValidationError as error:
            raise Refused.of(error) from None
        sink.save()


def _shown(sink: Sink) -> dict[str, Any]:
    app_id = sink.app.app_id
    added = {"id": sink.pk, "app_id": app_id, "url_path": f"/{app_id}{sink.path}"}
    return {**added, **of_sink(sink), "old_token_until": sink.old_token_end, "warnings": warnings_of(sink)}


def _tried_as_document(tried: Tried) -> dict[str, Any]:
    return {
        "run_id": tried.run_id,
        "created_at": tried.created_at,
        "method": tried.method,
        "path": tried.path,
        "result": tried.outcome.value,
        "reason": tried.reason,
    }
