"""Rules for retries: how often a failed step or run is tried, and how long to pause before the next try."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from runs.steps.errors import Fatal, RetryAfter, StepFailed

_MAX_DELAY = 3600.0  # seconds


@dataclass(frozen=True)
class Retry:
    """
    How often something is tried if it fails, and the pauses between the attempts.

    Raises:
        ValueError: A value is out of range, or both `delays` and `backoff` are set.
    """

    attempts: int = 1
    delays: Sequence[float] = ()  # seconds before the second attempt, the third, and so on; the last one repeats
    backoff: float | None = None  # seconds before the second attempt, doubled for each further one; 5 without delays
    max_delay: float = _MAX_DELAY  # seconds; bounds `backoff` and a Retry-After of an HTTP error
    jitter: float = 0.0  # 0 to 1: the part by which a pause is randomly longer or shorter
    on: tuple[type[Exception], ...] = (Exception,)  # the exceptions after which it is tried again

    def __post_init__(self) -> None:
        if isinstance(self.attempts, bool) or not isinstance(self.attempts, int) or self.attempts < 1:
            raise ValueError(f"attempts must be a whole number from 1, not {self.attempts!r}")
        if self.delays and self.backoff is not None:
            raise ValueError("set delays or backoff, not both")
        for name, seconds in [*(("delays", delay) for delay in self.delays), ("max_delay", self.max_delay)]:
            if not (math.isfinite(seconds) and seconds >= 0):
                raise ValueError(f"{name} must be 0 seconds or more, not {seconds!r}")
        if self.backoff is not None and not (math.isfinite(self.backoff) and self.backoff >= 0):
            raise ValueError(f"backoff must be 0 seconds or more, not {self.backoff!r}")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"jitter must be from 0 to 1, not {self.jitter!r}")
        object.__setattr__(self, "on", self.on if isinstance(self.on, tuple) else (self.on,))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Retry":
        """
        Return the rule of a document such as `{"attempts": 5, "delays": [5, 60], "jitter": 0.1}`.

        Raises:
            ValueError, TypeError: It is not a rule.
        """
        rule: dict[str, Any] = {**document, "delays": tuple(document.get("delays") or ())}
        return cls(**rule)

    def to_document(self) -> dict[str, Any]:
        """Return the rule as a document, without its exceptions."""
        document: dict[str, Any] = {"attempts": self.attempts}
        if self.delays:
            document["delays"] = list(self.delays)
        if self.backoff is not None:
            document["backoff"] = self.backoff
        if self.max_delay != _MAX_DELAY:
            document["max_delay"] = self.max_delay
        if self.jitter:
            document["jitter"] = self.jitter
        return document

    def pause(self, failures: int, error: BaseException) -> float | None:
        """
        Return the pause before the next attempt.

        Args:
            failures: How many attempts have failed, 1 or more.
            error: The exception with which the last one failed.

        Returns:
            Seconds; None if there is no other attempt.
        """
        if failures >= self.attempts or isinstance(error, Fatal) or (isinstance(error, StepFailed) and error.is_final):
            return None
        if isinstance(error, RetryAfter):
            return error.seconds
        if not self._matches(error):
            return None
        asked = retry_after(error)
        return self.delay(failures) if asked is None else min(asked, self.max_delay)

    def _matches(self, error: BaseException) -> bool:
        """Return whether it is tried again after an exception; of a failed step, the exception of the step counts."""
        if not isinstance(error, StepFailed):
            return isinstance(error, self.on)
        if error.__cause__ is not None:
            return isinstance(error.__cause__, self.on)
        # From a record, which has only the name.
        return any(error.error_type == parent.__name__ or parent is Exception for parent in self.on)

    def delay(self, failures: int) -> float:
        """Return the rule's own pause in seconds, after so many failures."""
        if self.delays:
            seconds = float(self.delays[min(failures, len(self.delays)) - 1])
        else:
            backoff = 5.0 if self.backoff is None else self.backoff
            seconds = min(backoff * 2.0 ** min(failures - 1, 40), self.max_delay)
        if self.jitter:
            seconds *= random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311 - spreads load, no secret
        return seconds


ONCE = Retry()


def retry_after(error: BaseException) -> float | None:
    """
    Return the seconds that an HTTP error's response asks to wait (`Retry-After`, RFC 9110, section 10.2.3).

    Args:
        error: An exception; those of httpx, requests and aiohttp carry the response or its header fields.

    Returns:
        Seconds, 0 or more; None if it has no such field, or an invalid one.
    """
    headers: Any = getattr(getattr(error, "response", None), "headers", None) or getattr(error, "headers", None)
    try:
        value = headers.get("Retry-After") if headers is not None else None
    except Exception:  # an attribute that has this name, but is no mapping
        return None
    if not isinstance(value, str):
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
