"""Start and stop the parts of this process that accept triggers and execute runs."""

import asyncio
import logging
from dataclasses import dataclass

from runs.runtime import Engine
from sinks.routing.directory import Directory
from sinks.trigger.outcomes import Outcomes

logger = logging.getLogger(__name__)


@dataclass
class Parts:
    """The parts of a started service."""

    engine: Engine
    directory: Directory
    outcomes: Outcomes


class Service:
    """The service, started by the server's lifespan, or by the first request on a server without one (Daphne)."""

    def __init__(self) -> None:
        self.parts: Parts | None = None
        self._starting: asyncio.Lock | None = None

    async def start(self) -> Parts:
        """
        Start the parts unless they are started.

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
        """Report this process as not ready, and claim no more queued runs. Triggers are still accepted."""
        if self.parts is not None:
            self.parts.engine.leaving = True

    async def drain(self) -> None:
        """Refuse triggers from now on, and let the runs finish within GRACE_SECONDS."""
        if self.parts is not None:
            await self.parts.engine.drain()

    async def stop(self) -> None:
        """Drain, and stop all parts."""
        if self.parts is not None:
            parts, self.parts = self.parts, None
            await parts.engine.stop()
            await parts.directory.stop()
            await parts.outcomes.stop()


service = Service()
