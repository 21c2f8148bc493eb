"""The texts and values of a run's delivery by which the run is found, with the secrets of its app masked."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db import connection

from runs import ports
from runs.delivery import content_encoding
from runs.delivery.request import Request
from runs.models import Run
from runs.searching.words import distinct_words, named_term, value_of

READ_BYTES = 64 * 1024  # of each body
MAX_WORDS = 1_000  # of a delivery
_MAX_TERMS = 100  # values of a delivery
_MAX_TEXTS = 2_000
_COLUMNS = ("app_id", "source_id", "workflow", "replay_of", "parent")
# Header fields that say nothing about the delivery, or differ in each without anyone searching for them.
_NOISE = frozenset(
    {"accept", "accept-encoding", "accept-language", "cache-control", "connection", "content-length", "date", "host"}
    | {"forwarded", "te", "transfer-encoding", "upgrade-insecure-requests", "user-agent", "via", "x-real-ip"}
    | {"traceparent", "tracestate"}
)
_TYPE_FIELDS = ("ce-type", "x-github-event", "x-gitlab-event", "x-event-type", "x-event-key", "x-shopify-topic")
_TYPE_KEYS = ("type", "event", "event_type", "eventType")


class Masks(Protocol):
    """Masks the secrets of apps."""

    def text(self, app_id: str, text: str) -> str:
        """Return a text with the secrets of an app masked."""


@dataclass(slots=True)
class SearchedRequest:
    """A run, and the request that started it."""

    run_id: str
    app_id: str
    source_id: int | None
    workflow: str
    related: tuple[str, ...]  # the ids of the runs that it is a replay or a child of
    request: Request
    texts: list[str] = field(default_factory=list)  # masked: the address, header fields, and the body's values
    raw: str = ""  # masked: the body as text

    def words(self) -> set[str]:
        """Return the words by which the run is found."""
        return distinct_words(self.texts, MAX_WORDS)


def read_requests(run_ids: Sequence[str], masks: Masks) -> list[SearchedRequest]:
    """
    Read the requests of runs, each body up to READ_BYTES. Runs whose delivery is deleted are left out.

    Args:
        run_ids: The runs.
        masks: The masks of the apps' secrets.

    Raises:
        DatabaseError: The database is unavailable.
    """
    if not run_ids:
        return []
    columns = Run.objects.filter(pk__in=run_ids).order_by().values_list("pk", *_COLUMNS)
    runs = {run_id: values for run_id, *values in columns}
    places = ", ".join(["%s"] * len(run_ids))
    query = (
        f"SELECT run_id, method, path, query_string, headers, substr(body, 1, {READ_BYTES})"  # noqa: S608 - our own names
        f" FROM runs_delivery WHERE run_id IN ({places})"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, list(run_ids))
        rows = cursor.fetchall()
    found = []
    for run_id, method, path, query_string, headers, body in rows:
        if run_id not in runs:
            continue
        app_id, source_id, workflow, *related = runs[run_id]
        pairs = json.loads(headers) if isinstance(headers, str) else headers
        request = Request(
            method=method,
            path=path,
            query_string=query_string,
            header_list=[(str(name).lower(), str(value)) for name, value in pairs],
            body=bytes(body or b""),  # SQLite's substr of an empty body is NULL
        )
        searched = SearchedRequest(run_id, app_id, source_id, workflow, tuple(filter(None, related)), request)
        _read(searched, masks)
        found.append(searched)
    return found


def sources_of(requests: Sequence[SearchedRequest]) -> dict[str, ports.Source]:
    """Return the sources of the requests' runs, by run id."""
    return ports.sources_of([Run(id=one.run_id, app_id=one.app_id, source_id=one.source_id) for one in requests])


def named_values(searched: SearchedRequest, source: ports.Source | None, masks: Masks) -> set[tuple[str, str]]:
    """
    Return the names and values by which a run is found.

    Args:
        searched: The run and its request.
        source: The run's source; None if it was deleted.
        masks: The masks of the apps' secrets. Values that contain one are left out.
    """
    found: set[tuple[str, str]] = set()
    for name, value in _values(searched, source):
        compared = value_of(value)
        if compared is None or masks.text(searched.app_id, str(value)) != str(value):
            continue
        found.add((name, compared))
        if len(found) >= _MAX_TERMS:
            break
    return found


def terms_of(searched: SearchedRequest, source: ports.Source | None, masks: Masks) -> set[str]:
    """Return all terms of a run: its words, its named values, and what restricts a search."""
    terms = {named_term(name, value) for name, value in named_values(searched, source, masks)}
    terms |= {app_term(searched.app_id), named_term("\0workflow", searched.workflow)}
    if searched.source_id is not None:
        terms.add(source_term(searched.source_id))
    return terms | searched.words()


def app_term(app_id: str) -> str:
    """Return the term of all runs of an app."""
    return named_term("\0app", app_id)


def source_term(source_id: int) -> str:
    """Return the term of all runs of a source."""
    return named_term("\0source", str(source_id))


def _read(searched: SearchedRequest, masks: Masks) -> None:
    request, app_id = searched.request, searched.app_id
    query = f"?{request.query_string}" if request.query_string else ""
    texts = [f"{request.method} {request.path}{query}"]
    texts += [f"{name}: {value}" for name, value in request.header_list if _is_telling(name)]
    try:
        request.unpack(4 * READ_BYTES)
    except (content_encoding.TooLarge, content_encoding.Unreadable, content_encoding.UnknownCoding):
        request.body = b""
    body = request.body[:READ_BYTES]
    if body and b"\0" not in body[:1024]:
        searched.raw = masks.text(app_id, body.decode("utf-8", "replace"))
        value = request.content if len(request.body) < READ_BYTES else None
        texts += [searched.raw] if value is None or isinstance(value, str) else _leaves(value)
    searched.texts = [masks.text(app_id, text) for text in texts]


def _is_telling(name: str) -> bool:
    return name not in _NOISE and not name.startswith(("sec-", "x-forwarded")) and "signature" not in name


def _leaves(value: Any) -> Iterator[str]:
    """Yield the names and scalars of a JSON value, in order; each scalar with the name of its member."""
    pending: list[tuple[str, Any]] = [("", value)]
    count = 0
    while pending and count < _MAX_TEXTS:
        name, item = pending.pop()
        if isinstance(item, dict):
            if name:
                yield name
            pending += [(str(key), inner) for key, inner in reversed(item.items())]
        elif isinstance(item, list | tuple):
            if name and not item:
                yield name
            pending += [(name, inner) for inner in reversed(item[:_MAX_TEXTS])]
        else:
            count += 1
            text = "" if item is None else str(item).lower() if isinstance(item, bool) else str(item)
            yield f"{name}: {text}" if name else text


def _values(searched: SearchedRequest, source: ports.Source | None) -> Iterator[tuple[str, Any]]:
    request = searched.request
    for related in searched.related:
        yield "id", related
    has_type = False
    if source is not None and source.find_values is not None:
        for name, value in source.find_values(request):
            has_type = has_type or name == "type"
            yield name, value
    for name, value in request.headers.items():
        if _is_telling(name):
            yield f"header.{name}", value
            if name.endswith(("-id", "-delivery", "-key")):
                yield "id", value
    if not has_type:
        body = request.json if len(request.body) < READ_BYTES else None
        keys = [body.get(key) for key in _TYPE_KEYS] if isinstance(body, dict) else []
        for value in [*map(request.headers.get, _TYPE_FIELDS), *keys]:
            if isinstance(value, str):
                yield "type", value
                break
