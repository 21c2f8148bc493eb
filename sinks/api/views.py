"""The common parts of the REST API's views: permissions, documents, query parameters and problems."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound, ParseError, PermissionDenied
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from runs.models import Run
from sinks.access import permissions
from sinks.api.authentication import TokenAuthentication
from sinks.api.problems import Refused, as_problem
from sinks.models import ApiToken, App

_MAX_DIGITS = 18  # of a database id
_OfApp = TypeVar("_OfApp", bound=Model)


@dataclass(frozen=True, slots=True)
class Wants:
    """The requirements of an action."""

    scope: str  # one of ApiToken.SCOPES, for requests with a token
    permissions: tuple[str, ...]  # Django permissions of the user
    or_scope: str = ""  # another scope that is enough


class May(BasePermission):
    """Allows users with the action's permissions in at least one app; a token needs the action's scope too."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        wants = view.wants.get(view.action)
        if wants is None:
            return True  # no such method: 405 follows
        if isinstance(request.auth, ApiToken) and not {wants.scope, wants.or_scope} & set(request.auth.scopes):
            scopes = f"{wants.scope} or {wants.or_scope}" if wants.or_scope else wants.scope
            self.message = f"The token lacks the scope {scopes}."
            return False
        return all(permissions.may(request.user, permission) for permission in wants.permissions)


class View(GenericViewSet[Any]):
    """The base of the API's view sets: a kind of object, and the requirements of its actions."""

    authentication_classes = [TokenAuthentication, SessionAuthentication]
    permission_classes = [May]
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer, BrowsableAPIRenderer]
    pagination_class = None
    metadata_class = None  # the framework's OPTIONS responses would reveal whether a hidden object exists
    wants: ClassVar[Mapping[str, Wants]] = {}

    def get_exception_handler(self) -> Any:
        return as_problem

    @property
    def only_app(self) -> str | None:
        """The id of the app to which the token is limited; None without a token, or if the token has no limit."""
        token = self.request.auth
        return token.app.app_id if isinstance(token, ApiToken) and token.app is not None else None

    @property
    def only_apps(self) -> frozenset[str] | None:
        """The ids of the apps that the request may see, by the limits of its user and its token; None for all."""
        apps = permissions.only(self.request.user)
        if self.only_app is None:
            return apps
        token = frozenset([self.only_app])
        return token if apps is None else token & apps

    def check_app(self, app_id: str, missing: str) -> None:
        """
        Check that the request may see an app, and that the user has the action's permissions in it.

        Args:
            app_id: The id of the app to which an object belongs.
            missing: The message for an app that the request may not see, the same as for a missing object.

        Raises:
            NotFound: The request may not see the app.
            PermissionDenied: The user's role in the app does not allow the action.
        """
        if self.only_apps is not None and app_id not in self.only_apps:
            raise NotFound(missing)
        if not all(permissions.may(self.request.user, name, app_id) for name in self.wants[self.action].permissions):
            raise PermissionDenied(f"Your role in the app {app_id} does not allow this.")

    def app_of_new(self, kind: str, missing: str) -> App:
        """
        Return the app that the document of a new object names as its own.

        Args:
            kind: The kind of the object, for messages: sink.
            missing: See `check_app`.

        Raises:
            Refused: It names none, or none that the request may see.
            PermissionDenied: The user's role in the app does not allow the action.
        """
        app_id = self.document().get("app_id")
        if app_id in (None, ""):
            raise Refused({"app_id": [f"Specify the {kind}'s app."]})
        only = self.only_apps
        seen = isinstance(app_id, str) and app_id.isprintable() and (only is None or app_id in only)
        app = App.objects.filter(app_id=app_id).first() if seen else None
        if app is None:
            raise Refused({"app_id": ["There is no such app: create it first."]})
        self.check_app(app.app_id, missing)
        return app

    def seen(self, objects: QuerySet[_OfApp]) -> QuerySet[_OfApp]:
        """Return those of the objects, which have an `app`, that the request may see."""
        found = objects.select_related("app")
        return found if self.only_apps is None else found.filter(app__app_id__in=self.only_apps)

    def find(self, objects: QuerySet[_OfApp], key: str, missing: str, *, lock: bool = False) -> _OfApp:
        """
        Return the object of an app by its numeric id.

        Args:
            objects: All objects of its kind.
            key: The id, as it stands in the address.
            missing: See `check_app`.
            lock: Whether to lock an object that is to change: otherwise, saving it could undo a concurrent change, such
                as a new token.

        Raises:
            NotFound: There is none, or the request may not see it.
            PermissionDenied: The user's role in its app does not allow the action.
        """
        number = key if key.isascii() and key.isdigit() and len(key) <= _MAX_DIGITS else None
        seen = self.seen(objects).select_for_update(of=("self",)) if lock else self.seen(objects)
        found = seen.filter(pk=int(number)).first() if number is not None else None
        if found is None:
            raise NotFound(missing)
        self.check_app(found.app.app_id, missing)  # type: ignore[attr-defined] # each of these models has an app
        return found

    def document(self) -> dict[str, Any]:
        """
        Return the request's body.

        Raises:
            ParseError: The body is not a JSON object, or is nested too deeply.
        """
        try:
            data = self.request.data
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        if not isinstance(data, dict):
            raise ParseError("The body must be a JSON object.")
        return dict(data)


def accepted(run: Run, more: dict[str, Any] | None = None) -> Response:
    """Return the answer 202 that names a run; `more` are further fields."""
    place = f"/runs/{run.pk}"
    body = {"run_id": run.pk, "status": run.status, **(more or {}), "events_url": f"{place}/events"}
    return Response(body, status=202, headers={"Location": place, "Cache-Control": "no-store"})


def read_query(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """
    Return the validated query parameters of a request.

    Args:
        kind: The serializer of the known parameters.
        request: The request.

    Raises:
        serializers.ValidationError: A parameter is invalid or unknown. An ignored filter would return too much.
    """
    reader = kind(data=request.query_params)
    known = [*reader.fields, "format"]  # `format` is Django REST framework's, for its browsable pages
    if unknown := [name for name in request.query_params if name not in known]:
        message = f"Unknown parameter. Known are: {', '.join(known[:-1]) or 'none'}."
        raise serializers.ValidationError({name: [message] for name in unknown})
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


class ProblemSerializer(serializers.Serializer[Any]):
    """A problem (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="The errors by field of the document, such as `limits.rate`, or by parameter.",
    )
