"""What all of the REST API's views have in common: who may do what, and how answers look."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound, ParseError, PermissionDenied
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from sinks.access import permissions
from sinks.api.authentication import TokenAuthentication
from sinks.api.problems import as_problem
from sinks.models import ApiToken


@dataclass(frozen=True, slots=True)
class Wants:
    """What an action wants of who asks."""

    scope: str  # one of ApiToken.SCOPES, where it is by a token
    permissions: tuple[str, ...]  # Django's, of the user


class May(BasePermission):
    """Whoever has the user's permissions, in some app at least, and with a token its scope."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        wants = view.wants.get(view.action)
        if wants is None:
            return True  # no such method: 405 follows
        if isinstance(request.auth, ApiToken) and wants.scope not in request.auth.scopes:
            self.message = f"The token has not the scope {wants.scope}."
            return False
        return all(permissions.may(request.user, permission) for permission in wants.permissions)


class View(GenericViewSet[Any]):
    """A kind of thing of the API, and what may be done to it."""

    authentication_classes = [TokenAuthentication, SessionAuthentication]
    permission_classes = [May]
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer, BrowsableAPIRenderer]
    pagination_class = None
    metadata_class = None  # the framework's own answers to OPTIONS tell whether there is what one may not see
    wants: ClassVar[Mapping[str, Wants]] = {}

    def get_exception_handler(self) -> Any:
        return as_problem

    @property
    def only_app(self) -> str | None:
        """The app that the token is limited to; None where all may be seen."""
        token = self.request.auth
        return token.app.app_id if isinstance(token, ApiToken) and token.app is not None else None

    @property
    def only_apps(self) -> frozenset[str] | None:
        """The apps that may be seen: those that the user is limited to, and of these the token's; None: all."""
        apps = permissions.only(self.request.user)
        if self.only_app is None:
            return apps
        token = frozenset([self.only_app])
        return token if apps is None else token & apps

    def check_app(self, app_id: str, missing: str) -> None:
        """
        Args:
            app_id: The app of what was found.
            missing: What is said where it may not be seen: the same as where there is none.

        Raises:
            NotFound: The app may not be seen.
            PermissionDenied: This is not for the user's role in it.
        """
        if self.only_apps is not None and app_id not in self.only_apps:
            raise NotFound(missing)
        if not all(permissions.may(self.request.user, name, app_id) for name in self.wants[self.action].permissions):
            raise PermissionDenied(f"Your role in the app {app_id} does not allow this.")

    def document(self) -> dict[str, Any]:
        """
        The request's body.

        Raises:
            ParseError: It is no object of JSON.
        """
        try:
            data = self.request.data
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        if not isinstance(data, dict):
            raise ParseError("Give an object of JSON.")
        return dict(data)


def read_query(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """
    The parameters of a query.

    Args:
        kind: Which there are.
        request: What was asked.

    Raises:
        serializers.ValidationError: One is wrong, or none of ours: what it was to leave out would be in the answer.
    """
    reader = kind(data=request.query_params)
    known = [*reader.fields, "format"]  # the last is the REST framework's own, of its pages for browsers
    if unknown := [name for name in request.query_params if name not in known]:
        said = f"No such parameter. There are: {', '.join(known[:-1]) or 'none'}."
        raise serializers.ValidationError({name: [said] for name in unknown})
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="What is wrong, by the place in the document, such as `limits.rate`, or by the parameter.",
    )
