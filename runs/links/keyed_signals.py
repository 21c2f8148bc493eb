"""
Keyed signals: each ends the oldest wait for its name and key among the runs of its app, or is kept for the next one.

Everything that concerns an app, a name and a key happens one after the other: under an advisory lock on PostgreSQL, and
because SQLite has one writer at a time. So a signal and a wait that begin together find each other, and each signal is
given to one wait.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from runs import clock_guard
from runs.links.signals import check_room
from runs.models import ENDS, UNFINISHED, Run, Signal, SignalledDelivery, Wait

_LOCK_CLASS = 0x5349474E  # the first half of the advisory locks' keys: "SIGN"; the second is from the digest
_TOGETHER = 100  # signals that one call hands over


@dataclass(frozen=True, slots=True)
class Origin:
    """The delivery that a signal comes from. A repeat of it sends no second signal."""

    key: str  # from `idempotency.key_of`
    fingerprint: str
    is_strict: bool  # whether another delivery with this key is a conflict, and no repeat
    window: int  # seconds for which the key is remembered; at least KEEP_SIGNALS_DAYS


class RepeatedDelivery(Exception):
    """The delivery was sent as a signal before."""


class ConflictingDelivery(Exception):
    """Another delivery with the same key was sent as a signal."""


def send_keyed(app_id: str, name: str, key: str, payload: str, origin: Origin | None = None) -> None:
    """
    Send a signal to the run that has waited longest for a name and a key, and wake it. Without one, keep the signal for
    KEEP_SIGNALS_DAYS. Blocking: call it in a thread.

    Args:
        app_id: The app whose runs it is for.
        name: The name for which a run waits, or will wait.
        key: Tells the runs that wait for this name apart.
        payload: JSON, from `values.encode_payload`, which `run.wait_for` returns.
        origin: The delivery that it comes from; None to send it in any case.

    Raises:
        RepeatedDelivery, ConflictingDelivery: A delivery with this key was sent before. Nothing was sent.
        TooManySignals: No run waits for it, and the app keeps too many signals already.
        DatabaseError: It could not be recorded.
    """
    expired = _check_new(origin) if origin is not None else False
    # Outside the transaction: counting takes long, and no other process could write to SQLite meanwhile.
    if not _waits(app_id, name, key).exists():
        check_room(app_id, payload)
    try:
        with transaction.atomic():
            if origin is not None:
                _remember(origin, expired)
            _lock(app_id, name, key)
            sent = {"app_id": app_id, "name": name, "key": key, "payload": payload, "size": len(payload)}
            _give(Signal.objects.create(**sent))
    except IntegrityError:
        if origin is not None:
            _check_new(origin)  # another process has sent it meanwhile
        raise


def take_keyed(run_id: str, name: str, key: str, wait: str) -> str | None:
    """
    Take the signal for a wait: the one that the wait was given, or else the oldest that is kept. If there is none, the
    wait is given the next one. Called again for the same wait, it returns the same signal. Blocking: call it in a
    thread.

    Args:
        run_id: The run.
        name: The name for which it waits.
        key: The key for which it waits.
        wait: The wait: its task and number.

    Returns:
        The payload as JSON; None if there is no signal.
    """
    own, waits = _given(run_id, name, key), Wait.objects.filter(run_id=run_id, name=name, wait=wait)
    if waits.exists() and not own.filter(taken_by__in=["", wait]).exists():
        return None
    app_id = Run.objects.filter(pk=run_id).values_list("app_id", flat=True).first()
    if app_id is None:
        return None  # the run was deleted
    with transaction.atomic():
        _lock(app_id, name, key)
        found = own.filter(taken_by=wait).first() or own.filter(taken_by="").order_by("id").first()
        if found is None:
            kept = Signal.objects.filter(app_id=app_id, name=name, key=key, run=None, taken_by="")
            found = kept.order_by("id").first()
        if found is None:
            Wait.objects.get_or_create(run_id=run_id, name=name, wait=wait, defaults={"app_id": app_id, "key": key})
            return None
        Signal.objects.filter(pk=found.pk).update(run_id=run_id, taken_by=wait)
        waits.delete()
        return str(found.payload)


def end_wait(run_id: str, name: str, key: str, wait: str) -> str | None:
    """
    End a wait whose time has come, so that it is given no signal. Blocking: call it in a thread.

    Args:
        run_id: See `take_keyed`; so the other arguments.
        name: See `take_keyed`.
        key: See `take_keyed`.
        wait: See `take_keyed`.

    Returns:
        The payload of a signal that it was given meanwhile, as JSON; None if it was given none.
    """
    app_id = Run.objects.filter(pk=run_id).values_list("app_id", flat=True).first()
    if app_id is None:
        return None
    with transaction.atomic():
        _lock(app_id, name, key)
        own = _given(run_id, name, key)
        found = own.filter(taken_by=wait).first() or own.filter(taken_by="").order_by("id").first()
        Wait.objects.filter(run_id=run_id, name=name, wait=wait).delete()
        if found is None:
            return None
        Signal.objects.filter(pk=found.pk).update(taken_by=wait)
        return str(found.payload)


def withdraw(run_id: str, name: str, key: str, wait: str, lease: int) -> None:
    """
    End a wait that its workflow has cancelled. A signal that it was given meanwhile goes to the next wait. Blocking:
    call it in a thread.

    Args:
        run_id: See `take_keyed`; so the next three arguments.
        name: See `take_keyed`.
        key: See `take_keyed`.
        wait: See `take_keyed`.
        lease: Of the run. With another one, another process executes it, and may have begun the wait again.
    """
    app_id = Run.objects.filter(pk=run_id).values_list("app_id", flat=True).first()
    if app_id is None:
        return
    with transaction.atomic():
        _lock(app_id, name, key)
        # Locked, so that no other process takes the run over before this is committed. Together with the run that may
        # get its signal, and in the order of the keys, so that two processes never wait for each other.
        next_one = _waits(app_id, name, key).exclude(run_id=run_id).values_list("run_id", flat=True)[:1]
        locked = Run.objects.select_for_update().filter(pk__in=[run_id, *next_one]).order_by("pk")
        states = {row[0]: row[1:] for row in locked.values_list("pk", "status", "lease")}
        if states.get(run_id) != (Run.Status.RUNNING, lease):
            return
        if Wait.objects.filter(run_id=run_id, name=name, wait=wait).delete()[0]:
            return
        own = _given(run_id, name, key)
        if (signal := own.filter(taken_by=wait).first() or own.filter(taken_by="").order_by("-id").first()) is not None:
            _give_again(signal)


def hand_over() -> int:
    """
    Give the signals of runs that ended before they took them to the next waits. Several processes may do this at once.
    Blocking: call it in a thread.

    Returns:
        How many signals.
    """
    left = Signal.objects.filter(taken_by="", run__isnull=False, run__status__in=ENDS).exclude(key="")
    count = 0
    for signal in left[:_TOGETHER]:
        with transaction.atomic():
            _lock(signal.app_id, signal.name, signal.key)
            count += _give_again(signal)
    return count


def _given(run_id: str, name: str, key: str) -> QuerySet[Signal]:
    """Return the signals that a run was given for a key, taken ones included."""
    return Signal.objects.filter(run_id=run_id, name=name, key=key)


def _waits(app_id: str, name: str, key: str) -> QuerySet[Wait]:
    """Return the waits for a key of unfinished runs, the oldest first."""
    waits = Wait.objects.filter(app_id=app_id, name=name, key=key, run__status__in=UNFINISHED)
    return waits.order_by("id")


def _give(signal: Signal) -> None:
    """Give a signal without a run to the oldest wait, and wake its run. The caller holds the lock."""
    waits = Wait.objects.filter(app_id=signal.app_id, name=signal.name, key=signal.key)
    while (wait := _waits(signal.app_id, signal.name, signal.key).first()) is not None:
        # Locked, so that the run can neither end nor be let go before this is committed.
        if Run.objects.select_for_update().filter(pk=wait.run_id, status__in=UNFINISHED).exists():
            Signal.objects.filter(pk=signal.pk).update(run_id=wait.run_id)
            Run.objects.filter(pk=wait.run_id, status=Run.Status.WAITING).update(wake_at=datetime.now(UTC))
            waits = waits.filter(pk__lte=wait.pk)
            break
    waits.delete()  # also those of runs that have ended


def _give_again(signal: Signal) -> bool:
    """Give a signal that its run does not need to the oldest wait. The caller holds the lock."""
    unchanged = Signal.objects.filter(pk=signal.pk, run_id=signal.run_id, taken_by=signal.taken_by)
    if not unchanged.update(run_id=None, taken_by=""):
        return False
    _give(signal)
    return True


def _check_new(origin: Origin) -> bool:
    """
    Check that a delivery was not sent before.

    Returns:
        Whether it was, but its key has expired.

    Raises:
        RepeatedDelivery, ConflictingDelivery: It was.
    """
    known = SignalledDelivery.objects.filter(pk=origin.key).first()
    if known is None or known.expires_at <= clock_guard.read_expiry_time():
        return known is not None
    raise ConflictingDelivery if origin.is_strict and known.fingerprint != origin.fingerprint else RepeatedDelivery


def _remember(origin: Origin, expired: bool) -> None:
    """
    Record that a delivery is sent.

    Args:
        origin: The delivery.
        expired: Whether its key was recorded before, and has expired.

    Raises:
        IntegrityError: It was sent before.
    """
    if expired:
        SignalledDelivery.objects.filter(pk=origin.key, expires_at__lte=clock_guard.read_expiry_time()).delete()
    kept = timedelta(days=settings.KEEP_SIGNALS_DAYS)
    expires_at = datetime.now(UTC) + max(timedelta(seconds=origin.window), kept)
    SignalledDelivery.objects.create(idempotency_key=origin.key, fingerprint=origin.fingerprint, expires_at=expires_at)


def _lock(app_id: str, name: str, key: str) -> None:
    """Lock an app's name and key until the end of the transaction."""
    if connection.vendor != "postgresql":
        return  # a transaction begins with SQLite's write lock
    digest = hashlib.blake2b("\0".join([app_id, name, key]).encode(), digest_size=4).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, int.from_bytes(digest, "big", signed=True)]
        )
