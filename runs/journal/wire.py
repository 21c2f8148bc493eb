"""What the journal and its writer exchange: batches there, and what became of them back."""

import marshal
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from runs.journal.rows import NamedRow

_LENGTH_BYTES = 4  # before each message: its length, most significant byte first
_VERSION = 2  # of marshal's format: without references, which take longer to look for than they save


@dataclass(slots=True)
class Batch:
    """Rows that the writer writes together."""

    rows: list[NamedRow]
    forget: list[str]  # runs that are to be taken away first
    again: bool  # whether an earlier try may have been committed after all: its connection broke while it was


@dataclass(slots=True)
class Written:
    """What became of the batches that one transaction took, which are the oldest that are not answered."""

    batches: int
    seconds: float = 0.0
    failure: str = ""  # why nothing, or not all, of it is recorded, where that is worth another try
    fault: str = ""  # the traceback of an error of our own
    repeated: dict[int, str] = field(default_factory=dict)  # by place, the run that has the key
    lost: list[int] = field(default_factory=list)  # the places of rows whose run belongs to another attempt
    refused: dict[int, str] = field(default_factory=dict)  # by place, why the database does not take a row


def message(content: Batch | Written) -> bytes:
    """
    One message, as it is sent.

    Raises:
        ValueError: There is something in it that is no plain value.
    """
    packed = marshal.dumps([getattr(content, name) for name in content.__slots__], _VERSION)
    return len(packed).to_bytes(_LENGTH_BYTES, "big") + packed


def messages(received: bytearray) -> Iterator[tuple[list[Any], int]]:
    """Take the messages that are whole from the front of what was received: the fields of each, and its length."""
    while len(received) >= _LENGTH_BYTES:
        end = _LENGTH_BYTES + int.from_bytes(received[:_LENGTH_BYTES], "big")
        if len(received) < end:
            return
        with memoryview(received) as view:
            fields = marshal.loads(view[_LENGTH_BYTES:end])  # noqa: S302 - from our own other half
        del received[:end]
        yield fields, end
