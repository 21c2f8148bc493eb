"""Apps in the REST API."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from runs.links.keyed_signals import send_keyed
from runs.links.signals import TooManySignals
from runs.steps.errors import InvalidPayload
from runs.steps.options import check_text
from runs.steps.values import encode_payload
from sinks.access import permissions
from sinks.api.problems import Refused, TooLarge, TooMany
from sinks.api.run_schema import KeyedSignalSentSerializer, KeyedSignalSerializer
from sinks.api.schema import AppSerializer, answers
from sinks.api.views import View, Wants, read_query
from sinks.config.documents import apply_app, of_app
from sinks.models import ApiToken, App

_MISSING = "There is no such app."


class Apps(View):
    """Apps, identified by their app ids."""

    wants = {
        "list": Wants("sinks:read", ("sinks.view_app",)),
        "retrieve": Wants("sinks:read", ("sinks.view_app",)),
        "create": Wants("sinks:write", ("sinks.add_app",)),
        "update": Wants("sinks:write", ("sinks.change_app",)),
        "partial_update": Wants("sinks:write", ("sinks.change_app",)),
        "destroy": Wants("sinks:write", ("sinks.delete_app", "sinks.delete_sink")),
        "signal": Wants("runs:signal", ("runs.signal_run",)),
    }
    serializer_class = AppSerializer
    lookup_field = "app_id"
    queryset = App.objects.all()

    @extend_schema(summary="List apps", responses=answers(200, AppSerializer(many=True), 400))
    def list(self, request: Request) -> Response:
        read_query(serializers.Serializer, request)
        apps = App.objects.all() if self.only_apps is None else App.objects.filter(app_id__in=self.only_apps)
        return Response([of_app(app) for app in apps])

    @extend_schema(summary="One app", responses=answers(200, AppSerializer, 404))
    def retrieve(self, request: Request, app_id: str) -> Response:
        return Response(of_app(self._find(app_id)))

    @extend_schema(summary="Create an app", responses=answers(201, AppSerializer, 400, 409))
    def create(self, request: Request) -> Response:
        if self.only_app is not None:
            raise PermissionDenied("The token is limited to one app and cannot create others.")
        app = App()
        with transaction.atomic():
            self._save(app, partial=False)
            permissions.make_owner(request.user, app)
        return Response(of_app(app), status=201, headers={"Location": f"/api/v1/apps/{app.app_id}"})

    @extend_schema(
        summary="Replace an app: omitted fields get their defaults",
        responses=answers(200, AppSerializer, 400, 404, 409),
    )
    def update(self, request: Request, app_id: str) -> Response:
        return self._change(app_id, partial=False)

    @extend_schema(summary="Change some fields of an app", responses=answers(200, AppSerializer, 400, 404, 409))
    def partial_update(self, request: Request, app_id: str) -> Response:
        return self._change(app_id, partial=True)

    @extend_schema(
        summary="Delete an app, its sinks and schedules, and the API tokens limited to it",
        description="Its runs stay for as long as its retention keeps them. A new app with the same id gets them back.",
        responses=answers(204, None, 404),
    )
    def destroy(self, request: Request, app_id: str) -> Response:
        app = self._find(app_id)
        if self.only_app is not None:
            raise PermissionDenied("The token is limited to this app and would be deleted with it: use another token.")
        if app.schedules.exists() and not permissions.may(request.user, "sinks.delete_schedule", app):
            raise PermissionDenied("The app has schedules, which would be deleted with it.")
        with transaction.atomic():
            others = ApiToken.objects.select_for_update().filter(app=app).exclude(user=request.user.pk or 0)
            is_owner = permissions.only(request.user) is not None
            if not is_owner and others.exists() and not request.user.has_perm("sinks.delete_apitoken"):
                raise PermissionDenied(
                    "Tokens of other users are limited to this app and would be deleted with it: ask the app's owner."
                )
            if not request.user.is_superuser and (names := permissions.freed(app.memberships.all(), lock=True)):
                raise PermissionDenied(permissions.only_limit(names))
            app.delete()
        return Response(status=204)

    @extend_schema(
        summary="Send a signal to the run that waits for its name and key",
        request=KeyedSignalSerializer,
        responses=answers(202, KeyedSignalSentSerializer, 400, 404, 413, 429),
    )
    @action(detail=True, methods=["post"], url_path=r"signals/(?P<name>[^/]+)")
    def signal(self, request: Request, app_id: str, name: str) -> Response:
        """End the oldest wait of the app's runs for the name and the key. If none waits, keep it for the next."""
        app = self._find(app_id)
        document = self.document()
        if unknown := sorted(document.keys() - {"key", "payload"}):
            raise Refused({unknown[0]: ["Unknown field of a signal. Known are: key, payload."]})
        key = document.get("key")
        for field, subject, text in (("name", "the name of a signal", name), ("key", "the key of a signal", key)):
            try:
                check_text(subject, text)
            except (TypeError, ValueError) as error:
                raise Refused({field: [str(error)]}) from None
        try:
            send_keyed(app.app_id, name, str(key), encode_payload(document.get("payload")))
        except InvalidPayload as error:
            raise TooLarge(str(error)) from None
        except TooManySignals as error:
            raise TooMany(str(error)) from None
        body = {"app_id": app.app_id, "signal": name, "key": key}
        return Response(body, status=202, headers={"Cache-Control": "no-store"})

    def _find(self, app_id: str, *, lock: bool = False) -> App:
        apps = App.objects.select_for_update() if lock else App.objects
        app = apps.filter(app_id=app_id).first() if app_id.isprintable() else None
        if app is None:
            raise NotFound(_MISSING)
        self.check_app(app.app_id, _MISSING)
        return app

    @transaction.atomic
    def _change(self, app_id: str, *, partial: bool) -> Response:
        app = self._find(app_id, lock=True)
        # Runs store the app id as text, and outlive the app: a renamed app would lose its runs, or get those of another
        # app.
        if (wanted_id := self.document().get("app_id")) not in (None, "", app.app_id):
            raise Refused({"app_id": [f"An app's id cannot change from {app.app_id!r} to {wanted_id!r}."]})
        self._save(app, partial=partial, more={"app_id": app.app_id})
        return Response(of_app(app))

    def _save(self, app: App, *, partial: bool, more: dict[str, Any] | None = None) -> None:
        try:
            apply_app(app, self.document() | (more or {}), partial=partial)
            if app._state.adding:
                permissions.check_new_app(self.request.user, app.app_id)
        except ValidationError as error:
            raise Refused.of(error, App) from None
        app.save()
