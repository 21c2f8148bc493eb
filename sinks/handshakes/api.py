"""The REST API's views of what a provider wants when its webhook is set up: its secret is taken, its URL confirmed."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from sinks.api.problems import Conflict
from sinks.api.schema import answers
from sinks.api.views import View, Wants
from sinks.handshakes import confirmations, secret_window
from sinks.models import Confirmation, Sink

_NO_SINK, _NO_CONFIRMATION = "There is no such sink.", "There is no such confirmation."
_SINK_ID = OpenApiParameter("sink_id", int, OpenApiParameter.PATH, description="The id of the sink.")
_MAX_DIGITS = 18  # of a database id


class AwaitedSecretSerializer(serializers.Serializer[Any]):
    """Whether a sink waits for the secret that its provider sends in a first request."""

    until = serializers.DateTimeField(allow_null=True, help_text="Null if it does not wait.")


class ConfirmationSerializer(serializers.Serializer[Any]):
    """A URL that the provider wants to be fetched. The API does not show it: whoever fetches it confirms."""

    id = serializers.IntegerField()
    handshake = serializers.CharField(help_text="The name of the handshake in the provider's row.")
    topic = serializers.CharField(help_text="The confirmed topic, as the provider names it.")
    host = serializers.CharField(help_text="The host of the URL.")
    received_at = serializers.DateTimeField()


class AwaitedSecrets(View):
    """The wait of a sink for its provider's secret."""

    wants = {
        "retrieve": Wants("sinks:read", ("sinks.view_sink",)),
        "create": Wants("sinks:write", ("sinks.change_sink",)),
        "destroy": Wants("sinks:write", ("sinks.change_sink",)),
    }
    serializer_class = AwaitedSecretSerializer
    queryset = Sink.objects.all()

    @extend_schema(
        parameters=[_SINK_ID],
        summary="Whether a sink waits for its provider's secret",
        responses=answers(200, AwaitedSecretSerializer, 404),
    )
    def retrieve(self, request: Request, sink_id: str) -> Response:
        sink = self.find(Sink.objects.all(), sink_id, _NO_SINK)
        return Response({"until": sink.awaits_secret_until if secret_window.remaining(sink) is not None else None})

    @extend_schema(
        parameters=[_SINK_ID],
        summary="Wait 10 minutes for the secret that the provider sends in a first request",
        request=None,
        responses=answers(200, AwaitedSecretSerializer, 404, 409),
    )
    def create(self, request: Request, sink_id: str) -> Response:
        sink = self.find(Sink.objects.all(), sink_id, _NO_SINK)
        try:
            return Response({"until": secret_window.wait(sink)})
        except secret_window.CannotWait as error:
            raise Conflict(str(error)) from None

    @extend_schema(
        parameters=[_SINK_ID], summary="Stop waiting for the provider's secret", responses=answers(204, None, 404)
    )
    def destroy(self, request: Request, sink_id: str) -> Response:
        secret_window.stop_waiting(self.find(Sink.objects.all(), sink_id, _NO_SINK))
        return Response(status=204)


class Confirmations(View):
    """The URLs that the provider of a sink wants to be fetched."""

    wants = {
        "list": Wants("sinks:read", ("sinks.view_sink",)),
        "confirm": Wants("sinks:write", ("sinks.change_sink",)),
        "destroy": Wants("sinks:write", ("sinks.change_sink",)),
    }
    serializer_class = ConfirmationSerializer
    queryset = Confirmation.objects.all()

    @extend_schema(
        parameters=[_SINK_ID],
        summary="List what the provider wants to be confirmed",
        responses=answers(200, ConfirmationSerializer(many=True), 404),
    )
    def list(self, request: Request, sink_id: str) -> Response:
        sink = self.find(Sink.objects.all(), sink_id, _NO_SINK)
        return Response([_shown(confirmation) for confirmation in sink.confirmations.all()])

    @extend_schema(
        parameters=[_SINK_ID],
        summary="Confirm: the server fetches the provider's URL",
        request=None,
        responses=answers(204, None, 404, 409),
    )
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, sink_id: str, pk: str) -> Response:
        try:
            confirmations.confirm(self._find(sink_id, pk))
        except confirmations.NotConfirmed as error:
            raise Conflict(str(error)) from None
        return Response(status=204)

    @extend_schema(
        parameters=[_SINK_ID], summary="Forget a confirmation without confirming", responses=answers(204, None, 404)
    )
    def destroy(self, request: Request, sink_id: str, pk: str) -> Response:
        self._find(sink_id, pk).delete()
        return Response(status=204)

    def _find(self, sink_id: str, pk: str) -> Confirmation:
        sink = self.find(Sink.objects.all(), sink_id, _NO_SINK)
        is_number = pk.isascii() and pk.isdigit() and len(pk) <= _MAX_DIGITS
        found = sink.confirmations.filter(pk=int(pk)).first() if is_number else None
        if found is None:
            raise NotFound(_NO_CONFIRMATION)
        return found


def _shown(confirmation: Confirmation) -> dict[str, Any]:
    return {
        "id": confirmation.pk,
        "handshake": confirmation.handshake,
        "topic": confirmation.topic,
        "host": confirmations.host_of(confirmation),
        "received_at": confirmation.received_at,
    }
