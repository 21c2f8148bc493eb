"""Two-factor sign-in: setting up the app of a user, checking its codes and recovery codes, and turning it off."""

import base64
import hashlib
import re
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pyotp
import segno
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from pyotp.exceptions import OTPVerificationError

from sinks.access.encryption import Encrypted, Unreadable
from sinks.audit.entries import record
from sinks.models import RecoveryCode, SecondFactor

RECOVERY_CODES = 10
_RECOVERY_BYTES = 10  # 80 bits
_WINDOW = 1  # the steps of 30 s before and after now whose codes are accepted too: clocks differ


class CodeRefused(Exception):
    """The code is not accepted; the message says why."""


class CannotCheck(Exception):
    """No code can be checked; the message says why."""


class CannotSetUp(Exception):
    """Two-factor cannot be set up; the message says why."""


def of(user: Any) -> SecondFactor | None:
    """Return the confirmed second factor of a user; None if the user has none."""
    return SecondFactor.objects.filter(user=user.pk, confirmed_at__isnull=False).first()


def accept(factor: SecondFactor, text: str) -> str:
    """
    Accept a code of the app, or a recovery code, once.

    Args:
        factor: The second factor of the user.
        text: The code as the user typed it.

    Returns:
        The kind of the code: `code` or `recovery code`.

    Raises:
        CodeRefused: The code is wrong, was used, or too many were wrong.
        CannotCheck: The secret was encrypted under another SECRET_KEY.
    """
    code = re.sub(r"[\s-]", "", text)
    if not re.fullmatch("[0-9]{6}", code):
        # The recovery codes of a user are locked by nothing: nobody guesses 80 bits, and so a stranger with the
        # password cannot lock the user out.
        if not factor.recovery_codes.filter(digest=_digest(code)).delete()[0]:
            raise CodeRefused("The code is wrong.")
        return "recovery code"
    try:
        app = pyotp.TOTP(factor.encrypted_secret.reveal())
    except Unreadable:
        raise CannotCheck(
            "Codes cannot be checked, because SECRET_KEY has changed: use a recovery code, or ask an administrator to "
            "reset your two-factor sign-in."
        ) from None
    _count_attempt(factor)
    try:
        step = app.verify_and_get_timecode(code, for_time=timezone.now(), valid_window=_WINDOW)
    except OTPVerificationError:
        raise CodeRefused("The code is wrong.") from None
    # One statement: of two requests with the same code, one is accepted.
    unused = SecondFactor.objects.filter(pk=factor.pk, encrypted_secret=factor.encrypted_secret, last_step__lt=step)
    if not unused.update(last_step=step, wrong_codes=0):
        raise CodeRefused("The code was used already: wait until your app shows the next one.")
    return "code"


def _count_attempt(factor: SecondFactor) -> None:
    """Count an attempt before its code is checked, so that simultaneous attempts cannot exceed the limit."""
    now = timezone.now()
    row = SecondFactor.objects.filter(pk=factor.pk)
    row.filter(wrong_at__lte=now - timedelta(minutes=settings.LOGIN_LOCK_MINUTES)).update(wrong_codes=0, wrong_at=None)
    if not row.filter(wrong_codes__lt=settings.LOGIN_ATTEMPTS).update(wrong_codes=F("wrong_codes") + 1, wrong_at=now):
        raise CodeRefused(
            f"Too many codes were wrong: wait {settings.LOGIN_LOCK_MINUTES} minutes, or use a recovery code."
        )


def begin(user: Any) -> SecondFactor:
    """
    Begin to set up two-factor for a user, with a new secret.

    Raises:
        CannotSetUp: It is set up already.
    """
    secret = Encrypted.of(pyotp.random_base32())
    factor, is_new = SecondFactor.objects.get_or_create(user=user, defaults={"encrypted_secret": secret})
    if is_new:
        return factor
    waiting = SecondFactor.objects.filter(pk=factor.pk, confirmed_at__isnull=True)
    if not waiting.update(encrypted_secret=secret, last_step=0):
        raise CannotSetUp("Two-factor is on already.")
    factor.refresh_from_db()
    return factor


def begun(user: Any) -> SecondFactor | None:
    """Return the second factor that a user sets up; None if there is none, or if it is confirmed."""
    return SecondFactor.objects.filter(user=user.pk, confirmed_at__isnull=True).first()


def link(factor: SecondFactor) -> str:
    """
    Return the URL by which an app adds the account, `otpauth://...`.

    Raises:
        Unreadable: The secret was encrypted under another SECRET_KEY.
    """
    name = f"{factor.user.get_username()} ({urlsplit(settings.PUBLIC_URL).hostname})"
    return pyotp.TOTP(factor.encrypted_secret.reveal()).provisioning_uri(name=name, issuer_name="SinkHub")


def qr_code(factor: SecondFactor) -> str:
    """
    Return the QR code of the URL as an SVG image in a `data:` URL.

    Raises:
        Unreadable: The secret was encrypted under another SECRET_KEY.
    """
    return segno.make_qr(link(factor), error="m").svg_data_uri(border=4, light="#fff", omitsize=True)


def confirm(factor: SecondFactor, text: str) -> list[str]:
    """
    Turn two-factor on for a user whose app shows the right code.

    Returns:
        The recovery codes, which are stored as digests only.

    Raises:
        CodeRefused: The code is wrong.
        CannotCheck: The secret was encrypted under another SECRET_KEY.
        CannotSetUp: It is on already, or was begun again elsewhere.
    """
    accept(factor, text)  # outside of the transaction, so that wrong codes stay counted
    unconfirmed = SecondFactor.objects.filter(
        pk=factor.pk, encrypted_secret=factor.encrypted_secret, confirmed_at__isnull=True
    )
    with transaction.atomic():
        if not unconfirmed.update(confirmed_at=timezone.now()):
            raise CannotSetUp("Two-factor was set up in another window.")
        record(None, "two-factor.enabled", object=factor.user.get_username())
        return _new_codes(factor)


@transaction.atomic
def replace_codes(factor: SecondFactor) -> list[str]:
    """Replace the recovery codes of a user, and return the new ones."""
    record(None, "two-factor.codes", object=factor.user.get_username())
    return _new_codes(factor)


@transaction.atomic
def turn_off(factor: SecondFactor) -> None:
    """Turn two-factor off, for the user who asks for it."""
    if SecondFactor.objects.filter(pk=factor.pk).delete()[0]:
        record(None, "two-factor.disabled", object=factor.user.get_username())


@transaction.atomic
def reset(user: Any) -> bool:
    """
    Turn two-factor off for a user who has lost the app and the recovery codes.

    Returns:
        Whether it was on.
    """
    was_on = of(user) is not None
    SecondFactor.objects.filter(user=user.pk).delete()
    if was_on:
        record(None, "two-factor.reset", object=user.get_username())
    return was_on


def is_missing(user: Any) -> bool:
    """
    Return whether REQUIRE_TWO_FACTOR keeps a user from the admin and the API until they have set it up.

    A user without a password signs in at a provider, which asks for its own second factor.
    """
    return settings.REQUIRE_TWO_FACTOR and user.is_authenticated and user.has_usable_password() and of(user) is None


def _new_codes(factor: SecondFactor) -> list[str]:
    codes = [base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(factor=factor).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(factor=factor, digest=_digest(code)) for code in codes)
    return ["-".join(re.findall("....", code)) for code in codes]


def _digest(code: str) -> str:
    # Without salt and stretching: nobody can try 2**80 codes.
    return hashlib.sha256(code.upper().encode()).hexdigest()
