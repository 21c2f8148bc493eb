"""The interface of the entries that the journal records, and the errors that the journal reports."""

from typing import Protocol

from runs.journal.rows import NamedRow


class JournalUnavailable(Exception):
    """The database takes no writes at present; nothing was recorded."""


class Unrecordable(Exception):
    """The database rejects the entry, and would reject it again."""


class Entry(Protocol):
    """Something the journal can persist. All its methods are called on the event loop."""

    # True: retry while the database is unavailable. False: fail at once, because a caller waits for the answer.
    patient: bool
    run_id: str

    @property
    def size(self) -> int:
        """Roughly how many bytes the entry will write."""

    def take(self) -> NamedRow:
        """Return the row to write. Called once for each enlistment."""

    def written(self) -> None:
        """Called when the journal has committed the row."""

    def failed(self, error: Exception) -> None:
        """Called when the journal did not record the row, and will not retry."""
