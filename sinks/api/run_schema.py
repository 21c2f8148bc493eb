"""The API's documents about runs for its OpenAPI description."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema_serializer
from rest_framework import serializers

from runs.models import Run
from sinks.api.schema import AnyObject, AnyValue, ErrorSerializer

RUN_STATUSES = Run.Status.values


class RunSerializer(serializers.Serializer[Any]):
    """A run in a list."""

    run_id = serializers.CharField()
    status = serializers.ChoiceField(RUN_STATUSES)
    app_id = serializers.CharField()
    sink_id = serializers.IntegerField(allow_null=True)
    workflow = serializers.CharField()
    engine = serializers.CharField()
    attempt = serializers.IntegerField()
    code_hash = serializers.CharField(
        allow_null=True, help_text="Of the workflow's file at the start of the attempt; null before the first one."
    )
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    duration = serializers.FloatField(allow_null=True, help_text="Seconds of the last attempt.")
    wake_at = serializers.DateTimeField(
        allow_null=True, help_text="When the next attempt starts, if the run waits between two attempts."
    )
    replay_of = serializers.CharField(allow_null=True)
    parent = serializers.CharField(  # type: ignore[assignment]
        allow_null=True, help_text="The run that started it; null if none."
    )
    cancel_requested = serializers.BooleanField()
    error = ErrorSerializer(allow_null=True)
    events_url = serializers.CharField()


class RequestSerializer(serializers.Serializer[Any]):
    """The request that started a run, without its credentials."""

    method = serializers.CharField()
    path = serializers.CharField()
    path_params = AnyObject()
    query = serializers.CharField(allow_blank=True)
    headers = serializers.ListField(child=serializers.ListField(child=serializers.CharField(allow_blank=True)))
    client = serializers.CharField(allow_null=True)
    body = serializers.CharField(allow_null=True, allow_blank=True, help_text="Null if the body is not UTF-8.")
    body_base64 = serializers.CharField(allow_null=True, help_text="Null if the body is UTF-8.")


class RunResponseSerializer(serializers.Serializer[Any]):
    """What `run.respond` has set for clients that do not stream."""

    status = serializers.IntegerField()
    headers = serializers.DictField(child=serializers.CharField(allow_blank=True))
    body = serializers.CharField(
        allow_null=True, allow_blank=True, help_text="The first 2,000 characters. Null if the body is not UTF-8."
    )
    body_bytes = serializers.IntegerField(help_text="The length of the whole body.")


class WholeRunSerializer(RunSerializer):
    """Everything that is recorded about a run."""

    options = AnyValue()
    timeout = serializers.FloatField()
    progress = serializers.IntegerField()
    events = serializers.IntegerField()
    output = AnyValue(allow_null=True)
    response = RunResponseSerializer(allow_null=True, help_text="Null if the run has not responded.")
    traceback = serializers.CharField(allow_blank=True)
    request = RequestSerializer(allow_null=True, help_text="Null if it was pruned.")


@extend_schema_serializer(many=False)
class RunPageSerializer(serializers.Serializer[Any]):
    """A page of runs, newest first. A page may be short or empty although a next page exists."""

    results = RunSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The URL of the next page; null on the last page.")


class EventPageSerializer(serializers.Serializer[Any]):
    """A page of a run's events, in order."""

    results = serializers.ListField(child=AnyObject())
    next = serializers.CharField(
        allow_null=True, help_text="The URL of later events, now or in the future; null if the run has ended."
    )


STEP_KINDS = ["step", "wait", "start", "call", "failure"]
STEP_STATUSES = ["running", "complete", "error", "retrying", "waiting"]


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Up to 255 characters, remembered for a day."
)


class ReplaySerializer(serializers.Serializer[Any]):
    """How a run is replayed."""

    from_step = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=100,
        help_text="The name of a step: the new run gets the recorded results of the steps before its first call.",
    )


class ResumeSerializer(serializers.Serializer[Any]):
    """How a run is resumed."""

    accept_changes = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Steps get their recorded results even with other arguments.",
    )


class StartSerializer(serializers.Serializer[Any]):
    """A run to start."""

    app_id = serializers.CharField(max_length=64)
    workflow = serializers.CharField(max_length=100)
    payload = AnyValue(required=False, allow_null=True, default=None, help_text="Any JSON value.")
    options = serializers.DictField(required=False, default=dict, help_text="The workflow's options.")
    engine = serializers.ChoiceField(
        Run.Engine.choices, required=False, default=Run.Engine.LOCAL, help_text="Whether servers or workers execute it."
    )


class StepAttemptSerializer(serializers.Serializer[Any]):
    """One execution of a step."""

    attempt = serializers.IntegerField()
    status = serializers.ChoiceField(STEP_STATUSES)
    started_at = serializers.DateTimeField()
    duration = serializers.FloatField(allow_null=True, help_text="Seconds; null if it has not ended.")
    error = ErrorSerializer(allow_null=True)


class StepSerializer(StepAttemptSerializer):
    """A step of a run, with the state of its last attempt."""

    step = serializers.CharField(help_text="Its name, or the name of the child's workflow.")
    kind = serializers.ChoiceField(STEP_KINDS)
    child = serializers.CharField(allow_null=True, help_text="The id of the child run, if it is one's start or call.")
    key = serializers.CharField(allow_null=True, help_text="Null if the workflow sets none.")
    number = serializers.IntegerField(
        allow_null=True, help_text="Among the calls of the step's name that have no key; null with a key."
    )
    output = AnyValue(allow_null=True, help_text="Null if there is none, or if it is large.")
    output_characters = serializers.IntegerField(help_text="The length of the output as JSON.")
    attempts = StepAttemptSerializer(many=True)


@extend_schema_serializer(many=False)
class StepListSerializer(serializers.Serializer[Any]):
    """A run's steps, in the order in which they began."""

    results = StepSerializer(many=True)


class BulkItemSerializer(serializers.Serializer[Any]):
    """What became of one run."""

    run_id = serializers.CharField()
    status = serializers.ChoiceField(RUN_STATUSES, help_text="Before the action.")
    new = serializers.CharField(allow_null=True, help_text="The run that a replay has started.")
    reason = serializers.CharField(allow_null=True, help_text="Why nothing was done; null if something was.")


class BulkResultSerializer(serializers.Serializer[Any]):
    """What became of the runs."""

    results = BulkItemSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor for the other runs; null if there are none.")


class SignalSerializer(serializers.Serializer[Any]):
    """A signal was recorded."""

    run_id = serializers.CharField()
    signal = serializers.CharField()
    events_url = serializers.CharField()


class KeyedSignalSerializer(serializers.Serializer[Any]):
    """A signal to the run of an app that waits for its name and key."""

    key = serializers.CharField(max_length=100)
    payload = AnyValue(required=False, allow_null=True, help_text="Any JSON value; null if it is omitted.")


class KeyedSignalSentSerializer(serializers.Serializer[Any]):
    """A keyed signal was recorded."""

    app_id = serializers.CharField()
    signal = serializers.CharField()
    key = serializers.CharField()


class AcceptedSerializer(serializers.Serializer[Any]):
    """The request was accepted."""

    run_id = serializers.CharField()
    status = serializers.CharField()
    replay_of = serializers.CharField(required=False)
    events_url = serializers.CharField()
