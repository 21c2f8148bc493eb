"""A TCP proxy between a server and its database or Redis that can simulate faults."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from psycopg.conninfo import conninfo_to_dict

_Result = TypeVar("_Result")


def before_database(url: str) -> "tuple[Proxy, str]":
    """Return a proxy in front of PostgreSQL, and the URL of the database through it."""
    given = conninfo_to_dict(url)
    proxy = Proxy(str(given["host"]), int(given.get("port") or 5432))
    password = f":{given['password']}" if given.get("password") else ""
    return proxy, f"postgresql://{given['user']}{password}@127.0.0.1:{proxy.port}/{given['dbname']}"


class Proxy:
    """Listens on a port of the loopback address in its own thread, and forwards."""

    def __init__(self, host: str, port: int) -> None:
        """
        Args:
            host: The target: a name or an address, or a folder with PostgreSQL's Unix socket.
            port: The port; for a folder, the number in the socket's name.
        """
        self._target = (host, port)
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._cut = False
        self._delay = 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")
        self._thread.start()
        self._server = self._on_loop(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Break all connections, and every new one as soon as it is accepted."""

        async def set_it() -> None:
            self._cut = True
            for writer in self._writers:
                writer.transport.abort()

        self._on_loop(set_it())

    def hang(self) -> None:
        """Keep connections, and accept new ones; forward nothing until `restore`."""

        async def set_it() -> None:
            self._flowing.clear()

        self._on_loop(set_it())

    def delay(self, seconds: float) -> None:
        """Delay everything in both directions."""
        self._delay = seconds

    def restore(self) -> None:
        """Forward again, held data first."""

        async def set_it() -> None:
            self._cut, self._delay = False, 0.0
            self._flowing.set()

        self._on_loop(set_it())

    def close(self) -> None:
        """Stop, and break all connections."""

        async def end() -> None:
            self._server.close()
            # A connection that is being accepted gets its transport and task a few turns later, and a transport closes
            # its socket a few turns after `abort`.
            for _ in range(50):
                for writer in list(self._writers):
                    writer.transport.abort()
                for task in asyncio.all_tasks() - {asyncio.current_task()}:
                    task.cancel()
                await asyncio.sleep(0)

        self._on_loop(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _on_loop(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = [writer]
        self._writers.add(writer)
        try:
            if self._cut:
                return
            await self._flowing.wait()
            host, port = self._target
            if host.startswith("/"):
                answers, upstream = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
            else:
                answers, upstream = await asyncio.open_connection(host, port)
            mine.append(upstream)
            self._writers.add(upstream)
            ways = [
                asyncio.create_task(self._forward(reader, upstream)),
                asyncio.create_task(self._forward(answers, writer)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
        except OSError:
            pass  # the target is unreachable: the client's connection breaks
        finally:
            for one in mine:
                self._writers.discard(one)
                one.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await asyncio.sleep(self._delay)
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
