"""The secrets of apps in the REST API: their names are listed, and their values can only be set."""

from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from sinks.access.app_secrets import document_of, set_secret
from sinks.api.problems import Refused
from sinks.api.schema import answers
from sinks.api.views import View, Wants, read_query
from sinks.models import App, AppSecret

_NO_APP = "There is no such app."
_NO_SECRET = "The app has no such secret."  # noqa: S105
_APP_ID = OpenApiParameter("app_id", str, OpenApiParameter.PATH)


class AppSecretSerializer(serializers.Serializer[Any]):
    """A secret of an app, without its value."""

    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField(help_text="When its value was last set.")


class NewValueSerializer(serializers.Serializer[Any]):
    """The value of a secret, which is never shown again."""

    value = serializers.CharField()


class AppSecrets(View):
    """The secrets of an app, identified by their names."""

    wants = {
        "list": Wants("sinks:read", ("sinks.view_appsecret",)),
        "update": Wants("app-secrets:write", ("sinks.add_appsecret", "sinks.change_appsecret")),
        "destroy": Wants("app-secrets:write", ("sinks.delete_appsecret",)),
    }
    serializer_class = AppSecretSerializer
    lookup_field = "name"
    queryset = AppSecret.objects.all()

    @extend_schema(
        summary="List the names of an app's secrets",
        parameters=[_APP_ID],
        responses=answers(200, AppSecretSerializer(many=True), 400, 404),
    )
    def list(self, request: Request, app_id: str) -> Response:
        read_query(serializers.Serializer, request)
        secrets = AppSecret.objects.filter(app=self._app(app_id)).order_by("name")
        return Response([document_of(secret) for secret in secrets])

    @extend_schema(
        summary="Set a secret of an app",
        description="Workflows read it with `run.secret(name)`, within a second. Its value is never shown again.",
        parameters=[_APP_ID],
        request=NewValueSerializer,
        responses={201: AppSecretSerializer, **answers(200, AppSecretSerializer, 400, 404, 409)},
    )
    def update(self, request: Request, app_id: str, name: str) -> Response:
        """Create or replace a secret. Return 201 if it is new, else 200."""
        app, document = self._app(app_id), self.document()
        if unknown := [str(field) for field in document if field != "value"]:
            raise Refused({field: ["Unknown field of a secret. Known is: value."] for field in unknown})
        if not isinstance(document.get("value"), str):
            raise Refused({"value": ["Specify the value of the secret, as a text."]})
        try:
            secret, is_new = set_secret(app, name, document["value"])
        except ValidationError as error:
            raise Refused.of(error, AppSecret) from None
        return Response(document_of(secret), status=201 if is_new else 200)

    @extend_schema(summary="Delete a secret of an app", parameters=[_APP_ID], responses=answers(204, None, 404))
    def destroy(self, request: Request, app_id: str, name: str) -> Response:
        secrets = AppSecret.objects.filter(app=self._app(app_id))
        secret = secrets.filter(name=name).first() if name.isprintable() else None
        if secret is None:
            raise NotFound(_NO_SECRET)
        secret.delete()
        return Response(status=204)

    def _app(self, app_id: str) -> App:
        app = App.objects.filter(app_id=app_id).first() if app_id.isprintable() else None
        if app is None:
            raise NotFound(_NO_APP)
        self.check_app(app.app_id, _NO_APP)
        return app
