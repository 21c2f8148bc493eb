"""The secrets of apps, in the memory of a process that executes runs."""

import logging
from collections.abc import Callable, Mapping, Sequence

from runs import ports
from runs.ports import SecretUnreadable

logger = logging.getLogger(__name__)

_MAX_NAMED = 5  # in a log line


class SecretMissing(LookupError):
    """The app of the run has no secret with this name."""


def unreadable(names: Sequence[str], effect: str) -> str:
    """
    Return the end of a log line about secrets that cannot be decrypted.

    Args:
        names: Of the secrets, or of what has them.
        effect: What follows from that.
    """
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return (
        f"{len(names)} ({', '.join(names[:_MAX_NAMED])}{more}). They were encrypted under another SECRET_KEY, and"
        f" {effect}. Add that key to SECRET_KEY_FALLBACKS, or set the secrets again."
    )


class Secrets:
    """
    All secrets, still encrypted, so that reading one never waits for the database. Kept up to date by calls of
    `refresh`, in one thread at a time; `value` may be called in any thread.
    """

    def __init__(self) -> None:
        self._revision: int | None = None
        self._values: Mapping[str, Mapping[str, Callable[[], str]]] = {}

    def load(self) -> None:
        """
        Read the secrets for the first time, and log those that cannot be decrypted. Queries the database.

        Raises:
            DatabaseError: They cannot be read.
        """
        self.refresh()
        names = []
        for app_id, values in self._values.items():
            for name, reveal in values.items():
                try:
                    reveal()
                except SecretUnreadable:
                    names.append(f"{name} of {app_id}")
        if names:
            logger.error("secrets of apps unreadable: secrets=%s", unreadable(names, "runs that read them fail"))

    def refresh(self) -> None:
        """
        Read the secrets again if any has changed. Queries the database.

        Raises:
            DatabaseError: They cannot be read; the known values stay in force.
        """
        fresh = ports.read_secrets(self._revision)
        if fresh is not None:
            self._values, self._revision = fresh.values, fresh.revision

    def value(self, app_id: str, name: str) -> str:
        """
        Return a secret.

        Args:
            app_id: The app of the run that reads it.
            name: Its name.

        Raises:
            SecretMissing: The app has no such secret.
            SecretUnreadable: It was encrypted under another SECRET_KEY.
            TypeError: The name is not text.
        """
        if not isinstance(name, str):
            raise TypeError(f"the name of a secret must be text, not {type(name).__name__}")
        reveal = self._values.get(app_id, {}).get(name)
        if reveal is None:
            raise SecretMissing(
                f"The app {app_id} has no secret {name!r}. Set it in the admin, on the page of the app, or with: "
                f"manage.py secrets set {app_id} {name}"
            )
        try:
            return reveal()
        except SecretUnreadable as error:
            raise SecretUnreadable(f"The secret {name!r} of the app {app_id} cannot be read. {error}") from None
