"""The phases of a run in the process that executes it."""

from enum import Enum


class Phase(Enum):
    """The phase of a run in this process."""

    RECORDING = "recording"  # the journal is recording it
    EXECUTING = "executing"  # it waits for its turn, or its workflow executes
    EXPIRED = "expired"  # it timed out, and its workflow is being stopped
    CANCELLING = "cancelling"  # it is cancelled, and its workflow is being stopped
    ENDED = "ended"  # its end is emitted, though perhaps not yet recorded, or another process continues it
