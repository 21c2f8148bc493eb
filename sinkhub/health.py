"""`/healthz` (the process answers) and `/readyz` (it can take requests: database, channel layer, executor)."""

import asyncio
from collections.abc import Coroutine

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from runs.engine import Engine
from sinkhub.service import service

NO_STORE = {"Cache-Control": "no-store"}
_GROUP = "sinkhub.ready"  # nobody sends to it


async def healthz(request: HttpRequest) -> HttpResponse:
    """Liveness."""
    return HttpResponse("ok\n", content_type="text/plain", headers=NO_STORE)


async def readyz(request: HttpRequest) -> HttpResponse:
    """Readiness: 200, or 503 with what is wrong."""
    if service.parts is None:
        try:
            await service.start()
        except Exception:
            return JsonResponse({"ready": False, "executor": "not started"}, status=503, headers=NO_STORE)
    assert service.parts is not None
    engine = service.parts.engine
    patience = settings.READINESS_TIMEOUT
    database, channel_layer = await asyncio.gather(
        look(_database(engine), patience), look(ask_channel_layer(), patience)
    )
    found = {
        "database": database,
        "channel_layer": channel_layer,
        "executor": "ok" if engine.accepting else "shutting down",
        "journal": "ok" if engine.journal.healthy else "cannot write",
    }
    ready = all(state == "ok" for state in found.values())
    return JsonResponse({"ready": ready, **found}, status=200 if ready else 503, headers=NO_STORE)


async def look(probe: Coroutine[None, None, None], patience: float) -> str:
    """Whether it answers within so many seconds: `ok`, or what is wrong."""
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

    await engine.executor.streams.in_thread(query)


async def ask_channel_layer() -> None:
    """Ask the channel layer for something; raises what it answers."""
    layer = get_channel_layer()
    assert layer is not None
    # To and fro, and nothing stays. No message is received: that would compete with the one who listens for hints.
    channel = await layer.new_channel()
    await layer.group_add(_GROUP, channel)
    await layer.group_discard(_GROUP, channel)
