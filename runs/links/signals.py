"""Signals: messages to runs, each of which ends a wait for its name, and the tokens of their URLs."""

import hashlib
import hmac
import json
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Sum

from runs.models import UNFINISHED, Run, Signal, StepRecord

MAX_KEPT = 10_000  # signals of an app that no run has taken
MAX_KEPT_BYTES = 64 * 1024 * 1024  # of their payloads
VALID_FOR = timedelta(days=7)  # a URL
_KEY_SALT = b"sinkhub signal"


class RunOver(Exception):
    """The run has ended, or its wait for this name has; it takes no such signal."""


class TooManySignals(Exception):
    """The runs of the app have too many signals that they have not taken."""


def send(run: Run, name: str, payload: str) -> Signal:
    """
    Record a signal, and wake the run if it waits. Blocking: call it in a thread.

    Args:
        run: The run.
        name: The name for which it waits, or will wait.
        payload: JSON, from `values.encode_payload`, which `run.wait_for` returns.

    Raises:
        RunOver: The run has ended.
        TooManySignals: The app's runs have too many signals already.
        DatabaseError: It could not be recorded.
    """
    check_room(run.app_id, payload)
    with transaction.atomic():
        # Locked, so that the run cannot be let go between the two statements.
        if not Run.objects.select_for_update().filter(pk=run.pk, status__in=UNFINISHED).exists():
            raise RunOver("The run has ended.")
        signal = Signal.objects.create(run_id=run.pk, app_id=run.app_id, name=name, payload=payload, size=len(payload))
        Run.objects.filter(pk=run.pk, status=Run.Status.WAITING).update(wake_at=datetime.now(UTC))
    return signal


def check_room(app_id: str, payload: str) -> None:
    """
    Check that an app may keep another signal. Blocking.

    Raises:
        TooManySignals: It may not.
    """
    kept = Signal.objects.filter(app_id=app_id, taken_by="").aggregate(count=Count("*"), size=Sum("size"))
    if kept["count"] >= MAX_KEPT:
        raise TooManySignals(f"The runs of this app have {MAX_KEPT} signals that they have not taken.")
    if (kept["size"] or 0) + len(payload) > MAX_KEPT_BYTES:
        raise TooManySignals(f"The signals that the runs of this app have not taken exceed {MAX_KEPT_BYTES} bytes.")


def take(run_id: str, name: str, wait: str) -> str | None:
    """
    Take the oldest signal for a wait without a key. Called again for the same wait, it returns the same signal.
    Blocking: call it in a thread.

    Args:
        run_id: The run.
        name: The name for which it waits.
        wait: The wait: its task and number.

    Returns:
        The payload as JSON; None if there is no signal.
    """
    with transaction.atomic():
        signals = Signal.objects.filter(run_id=run_id, name=name, key="")
        found = signals.filter(taken_by=wait).first() or signals.filter(taken_by="").order_by("id").first()
        if found is None:
            return None
        if not found.taken_by:
            Signal.objects.filter(pk=found.pk, taken_by="").update(taken_by=wait)
        return str(found.payload)


def give_back(run_id: str, name: str, wait: str, lease: int) -> None:
    """
    Leave the signal that a wait has taken to the next wait, since the workflow has cancelled this one. Blocking: call
    it in a thread.

    Args:
        run_id: See `take`; so the next two arguments.
        name: See `take`.
        wait: See `take`.
        lease: Of the run. With another one, another process executes it, and may have begun the wait again.
    """
    with transaction.atomic():
        # Locked, so that no other process takes the run over before this is committed.
        if Run.objects.select_for_update().filter(pk=run_id, status=Run.Status.RUNNING, lease=lease).exists():
            Signal.objects.filter(run_id=run_id, name=name, key="", taken_by=wait).update(taken_by="")


def signalled(run_ids: Collection[str]) -> set[tuple[str, str]]:
    """Return which of these runs have signals that they have not taken: run ids and names. Blocking."""
    found = Signal.objects.filter(run_id__in=run_ids, taken_by="").values_list("run_id", "name")
    return set(found)


def wake_signalled() -> int:
    """
    Wake the runs that were let go although they have a signal: it came while they were. Blocking: call it in a thread.

    Returns:
        How many runs.
    """
    kept = Signal.objects.filter(taken_by="", run__isnull=False).values("run_id")
    asleep = Run.objects.filter(status=Run.Status.WAITING, pk__in=kept)
    count = 0
    for run in asleep.exclude(wake_at__lte=datetime.now(UTC))[:100]:
        signals = set(Signal.objects.filter(run_id=run.pk, taken_by="").values_list("name", "key"))
        if signals & _awaited(run.pk):
            count += Run.objects.filter(pk=run.pk, status=Run.Status.WAITING).update(wake_at=datetime.now(UTC))
    return count


def _awaited(run_id: str) -> set[tuple[str, str]]:
    """Return the names and keys for which a run waits."""
    waits = StepRecord.objects.filter(run_id=run_id, kind=StepRecord.Kind.WAIT).order_by("place")
    statuses = {wait[:4]: wait[4] for wait in waits.values_list("name", "key", "scope", "number", "status")}
    return {(name, key) for (name, key, *_), status in statuses.items() if status == StepRecord.Status.WAITING}


# The tokens of signal URLs.


def token_of(salt: str, run_id: str, name: str, secret: str) -> str:
    """
    Return the token of a signal's URL: 256 bits from a random salt and the server's secret, so that the database alone
    does not give it away, and each attempt of the run gets the same.

    Args:
        salt: Random, recorded with the run.
        run_id: The run.
        name: The signal's name.
        secret: SECRET_KEY, or one of SECRET_KEY_FALLBACKS.
    """
    message = b"\0".join([_KEY_SALT, salt.encode(), run_id.encode(), name.encode()])
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def hash_of(token: str) -> str:
    """Return the hash of a token, as it is recorded."""
    return hashlib.sha256(token.encode()).hexdigest()


def recorded_token(salt: str, digest: str, run_id: str, name: str) -> str:
    """Return the token whose hash is recorded, whichever of the server's secrets made it; the newest's if none did."""
    tokens = [token_of(salt, run_id, name, secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    return next((token for token in tokens if hash_of(token) == digest), tokens[0])


def is_valid(run_id: str, name: str, token: str) -> bool:
    """
    Return whether a token was handed out for a run and a name, and is not older than 7 days. Blocking.

    Raises:
        RunOver: It was, but the wait for which it was handed out has ended.
    """
    digest = hash_of(token)
    records = StepRecord.objects.filter(run_id=run_id, name=name)
    for record in records.filter(kind=StepRecord.Kind.URL):
        recorded = str(json.loads(record.value)["hash"])
        if hmac.compare_digest(recorded, digest) and record.at > datetime.now(UTC) - VALID_FOR:
            ended = records.filter(kind=StepRecord.Kind.WAIT, key="", place__gt=record.place)
            if ended.filter(status__in=[StepRecord.Status.COMPLETE, StepRecord.Status.ERROR]).exists():
                raise RunOver("The run does not wait for this any more.")
            return True
    return False
