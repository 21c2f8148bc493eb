"""Deliveries and refusals as they come, from this machine's database or from another hub's API, each once."""

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

from django.db import Error as DatabaseError
from django.db import connections

from runs.database_errors import in_a_line
from runs.history.documents import of_run
from runs.history.masking import Masks
from runs.models import Delivery, Run
from sinks.config.documents import of_sink
from sinks.console.sending import CannotSend, Outgoing, sent
from sinks.models import Refusal, Sink
from sinks.refusals.documents import listed, of_refusal

Document = dict[str, Any]

_OVERLAP = timedelta(seconds=10)  # a run may be recorded after another one that was created later
_MARGIN = timedelta(seconds=60)  # the time in a run's id may differ from that of its creation
_OVERLAP_IDS = 200  # the same for refusals
_PAGE = 200
_TIMEOUT = 20  # seconds without a byte from the other hub


class Unreachable(Exception):
    """The database or the other hub does not answer now. The message says why."""


class CannotListen(Exception):
    """The other hub refuses the requests. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Came:
    """A delivery that started a run, or a refusal."""

    kind: str  # "delivery" or "refusal"
    document: Document  # as the API lists it
    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes | None = field(repr=False)
    is_whole: bool  # whether its request is known completely

    @property
    def app_id(self) -> str:
        """The id of the app."""
        return str(self.document["app_id"])

    @property
    def sink_id(self) -> int:
        """The id of the sink."""
        return int(self.document["sink_id"])


class Feed(Protocol):
    """Where deliveries and refusals come from. Each method raises Unreachable or CannotListen."""

    def runs(self, since: datetime | None) -> list[Document]:
        """Return the runs of deliveries that were created since a time, newest first; the newest if it is None."""

    def refusals(self, after: int | None) -> list[Document]:
        """Return the refusals with a larger id, newest first; the newest if it is None."""

    def delivery(self, run: Document) -> Came | None:
        """Return the delivery of a run; None if it is not kept."""

    def refusal(self, refusal: Document) -> Came | None:
        """Return a refusal with its request; None if it was deleted."""

    def sink(self, sink_id: int) -> Document | None:
        """Return the document of a sink, with its secrets masked; None if it cannot be seen."""


class Listener:
    """Finds the deliveries and refusals that come after it was made, each once."""

    def __init__(self, feed: Feed) -> None:
        """
        Args:
            feed: Where they come from.

        Raises:
            Unreachable, CannotListen: They cannot be read.
        """
        self._feed = feed
        self._runs: dict[str, datetime] = {}  # that are known, among the newest
        self._refusals: set[int] = set()
        newest = feed.runs(None)
        # Without any run, from the beginning.
        self._since = _moment(newest[0]) - _OVERLAP if newest else datetime.fromtimestamp(0, UTC)
        self._know(feed.runs(self._since))
        last = feed.refusals(None)
        self._after = int(last[0]["id"]) if last else 0
        self._refusals.update(int(item["id"]) for item in feed.refusals(max(self._after - _OVERLAP_IDS, 0)))

    def news(self) -> Iterator[Came]:
        """
        Yield the deliveries and refusals since the last call, in the order in which they came. If an exception ends it,
        the next call yields the rest.

        Raises:
            Unreachable, CannotListen: It cannot be read.
        """
        for run in reversed(self._feed.runs(self._since)):
            if run["run_id"] not in self._runs:
                delivery = self._feed.delivery(run)
                self._know([run])
                if delivery is not None:
                    yield delivery
        if self._runs:
            newest = max(self._runs.values())
            self._since = max(self._since, newest - _OVERLAP)
            self._runs = {run_id: at for run_id, at in self._runs.items() if at >= self._since - _MARGIN}
        for item in reversed(self._feed.refusals(max(self._after - _OVERLAP_IDS, 0))):
            key = int(item["id"])
            if key not in self._refusals:
                refusal = self._feed.refusal(item)
                self._refusals.add(key)
                self._after = max(self._after, key)
                if refusal is not None:
                    yield refusal
        self._refusals = {key for key in self._refusals if key > self._after - _OVERLAP_IDS}

    def _know(self, runs: list[Document]) -> None:
        self._runs.update((run["run_id"], _moment(run)) for run in runs)


class LocalFeed:
    """Reads this machine's database."""

    def __init__(self, app_id: str | None, sink: Sink | None) -> None:
        """
        Args:
            app_id: The only app; None for all.
            sink: The only sink; None for all.
        """
        self._app_id, self._sink = app_id, sink

    def runs(self, since: datetime | None) -> list[Document]:
        runs = Run.objects.filter(source_id__isnull=False, replay_of="", parent=None).order_by("-id").defer("traceback")
        runs = runs.filter(app_id=self._app_id) if self._app_id is not None else runs
        runs = runs.filter(source_id=self._sink.pk) if self._sink is not None else runs
        if since is not None:
            # By their ids, which begin with the time and have an index.
            runs = runs.filter(pk__gte=f"run_{max(int(since.timestamp() * 1000), 0):012x}")
        with _reading():
            return [of_run(run) for run in (runs if since is not None else runs[:1])]

    def refusals(self, after: int | None) -> list[Document]:
        refusals = listed(Refusal.objects.all()).order_by("-pk")
        refusals = refusals.filter(sink__app__app_id=self._app_id) if self._app_id is not None else refusals
        refusals = refusals.filter(sink=self._sink) if self._sink is not None else refusals
        with _reading():
            masks = Masks()
            found = refusals[:1] if after is None else refusals.filter(pk__gt=after)
            return [of_refusal(refusal, masks) for refusal in found]

    def delivery(self, run: Document) -> Came | None:
        with _reading():
            kept = Delivery.objects.filter(pk=run["run_id"]).first()
        if kept is None:
            return None
        headers = [(str(name), str(value)) for name, value in kept.headers]
        head = kept.method, kept.path, kept.query_string
        return Came("delivery", run, *head, headers, bytes(kept.body), is_whole=True)

    def refusal(self, refusal: Document) -> Came | None:
        with _reading():
            kept = Refusal.objects.filter(pk=refusal["id"]).first()
        if kept is None:
            return None
        headers = [(str(name), str(value)) for name, value in kept.headers or ()]
        body = bytes(kept.body) if kept.body is not None else None
        head = kept.method, kept.path, kept.query_string
        return Came("refusal", refusal, *head, headers, body, is_whole=kept.is_whole)

    def sink(self, sink_id: int) -> Document | None:
        with _reading():
            sink = Sink.objects.select_related("app").filter(pk=sink_id).first()
        return of_sink(sink) if sink is not None else None


