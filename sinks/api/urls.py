"""The URLs of the REST API, without a trailing slash; `sinkhub.asgi` removes it from requests."""

from typing import Any

from django.urls import include, path, re_path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from sinks.api.app_secrets import AppSecrets
from sinks.api.apps import Apps
from sinks.api.problems import as_problem
from sinks.api.refusals import Refusals
from sinks.api.runs import Runs
from sinks.api.schedules import Schedules
from sinks.api.sinks import Sinks
from sinks.handshakes.api import AwaitedSecrets, Confirmations
from sinks.webhooks.api import Providers

router = SimpleRouter(trailing_slash=False)
router.register("apps", Apps)
router.register(r"apps/(?P<app_id>[^/.]+)/secrets", AppSecrets)
router.register("sinks", Sinks)
router.register(r"sinks/(?P<sink_id>[^/.]+)/confirmations", Confirmations)
router.register("schedules", Schedules)
router.register("providers", Providers, basename="provider")
router.register("refusals", Refusals)
router.register("runs", Runs)


@extend_schema(exclude=True)
class Nothing(APIView):
    """Answers 404 at every other address under /api/."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        raise NotFound("There is no such URL; /api/schema/ lists all.")

    def get(self, request: Request) -> Response:
        raise NotFound

    def get_exception_handler(self) -> Any:
        return as_problem


class Schema(SpectacularAPIView):
    """
    The OpenAPI description. The API has only one version: a version in the query must not reach Content-Disposition.
    """

    def _get_version_parameter(self, request: Request) -> None:
        return None


_AWAITED = AwaitedSecrets.as_view({"get": "retrieve", "post": "create", "delete": "destroy"})

urlpatterns = [
    path("v1/sinks/<sink_id>/await-secret", _AWAITED, name="await-secret"),
    path("v1/", include(router.urls)),
    path("schema", Schema.as_view(), name="schema"),
    path("docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    re_path("", Nothing.as_view()),
]
