"""
The DBOS application that `bench.steps` measures: plain ASGI behind uvicorn, a workflow of three steps for each request.

It runs in the environment of `bench/requirements-dbos.txt`. The workflow and its steps are coroutines on the server's
loop and are awaited directly, which is not slower than a handle's `get_result` or threads. There is no framework, no
access log, no traces (`enable_otlp`) and no queue.

With `BENCH_DBOS=default`, DBOS sets up SQLite itself: a rollback journal with `synchronous=FULL`, and 20 connections.
With `BENCH_DBOS=fast`, it is as fast as it gets with the same guarantee:

- a write-ahead log with `synchronous=FULL` on each connection, as SinkHub has it;
- one connection, which is not tested before each use. SQLite has one writer, and threads that compete for its lock
  sleep in its busy handler, so with 20 connections some requests take seconds.
"""

import json
import os
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import sqlalchemy
from dbos import DBOS, SetWorkflowID

from bench.three_steps import load_order, price_order, ship_order

_IS_FAST = {"fast": True, "default": False}[os.environ["BENCH_DBOS"]]
_FAST: dict[str, Any] = {"sys_db_pool_size": 1, "db_engine_kwargs": {"pool_pre_ping": False}}
_engines: set[sqlalchemy.Engine] = set()


def _set_pragmas(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


if _IS_FAST:
    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", _set_pragmas)
sqlalchemy.event.listen(sqlalchemy.Engine, "engine_connect", lambda connection: _engines.add(connection.engine))

DBOS(
    config={
        "name": "sinkhub-bench",
        "system_database_url": os.environ["BENCH_DBOS_URL"],
        "enable_otlp": False,
        "log_level": "WARNING",
    }
    | (_FAST if _IS_FAST else {})
)

_load, _price, _ship = (DBOS.step()(function) for function in (load_order, price_order, ship_order))


@DBOS.workflow()
async def three_steps(order_id: str) -> dict[str, Any]:
    """Execute three steps, one after another."""
    order = await _load(order_id)
    price = await _price(order)
    shipped: dict[str, Any] = await _ship(order, price)
    return shipped


DBOS.launch()


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """An ASGI application, for HTTP only. POST executes the workflow; GET returns SQLite's settings."""
    if scope["type"] != "http":
        raise RuntimeError("no lifespan")
    if scope["method"] == "GET":
        await _answer(send, b"", json.dumps(_settings()))
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    workflow_id = str(uuid4())
    with SetWorkflowID(workflow_id):
        output = await three_steps(json.loads(body)["data"]["id"])
    await _answer(send, workflow_id.encode(), f'data: {{"type":"complete","output":{json.dumps(output)}}}\n\n')


async def _answer(send: Callable[[dict[str, Any]], Awaitable[None]], run_id: bytes, text: str) -> None:
    headers = [(b"content-type", b"text/event-stream"), (b"x-run-id", run_id)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


def _settings() -> list[list[Any]]:
    """Return journal_mode and synchronous of a connection of each engine that DBOS has used."""
    found = []
    for engine in _engines:
        with engine.connect() as connection:
            pragmas = ("PRAGMA journal_mode", "PRAGMA synchronous")
            found.append([connection.exec_driver_sql(pragma).scalar() for pragma in pragmas])
    return found
