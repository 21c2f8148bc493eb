"""Refusals in the REST API."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from runs.history.masking import Masks
from sinks.access import permissions
from sinks.api.problems import Conflict
from sinks.api.run_schema import RequestSerializer
from sinks.api.schema import AnyObject, answers
from sinks.api.views import View, Wants, accepted, read_query
from sinks.models import ApiToken, Refusal
from sinks.refusals.acceptance import CannotAccept, Unverified, accept
from sinks.refusals.documents import listed, of_refusal, of_refusal_and_request

_MISSING = "There is no such refusal."
_MOST = 9_007_199_254_740_991  # RFC 8259, section 6: integers up to this are interoperable
_MAX_DIGITS = 18


class RefusalFilterSerializer(serializers.Serializer[Any]):
    """The filter of a list of refusals."""

    app_id = serializers.CharField(required=False, max_length=64, help_text="Only refusals of this app.")
    sink_id = serializers.IntegerField(required=False, min_value=0, max_value=_MOST)
    kind = serializers.CharField(
        required=False, max_length=32, help_text="Such as token, signature, filtered or repeated."
    )
    since = serializers.DateTimeField(required=False)
    after = serializers.IntegerField(
        required=False, min_value=0, max_value=_MOST, help_text="Only refusals with a larger id."
    )
    before = serializers.IntegerField(
        required=False, min_value=0, max_value=_MOST, help_text="Only refusals with a smaller id; from `next`."
    )
    limit = serializers.IntegerField(required=False, min_value=1, max_value=200, default=50)


class RefusalSerializer(serializers.Serializer[Any]):
    """A delivery that was refused or filtered, or that was a repeat, in a list."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    app_id = serializers.CharField()
    sink_id = serializers.IntegerField()
    sink = serializers.CharField(help_text="Its method and path.")
    kind = serializers.CharField(allow_blank=True, help_text="The name under which it is counted.")
    status = serializers.IntegerField(help_text="Of its answer; 200 if it was filtered or a repeat.")
    reason = serializers.CharField(allow_blank=True)
    client = serializers.CharField(allow_null=True)
    method = serializers.CharField(allow_null=True, help_text="Null if its request is not kept.")
    path = serializers.CharField(allow_null=True)
    body_size = serializers.IntegerField(allow_null=True, help_text="Bytes; null if it is not known.")
    accepted_at = serializers.DateTimeField(allow_null=True)
    run_id = serializers.CharField(allow_null=True, help_text="The run that was started when it was accepted.")


class RefusedRequestSerializer(RequestSerializer):
    """The request of a refusal, without its credentials."""

    is_whole = serializers.BooleanField(help_text="Whether head and body are kept completely.")


class WholeRefusalSerializer(RefusalSerializer):
    """Everything that is kept of a refusal."""

    expected = AnyObject(allow_null=True, help_text="What the sink requires, as far as it concerns the refusal.")
    came = AnyObject(allow_null=True, help_text="What the delivery had in its place.")
    request = RefusedRequestSerializer(allow_null=True)
    acceptable = serializers.BooleanField()
    verified = serializers.BooleanField(
        help_text="Whether the sink's secrets verify the sender now, whatever the delivery's age."
    )
    warning = serializers.CharField(allow_null=True, help_text="Why it is not acceptable, or its sender not verified.")


@extend_schema_serializer(many=False)
class RefusalPageSerializer(serializers.Serializer[Any]):
    """A page of refusals, newest first."""

    results = RefusalSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The URL of the next page; null on the last page.")


class AcceptedRefusalSerializer(serializers.Serializer[Any]):
    """What an accepted refusal has become: a run, or a signal."""

    run_id = serializers.CharField(required=False)
    status = serializers.CharField(required=False)
    events_url = serializers.CharField(required=False)
    signal = serializers.CharField(required=False)
    key = serializers.CharField(required=False)
    verified = serializers.BooleanField()
    warning = serializers.CharField(allow_null=True, help_text="Why the sender is not verified.")


