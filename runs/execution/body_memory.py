"""Count the memory that request bodies take in this process. Changed only on the event loop."""

from django.conf import settings


class BodyMemory:
    """The bytes of bodies that are being read or unpacked, and of live runs' bodies with parsed values (estimated)."""

    __slots__ = ("bytes", "most")

    def __init__(self) -> None:
        self.bytes = 0
        self.read_settings()

    def read_settings(self) -> None:
        """Read MAX_PENDING_BYTES. Once, when an executor starts: each read of a setting is a call in Python."""
        self.most: int = settings.MAX_PENDING_BYTES

    def has_room(self, size: int) -> bool:
        """Return whether `size` more bytes stay within MAX_PENDING_BYTES."""
        return self.bytes + size <= self.most


body_memory = BodyMemory()
