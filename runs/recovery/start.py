"""Start a run without a request, for programs and operators: its payload is the body of a synthetic delivery."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from runs import clock_guard, ports
from runs.journal.idempotency import key_of
from runs.links import starts
from runs.links.starts import Start
from runs.models import Delivery, Run
from runs.steps.values import encode_payload
from runs.workflows import registry
from runs.workflows.registry import InvalidOptions

MAX_KEY_CHARACTERS = 255
_KEY_HOLDS = timedelta(days=1)


class CannotStart(Exception):
    """The run cannot be started. Nothing was recorded."""

    def __init__(self, place: str, message: str) -> None:
        """
        Args:
            place: The argument that is at fault: app_id, workflow, payload, options, engine or key.
            message: Why, and what to do.
        """
        super().__init__(message)
        self.place = place


class KeyUsed(Exception):
    """The idempotency key was used for another start."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run to start."""

    app_id: str
    workflow: str
    payload: Any = None  # a JSON value
    options: dict[str, Any] = field(default_factory=dict)
    engine: str = Run.Engine.LOCAL
    key: str = ""  # an idempotency key: within a day, a repeat starts no second run


def start(wanted: Wanted) -> tuple[Run, bool]:
    """
    Start a run: the first free server, or worker, executes it. Blocking: call it in a thread.

    Returns:
        The run, durably recorded; and whether an earlier start with the key has recorded it.

    Raises:
        CannotStart: An argument is invalid.
        KeyUsed: The key was used for another start.
        DatabaseError: It could not be recorded.
    """
    made = _checked(wanted)
    for _ in range(2):  # the second time, the run that was recorded at the same time is found
        if made.key is not None and (earlier := find_by_key(made.key)) is not None:
            return _same(earlier, made), True
        try:
            with transaction.atomic():
                return starts.record([made])[0], False
        except IntegrityError:
            if made.key is None:
                raise
    raise KeyUsed("Another start with this key is being recorded. Try again.")


def _checked(wanted: Wanted) -> Start:
    if not ports.is_app(wanted.app_id):
        raise CannotStart("app_id", f"There is no active app {wanted.app_id!r}.")
    try:
        workflow = registry.find_installed(wanted.workflow)
    except ValueError as error:
        raise CannotStart("workflow", str(error)) from None
    if wanted.engine == Run.Engine.PROCRASTINATE and not settings.HAS_WORKERS:
        raise CannotStart("engine", "Workers need PostgreSQL: set DATABASE_URL, or use the engine local.")
    if len(wanted.key) > MAX_KEY_CHARACTERS:
        raise CannotStart("key", f"An Idempotency-Key must have 1 to {MAX_KEY_CHARACTERS} characters.")
    try:
        workflow.check_options(wanted.options)
    except InvalidOptions as error:
        raise CannotStart("options", str(error)) from None
    try:
        payload = encode_payload(wanted.payload)
    except ValueError as error:
        raise CannotStart("payload", str(error)) from None
    name = (0, "start", wanted.app_id, wanted.key.encode("utf-8", "surrogatepass"))
    return Start(
        app_id=wanted.app_id,
        workflow=wanted.workflow,
        payload=payload,
        timeout=workflow.time_limit(None),
        options=wanted.options,
        on_workers=wanted.engine == Run.Engine.PROCRASTINATE,
        key=key_of(name) if wanted.key else None,
        key_expires_at=timezone.now() + _KEY_HOLDS if wanted.key else None,
    )


def find_by_key(key: str) -> Run | None:
    """Return the run that has a key; release the key if it has expired."""
    expired_at = clock_guard.read_expiry_time()
    having = Run.objects.filter(idempotency_key=key)
    if (run := having.filter(key_expires_at__gt=expired_at).first()) is not None:
        return run
    having.filter(key_expires_at__lte=expired_at).update(idempotency_key=None)
    return None


def _same(run: Run, made: Start) -> Run:
    """Return the run of an earlier start, if that was the same."""
    delivery = Delivery.objects.filter(pk=run.pk).first()
    if delivery is not None:
        is_same = bytes(delivery.body) == made.payload.encode()
    else:
        is_same = run.fingerprint == made.fingerprint()
    if not is_same or (run.workflow, run.options) != (made.workflow, made.options):
        raise KeyUsed("This Idempotency-Key was already used for another start.")
    return run
