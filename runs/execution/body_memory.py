"""Counts the memory that the bodies of requests take in this process. Used on the event loop only."""

from django.conf import settings


class BodyMemory:
    """Bodies that are being read or unpacked, and those of live runs, with what they are parsed into (an estimate)."""

    __slots__ = ("bytes",)

    def __init__(self) -> None:
        self.bytes = 0

    def has_room(self, size: int) -> bool:
        """Whether so many bytes more stay within MAX_PENDING_BYTES."""
        most: int = settings.MAX_PENDING_BYTES
        return self.bytes + size <= most


body_memory = BodyMemory()
