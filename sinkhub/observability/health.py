"""`/healthz` (the process answers) and `/readyz` (it can accept triggers: database, channel layer, executor)."""

import asyncio
from collections.abc import Coroutine

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from runs.runtime import Engine
from sinkhub.lifecycle import service

NO_STORE = {"Cache-Control": "no-store"}
_GROUP = "sinkhub.ready"  # nobody sends to it
_SLOW = "slow"
_query: "asyncio.Task[str] | None" = None  # the newest query of the database, finished or not


async def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 while the process is alive."""
    return HttpResponse("ok\n", content_type="text/plain", headers=NO_STORE)


async def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 if the process is ready, otherwise 503, with the state of each part."""
    if service.parts is None:
        try:
            await service.start()
        except Exception:
            return JsonResponse({"ready": False, "executor": "not started"}, status=503, headers=NO_STORE)
    assert service.parts is not None
    engine = service.parts.engine
    patience = settings.READINESS_TIMEOUT
    database, channel_layer = await asyncio.gather(
        _look_at_database(engine, patience), look(ask_channel_layer(), patience)
    )
    found = {
        "database": database,
        "channel_layer": channel_layer,
        "executor": "shutting down" if engine.leaving else "ok",
        "journal": _journal(engine),
    }
    # A slow database is available; if it is too slow to record runs, the journal reports that. Without the channel
    # layer, everything works, but with a delay.
    ready = all(
        state == "ok" or name == "channel_layer" or (name, state) == ("database", _SLOW)
        for name, state in found.items()
    )
    return JsonResponse({"ready": ready, **found}, status=200 if ready else 503, headers=NO_STORE)


def _journal(engine: Engine) -> str:
    if not engine.journal.is_writable():
        return "cannot write"
    return "waits for the database" if engine.journal.is_slow() else "ok"


async def _look_at_database(engine: Engine, patience: float | None) -> str:
    """
    Return the state of the database. An unanswered query continues until it succeeds or detects that the database is
    away. The next check waits for the same query, so that checks occupy one thread at most.
    """
    global _query
    if _query is None or _query.done():
        _query = asyncio.ensure_future(look(_database(engine), None))
    await asyncio.wait([_query], timeout=patience)
    return _query.result() if _query.done() else _SLOW


async def look(probe: Coroutine[None, None, None], patience: float | None) -> str:
    """Await a probe for at most `patience` seconds (None: without limit). Return `ok` or the fault."""
    try:
        await asyncio.wait_for(probe, patience)
    except TimeoutError:
        return f"no answer within {patience:g} s"
    except Exception as error:
        return type(error).__name__
    return "ok"


async def _database(engine: Engine) -> None:
    def query() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    await engine.executor.threads.run(query)


async def ask_channel_layer() -> None:
    """Send a request to the channel layer; raise its error."""
    layer = get_channel_layer()
    assert layer is not None
    # A round trip that leaves no state. Do not receive a message here: that would compete with the receiver of hints.
    channel = await layer.new_channel()
    await layer.group_add(_GROUP, channel)
    await layer.group_discard(_GROUP, channel)
