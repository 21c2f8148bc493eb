"""How far a run is in the process that executes it."""

from enum import Enum


class Phase(Enum):
    """How far a run is in this process."""

    RECORDING = "recording"  # it is handed to the journal
    EXECUTING = "executing"  # it waits for its turn, or its workflow runs
    EXPIRED = "expired"  # its time is up, and its workflow is being stopped
    CANCELLING = "cancelling"  # its workflow is being stopped
    ENDED = "ended"  # its end is on its way to the log, or it goes on elsewhere