class Refusals(View):
    """Refusals, identified by their numeric ids."""

    wants = {
        "list": Wants("refusals:read", ("sinks.view_refusal",)),
        "retrieve": Wants("refusals:read", ("sinks.view_refusal",)),
        "accept": Wants("runs:write", ("sinks.view_refusal",), or_scope="refusals:accept"),
    }
    serializer_class = WholeRefusalSerializer
    queryset = Refusal.objects.all()

    @extend_schema(
        summary="List refusals, newest first",
        parameters=[RefusalFilterSerializer],
        responses=answers(200, RefusalPageSerializer, 400),
    )
    def list(self, request: Request) -> Response:
        query = read_query(RefusalFilterSerializer, request)
        refusals = listed(Refusal.objects.all()).order_by("-pk")
        if self.only_apps is not None:
            refusals = refusals.filter(sink__app__app_id__in=self.only_apps)
        lookups = {
            "app_id": "sink__app__app_id",
            "sink_id": "sink_id",
            "kind": "kind",
            "since": "at__gte",
            "after": "pk__gt",
            "before": "pk__lt",
        }
        refusals = refusals.filter(**{lookup: query[name] for name, lookup in lookups.items() if name in query})
        found = [*refusals[: query["limit"] + 1]]
        page, following = found[: query["limit"]], None
        if len(found) > len(page):
            kept = request.query_params.copy()
            kept["before"] = str(page[-1].pk)
            following = request.build_absolute_uri(f"/api/v1/refusals?{kept.urlencode()}")
        masks = Masks()
        return Response({"results": [of_refusal(refusal, masks) for refusal in page], "next": following})

    @extend_schema(summary="Get a refusal with its request", responses=answers(200, WholeRefusalSerializer, 404))
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(of_refusal_and_request(self._find(pk)))

    @extend_schema(
        summary="Accept a refusal: run its delivery after all",
        request=None,
        responses=answers(202, AcceptedRefusalSerializer, 404, 409),
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """
        The sender is verified again with the sink's secrets, whatever the delivery's age. If it is verified, the scope
        runs:write is enough; otherwise, this needs refusals:accept, and the answer has a warning. Return 202 with the
        new run, which is queued, or with the signal; 409 if it was accepted before, or its request is not kept
        completely.
        """
        refusal = self._find(pk)
        app_id = refusal.sink.app.app_id
        scopes = request.auth.scopes if isinstance(request.auth, ApiToken) else None
        may_accept = permissions.may(request.user, "sinks.accept_refusal", app_id)
        may_accept_any = may_accept and (scopes is None or "refusals:accept" in scopes)
        may_write = permissions.may(request.user, "runs.add_run", app_id)
        if not (may_accept_any or (may_write and (scopes is None or "runs:write" in scopes))):
            raise PermissionDenied("Accepting a refusal needs the permission to replay runs, or to accept refusals.")
        try:
            done = accept(refusal, by=request.user.get_username(), only_verified=not may_accept_any)
        except Unverified as error:
            raise PermissionDenied(f"{error} To accept it, refusals:accept is needed.") from None
        except CannotAccept as error:
            raise Conflict(str(error)) from None
        more = {"verified": not done.warning, "warning": done.warning or None}
        if done.run is not None:
            return accepted(done.run, more)
        body = {"signal": done.signal, "key": done.key, **more}
        return Response(body, status=202, headers={"Cache-Control": "no-store"})

    def _find(self, pk: str) -> Refusal:
        known = pk.isascii() and pk.isdigit() and len(pk) <= _MAX_DIGITS
        refusal = Refusal.objects.select_related("sink__app").filter(pk=int(pk)).first() if known else None
        if refusal is None:
            raise NotFound(_MISSING)
        self.check_app(refusal.sink.app.app_id, _MISSING)
        return refusal
