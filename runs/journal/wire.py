"""The messages between the journal and its writer: batches to the writer, and their results back."""

import marshal
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from runs.journal.rows import NamedRow

_LENGTH_BYTES = 4  # before each message: its length, most significant byte first
_VERSION = 2  # of marshal's format: without references, which cost more time than they save


@dataclass(slots=True)
class Batch:
    """Rows that the writer writes in one transaction."""

    rows: list[NamedRow]
    forget: list[str]  # runs to delete first
    again: bool  # whether an earlier try may have been committed although it failed


@dataclass(slots=True)
class Written:
    """The result of one transaction, which wrote the oldest unanswered batches."""

    batches: int
    seconds: float = 0.0
    failure: str = ""  # the reason why some rows are not recorded, if a retry may help
    fault: str = ""  # the traceback of a bug
    repeated: dict[int, str] = field(default_factory=dict)  # by place, the run that has the key
    lost: list[int] = field(default_factory=list)  # the places of rows whose run has another owner
    refused: dict[int, str] = field(default_factory=dict)  # by place, why the database rejects a row


def message(content: Batch | Written) -> bytes:
    """
    Return the bytes of a message, with its length in front.

    Raises:
        ValueError: It contains a value that marshal cannot write.
    """
    packed = marshal.dumps([getattr(content, name) for name in content.__slots__], _VERSION)
    return len(packed).to_bytes(_LENGTH_BYTES, "big") + packed


def messages(received: bytearray) -> Iterator[tuple[list[Any], int]]:
    """Remove the complete messages from the front of the received bytes. Yield each one's fields and size in bytes."""
    while len(received) >= _LENGTH_BYTES:
        end = _LENGTH_BYTES + int.from_bytes(received[:_LENGTH_BYTES], "big")
        if len(received) < end:
            return
        with memoryview(received) as view:
            fields = marshal.loads(view[_LENGTH_BYTES:end])  # noqa: S302 - from our own process
        del received[:end]
        yield fields, end
