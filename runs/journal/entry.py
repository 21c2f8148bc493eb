"""What the journal records: the side of it that those have who have something to record."""

from typing import Protocol

from runs.journal.rows import NamedRow


class JournalUnavailable(Exception):
    """The database cannot be written to at present; nothing was recorded."""


class Unrecordable(Exception):
    """The database does not take it, and would not at another time."""


class Entry(Protocol):
    """Something the journal can persist. All its methods are called on the event loop."""

    # True: keep trying while the database is away. False: fail at once, somebody waits for the answer.
    patient: bool
    run_id: str

    @property
    def size(self) -> int:
        """About how many bytes it is going to write."""

    def take(self) -> NamedRow:
        """Hand over what is to be written. Called once for each enlistment."""

    def written(self) -> None:
        """The journal has committed the row that it took."""

    def failed(self, error: Exception) -> None:
        """The journal did not record the row that it took, and will not."""
