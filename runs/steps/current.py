"""The step that is being executed, for the functions that it calls."""

import hashlib
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CurrentStep:
    """
    The step that is being executed.

    Attributes:
        run_id: The run.
        name: The step's name.
        key: The key with which it was called; its number among the calls of the name if it has none.
        attempt: The number of this execution: 1, or more after a failure or a crash.
    """

    run_id: str
    name: str
    key: str
    attempt: int

    @property
    def idempotency_key(self) -> str:
        """Letters, digits and hyphens, the same in every attempt of this step: send it to services that accept one."""
        digest = hashlib.blake2b(f"{self.name}\0{self.key}".encode(), digest_size=12).hexdigest()
        return f"{self.run_id.replace('_', '-')}-{digest}"


CURRENT: ContextVar[CurrentStep | None] = ContextVar("current_step", default=None)


def current_step() -> CurrentStep:
    """
    Return the step that calls this.

    Raises:
        LookupError: No step is being executed.
    """
    found = CURRENT.get()
    if found is None:
        raise LookupError("current_step() works only within the function of a step")
    return found