class RemoteFeed:
    """Reads the API of another hub."""

    def __init__(self, hub: str, token: str, app_id: str | None, sink: str | None) -> None:
        """
        Args:
            hub: The other hub's URL, such as https://hub.example.com.
            token: An API token with the scopes runs:read and refusals:read; for a sink and for signatures, also
                sinks:read.
            app_id: The only app; None for all.
            sink: The only sink: [METHOD:]APP/PATH; None for all.

        Raises:
            Unreachable, CannotListen: There is no such sink, or it cannot be read.
        """
        self._hub, self._token = hub.rstrip("/"), token
        self._only = {"app_id": app_id} if app_id is not None else {}
        if sink is not None:
            self._only = {"sink_id": str(self._find(sink))}

    def runs(self, since: datetime | None) -> list[Document]:
        query = {**self._only, "limit": str(_PAGE)}
        if since is not None:
            query["created_from"] = since.isoformat()
        found = self._pages("runs", query, only_one=since is None)
        of_sinks = (run for run in found if run["sink_id"] is not None)
        return [run for run in of_sinks if not run["replay_of"] and not run["parent"]]

    def refusals(self, after: int | None) -> list[Document]:
        query = {**self._only, "limit": str(_PAGE if after is not None else 1)}
        if after is not None:
            query["after"] = str(after)
        return self._pages("refusals", query, only_one=after is None)

    def delivery(self, run: Document) -> Came | None:
        whole = self._get(f"/api/v1/runs/{run['run_id']}")
        return _came("delivery", run, whole["request"], is_whole=True) if whole and whole["request"] else None

    def refusal(self, refusal: Document) -> Came | None:
        whole = self._get(f"/api/v1/refusals/{refusal['id']}")
        if whole is None:
            return None
        request = whole["request"]
        return _came("refusal", refusal, request, is_whole=bool(request and request["is_whole"]))

    def sink(self, sink_id: int) -> Document | None:
        try:
            found: Document | None = self._get(f"/api/v1/sinks/{sink_id}")
        except CannotListen:
            return None  # the token lacks the scope
        return found

    def _find(self, name: str) -> int:
        method, colon, rest = name.partition(":")
        if not colon or "/" in method:
            method, rest = "", name
        app_id, _, path = rest.lstrip("/").partition("/")
        sinks = self._get(f"/api/v1/sinks?{urlencode({'app_id': app_id})}")
        found = [
            sink
            for sink in sinks or ()
            if sink["path"].strip("/") == path.strip("/") and (not method or sink["method"] == method.upper())
        ]
        if len(found) != 1:
            how_many = "Several sinks have" if found else "No sink has"
            raise CannotListen(f"{how_many} the name {name!r} at {self._hub}: write [METHOD:]APP/PATH.")
        return int(found[0]["id"])

    def _pages(self, kind: str, query: dict[str, str], *, only_one: bool) -> list[Document]:
        found: list[Document] = []
        place: str | None = f"/api/v1/{kind}?{urlencode(query)}"
        while place is not None:
            page = self._get(place) or {"results": [], "next": None}
            found += page["results"]
            following = page["next"]
            # The hub may know itself by another address.
            place = "/api/v1/" + following.split("/api/v1/", 1)[1] if following and not only_one else None
        return found

    def _get(self, place: str) -> Any:
        """Return a JSON answer; None for 404."""
        headers = [("Authorization", f"Bearer {self._token}"), ("Accept", "application/json")]
        try:
            with sent(Outgoing("GET", f"{self._hub}{place}", headers, b""), _TIMEOUT) as answer:
                body = b"".join(answer.body)
        except CannotSend as error:
            raise Unreachable(str(error)) from None
        if answer.status == 404:
            return None
        try:
            document = json.loads(body)
        except ValueError:
            document = None
        if answer.status == 200 and document is not None:
            return document
        detail = document.get("detail") if isinstance(document, dict) else answer.reason
        if answer.status >= 500 or answer.status == 429:
            raise Unreachable(f"{self._hub} answers {answer.status}: {detail}")
        raise CannotListen(f"{self._hub} answers {answer.status}: {detail}")


def _came(kind: str, document: Document, request: Document | None, *, is_whole: bool) -> Came:
    if request is None:
        return Came(kind, document, "", "", "", [], None, is_whole=False)
    body: bytes | None = None
    if request["body"] is not None:
        body = request["body"].encode("utf-8", "surrogatepass")
    elif request["body_base64"] is not None:
        body = b64decode(request["body_base64"])
    headers = [(str(name), str(value)) for name, value in request["headers"]]
    head = request["method"], request["path"], request["query"]
    return Came(kind, document, *head, headers, body, is_whole=is_whole)


def _moment(run: Document) -> datetime:
    at = run["created_at"]
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        connections.close_all()
        raise Unreachable(f"The database query failed: {in_a_line(error)}") from None
