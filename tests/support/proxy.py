"""A TCP proxy that stands between a server and its database or Redis, and can be told to misbehave."""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from psycopg.conninfo import conninfo_to_dict


def before_database(url: str) -> "tuple[Proxy, str]":
    """A proxy before PostgreSQL, and the URL of a database through it."""
    parameters = conninfo_to_dict(url)
    proxy = Proxy(str(parameters["host"]), int(parameters.get("port") or 5432))
    password = f":{parameters['password']}" if parameters.get("password") else ""
    return proxy, f"postgresql://{parameters['user']}{password}@127.0.0.1:{proxy.port}/{parameters['dbname']}"


class Proxy:
    """Listens at a port of the loopback address, in a thread of its own, and forwards."""

    def __init__(self, host: str, port: int) -> None:
        """
        Args:
            host: Where to forward to: a name or an address, or a folder with PostgreSQL's Unix socket.
            port: The port; for a folder, the number in the socket's name.
        """
        self._target = (host, port)
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._cut = False
        self._delay = 0.0
        self._serving: set[asyncio.Task[None]] = set()
        # Sockets rather than asyncio's streams, which leave some open where they are cancelled.
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")
        self._thread.start()
        self._loop.call_soon_threadsafe(self._loop.add_reader, self._listener, self._accept)

    def cut(self) -> None:
        """Break all connections, and every new one as soon as it is there."""

        async def set_it() -> None:
            self._cut = True
            await self._break_all()

        self._on_loop(set_it())

    def hang(self) -> None:
        """Keep connections, and accept new ones; forward nothing until `restore`."""

        async def set_it() -> None:
            self._flowing.clear()

        self._on_loop(set_it())

    def delay(self, seconds: float) -> None:
        """Forward everything that much later, each way."""
        self._delay = seconds

    def restore(self) -> None:
        """Forward again, what was kept back first."""

        async def set_it() -> None:
            self._cut, self._delay = False, 0.0
            self._flowing.set()

        self._on_loop(set_it())

    def close(self) -> None:
        """End, and break what is connected."""

        async def end() -> None:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            await self._break_all()

        self._on_loop(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _on_loop(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _break_all(self) -> None:
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _accept(self) -> None:
        with suppress(OSError):  # the client left
            client, _ = self._listener.accept()
            task = self._loop.create_task(self._serve(client))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
            task.add_done_callback(lambda _: client.close())  # also where the task is cancelled before it begins

    async def _serve(self, client: socket.socket) -> None:
        host, port = self._target
        address: Any
        if host.startswith("/"):
            family, address = socket.AF_UNIX, f"{host}/.s.PGSQL.{port}"
        else:
            [(family, _, _, _, address), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # OSError: nobody is there, and the client sees its connection break.
        with socket.socket(family) as server, suppress(OSError):
            if self._cut:
                return
            await self._flowing.wait()
            client.setblocking(False)
            server.setblocking(False)
            await self._loop.sock_connect(server, address)
            ways = [
                self._loop.create_task(self._forward(client, server)),
                self._loop.create_task(self._forward(server, client)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := await self._loop.sock_recv(source, 65536):
                await asyncio.sleep(self._delay)
                await self._flowing.wait()
                await self._loop.sock_sendall(target, data)
