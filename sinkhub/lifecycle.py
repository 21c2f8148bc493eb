"""The parts of this process that take requests in and run them, started and stopped together."""

import asyncio
import logging
from dataclasses import dataclass

from runs.runtime import Engine
from sinks.routing.directory import Directory
from sinks.trigger.outcomes import Outcomes

logger = logging.getLogger(__name__)


@dataclass
class Parts:
    """What a started service has."""

    engine: Engine
    directory: Directory
    outcomes: Outcomes


class Service:
    """Started by the server's lifespan, or by the first request where a server (Daphne) has none."""

    def __init__(self) -> None:
        self.parts: Parts | None = None
        self._starting: asyncio.Lock | None = None

    async def start(self) -> Parts:
        """
        Start what is not started yet.

        Raises:
            DatabaseError: The database is away or not migrated.
        """
        self._starting = self._starting or asyncio.Lock()
        async with self._starting:
            if self.parts is None:
                directory = await Directory.start()
                try:
                    engine = await Engine.start()
                    self.parts = Parts(engine, directory, Outcomes(engine.tallies))
                except BaseException:
                    await directory.stop()
                    raise
            return self.parts

    def leave(self) -> None:
        """Say that this process is not ready any more, and take up no queued runs; triggers are still accepted."""
        if self.parts is not None:
            self.parts.engine.leaving = True

    async def drain(self) -> None:
        """Refuse triggers from now on, and let the runs finish within GRACE_SECONDS."""
        if self.parts is not None:
            await self.parts.engine.drain()

    async def stop(self) -> None:
        """Drain, and let everything go."""
        if self.parts is not None:
            parts, self.parts = self.parts, None
            await parts.engine.stop()
            await parts.directory.stop()
            await parts.outcomes.stop()


service = Service()
