"""Deliveries that a sink refuses, in this process: through the trigger, and into the database as the server writes."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from sinks.models import Refusal, Sink
from sinks.refusals import storage
from sinks.refusals.pending import Noted, Pending
from sinks.refusals.requests import KeptRequest
from sinks.routing import paths
from sinks.routing.directory import entry_of
from sinks.routing.matching import Index
from sinks.trigger.endpoint import trigger


class Recorder:
    """Keeps the outcomes of deliveries, as sinks/trigger/outcomes.py does."""

    def __init__(self) -> None:
        self.pending = Pending()
        self.kinds: list[str] = []

    def note(
        self,
        app_id: str,
        sink_id: int,
        kind: str,
        reason: str = "",
        client: str = "",
        request: KeptRequest | None = None,
        run_id: str = "",
    ) -> None:
        self.kinds.append(kind)
        if request is not None:
            self.pending.add(Noted(datetime.now(UTC), sink_id, kind, 200, reason, client, request, run_id))

    def refused(
        self,
        app_id: str,
        sink_id: int,
        kind: str,
        status: int,
        reason: str,
        client: str,
        request: KeptRequest | None = None,
        *,
        is_kept: bool = True,
    ) -> None:
        self.kinds.append(kind)
        if is_kept:
            self.pending.add(Noted(datetime.now(UTC), sink_id, kind, status, reason, client, request))

    def wants(self, sink_id: int, *, is_refused: bool = True) -> bool:
        return self.pending.wants(sink_id, is_refused=is_refused)


def send(
    sink: Sink,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    *,
    query: str = "",
    path: str = "",
    recorder: Recorder | None = None,
) -> int:
    """Send a delivery that starts no run. Write its refusal, unless a recorder keeps it. Return the status."""
    own = recorder or Recorder()
    fields = {"content-length": str(len(body)), "content-type": "application/json", **(headers or {})}
    scope = {
        "type": "http",
        "method": "POST" if sink.method == "ANY" else sink.method,
        "query_string": query.encode("latin-1"),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()],
        "client": ("192.0.2.7", 4711),
        "path": path or sink.path,
    }
    sent: list[dict[str, Any]] = []
    executor = SimpleNamespace(count=0, max_runs=100, parsing=asyncio.Semaphore(1))
    engine: Any = SimpleNamespace(accepting=True, executor=executor)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def answer(message: dict[str, Any]) -> None:
        sent.append(message)

    index, place = Index([entry_of(sink)]), paths.normalise(path or sink.path)
    noting: Any = own
    asyncio.run(trigger(engine, index, noting, sink.app.app_id, place, scope, receive, answer))
    if recorder is None:
        storage.write(sink, own.pending.of(sink.pk))
    return int(sent[0]["status"])


def refused(sink: Sink, body: bytes = b"", headers: dict[str, str] | None = None, **more: Any) -> Refusal:
    """Send a delivery that a sink refuses or filters, and return its refusal."""
    send(sink, body, headers, **more)
    return Refusal.objects.select_related("sink__app").latest("pk")
