"""The REST API's list of providers."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from sinks.api.schema import answers
from sinks.api.views import View, Wants
from sinks.models import Sink
from sinks.webhooks import registry
from sinks.webhooks.provider import Provider, Source

_ID = OpenApiParameter("id", str, OpenApiParameter.PATH, description="The id of the provider.")


class SourceSerializer(serializers.Serializer[Any]):
    """A header field, or a JMESPath expression over the body."""

    header = serializers.CharField(allow_null=True)
    body = serializers.CharField(allow_null=True)


class ProviderSerializer(serializers.Serializer[Any]):
    """A provider whose deliveries a sink can take, as `provider` of a sink names it."""

    id = serializers.CharField()
    name = serializers.CharField()
    docs = serializers.CharField(allow_blank=True, help_text="The provider's page about its webhooks.")
    secret = serializers.CharField(allow_blank=True, help_text="Where the secret is that a sink needs.")
    needs_secret = serializers.BooleanField()
    signs_url = serializers.BooleanField(help_text="Whether the sink's `public_url` has to be right.")
    signature = serializers.CharField(help_text="The kind: hmac, digest, ed25519, ecdsa, rsa, jwt, static, ...")
    delivery_id = SourceSerializer(allow_null=True)
    event_type = SourceSerializer(allow_null=True)
    notes = serializers.CharField(allow_blank=True)


class Providers(View):
    """The providers that SinkHub knows. They are a part of the program, so they are the same for all apps."""

    wants = {
        "list": Wants("sinks:read", ("sinks.view_sink",)),
        "retrieve": Wants("sinks:read", ("sinks.view_sink",)),
    }
    serializer_class = ProviderSerializer
    queryset = Sink.objects.none()

    @extend_schema(summary="List providers", responses=answers(200, ProviderSerializer(many=True)))
    def list(self, request: Request) -> Response:
        return Response([_document(provider) for provider in registry.all_providers()])

    @extend_schema(summary="One provider", parameters=[_ID], responses=answers(200, ProviderSerializer, 404))
    def retrieve(self, request: Request, pk: str) -> Response:
        if (provider := registry.find(pk)) is None:
            raise NotFound(registry.suggest(pk))
        return Response(_document(provider))


def _document(provider: Provider) -> dict[str, Any]:
    return {
        "id": provider.id,
        "name": provider.name,
        "docs": provider.docs,
        "secret": provider.secret,
        "needs_secret": provider.scheme.needs_secret,
        "signs_url": provider.scheme.signs_url,
        "signature": provider.scheme.kind,
        "delivery_id": _source(provider.delivery_id),
        "event_type": _source(provider.event_type),
        "notes": provider.notes,
    }


def _source(source: Source | None) -> dict[str, str | None] | None:
    return {"header": source.header or None, "body": source.body or None} if source is not None else None
