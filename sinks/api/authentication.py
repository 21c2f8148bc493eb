"""Authentication of programs by API token. Django REST framework authenticates users by their session."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from sinks.access import api_tokens
from sinks.models import ApiToken


class TokenAuthentication(BaseAuthentication):
    """Authentication by `Authorization: Bearer shk_...` (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        field = request.headers.get("authorization", "")
        if not field:
            return None
        text = api_tokens.of_header(field)
        token = api_tokens.find(text) if text else None
        if token is None:
            raise AuthenticationFailed("The API token is invalid, expired or revoked.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class _TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API token, `shk_...`."}
