"""The search of runs: its syntax, its index, and that secrets and other apps stay hidden."""

import json
import threading
from typing import Any

import pytest
from django.test import Client

from runs.history.masking import Masks
from runs.history.queries import Filter
from runs.history.search import InvalidSearch, find
from runs.models import Delivery, Run
from runs.searching import entries
from runs.searching.indexing import Indexer, lag
from runs.searching.syntax import Query, parse
from runs.searching.words import distinct_words
from sinks.access.encryption import Encrypted
from sinks.models import App, AppSecret, Sink
from tests.unit.test_admin import app, make_run, page, quick_logins  # noqa: F401
from tests.unit.test_admin_runs import listed, make_runs


def add_delivery(run: Run, body: Any = b"", headers: dict[str, str] | None = None, path: str = "/orders") -> Run:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    Delivery.objects.create(run=run, method="POST", path=path, headers=[*(headers or {}).items()], body=sent)
    return run


def index() -> int:
    """Index all runs, as the background of a process does."""
    return Indexer(Masks, rest=lambda seconds: None).index(threading.Event())


def found(text: str, app_id: str = "") -> list[str]:
    return [run.pk for run in find(Filter(frozenset([app_id]) if app_id else None), text).runs]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("order 10", Query(words=("order", "10"))),
        ("Order ord", Query(words=("order",), prefix="ord")),
        ('"Paid in full" now', Query(("paid", "in", "full"), "now", ("paid in full",))),
        ("jane@example.com", Query(prefix="jane@example.com")),
        ("type:push id:7", Query(values=(("type", "push"), ("id", "7")))),
        ('header.X-Kind:"a  B" order:7', Query(values=(("header.x-kind", "a b"), ("order", "7")))),
        ("https://example.com/a", Query(("https", "example", "com", "a"), "", ("https://example.com/a",))),
    ],
)
def test_a_search_is_parsed(text: str, query: Query) -> None:
    assert parse(text, lambda: ["order"]) == query


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('say "hello', "A quotation mark"),
        ("type: push", "without a space between them: type:value"),
        ("order:7", "There is no 'order' to search in. Names are type, id, header. followed by"),
        ("%%%", "Enter a word with letters or digits"),
        ("a " * 11, "at most 10 parts"),
        ("a" * 201, "at most 200 characters"),
    ],
)
def test_a_wrong_search_is_explained(admin_client: Client, text: str, message: str) -> None:
    with pytest.raises(InvalidSearch, match=message):
        find(Filter(), text)


def test_a_run_without_a_body_is_indexed(db: None) -> None:
    run = add_delivery(make_run(), path="/ping")
    assert index() == 1
    assert found("ping") == [run.pk]


def test_a_run_is_found_by_what_its_request_has(db: None) -> None:
    shop = App.objects.create(app_id="app_shop")
    sink = Sink.objects.create(app=shop, path="/orders", provider="github", search_values={"order": "body.order.id"})
    parent = make_run(app_id="app_shop")
    body = {"order": {"id": 1042}, "name": "Grüße an Ada", "ref": "ORD-77", "email": "jane@example.com", "paid": True}
    headers = {"x-github-event": "push", "x-github-delivery": "72d3162e-cc78", "user-agent": "curl"}
    run = add_delivery(make_run(app_id="app_shop", source_id=sink.pk, parent=parent.pk), body, headers)
    add_delivery(make_run(app_id="app_shop"), {"order": {"id": 1043}, "name": "other"})
    hits = [
        *("order:1042", "type:push", "id:72d3162e-cc78", "header.x-github-event:PUSH", f"id:{parent.pk}", "1042"),
        *("grüße", '"an ada"', "grü", "ORD-77", "jane@example.com", "example.com", "72d3162e-cc78", "order:1042 grüße"),
    ]
    misses = ["order:1", "type:pull", "id:72d3162e", '"ada an"', "curl", "order:1042 other", "ada ada grüß an zebra"]
    for is_indexed in (False, True):
        if is_indexed:
            assert index() == 2
            assert (index(), lag().seconds, lag().left) == (0, 0.0, 0)
        for text in hits:
            assert run.pk in found(text), (is_indexed, text)
        for text in misses:
            assert run.pk not in found(text), (is_indexed, text)
        assert found("grüße", "app_other") == []
    assert (True, "ORD-77") in [(hit, text) for text, hit in find(Filter(), "ORD-77").snippets[run.pk]]
    with pytest.raises(InvalidSearch, match="There is no 'order'"):
        found("order:1042", "app_other")


def test_new_late_and_older_runs_are_indexed_once(db: None) -> None:
    runs = make_runs(30)
    for run in runs[:28]:
        add_delivery(run, b"needle")
    assert index() == 28
    for run in runs[28:]:  # recorded later than the newest
        add_delivery(run, b"needle")
    newer = add_delivery(make_run(), b"needle")
    assert index() == 3
    assert found("needle") == [newer.pk, *(run.pk for run in reversed(runs))]
    first = find(Filter(), "needle", size=20)
    second = find(Filter(), "needle", first.next, size=20)
    assert [run.pk for run in first.runs + second.runs] == found("needle")


def test_retention_removes_words_with_their_deliveries(db: None) -> None:
    run = add_delivery(make_runs(1)[0], b"needle")
    index()
    assert entries.matching(["needle"], "", [], 0, entries.LARGEST, 5)[0] == [(entries.number_of(run.pk), run.pk)]
    entries.remove([run.pk])
    assert entries.matching(["needle"], "", [], 0, entries.LARGEST, 5)[0] == []
    assert entries.size_of_index() == 0


def test_a_secret_is_not_found_even_if_it_was_set_later(db: None) -> None:
    shop = App.objects.create(app_id="app_shop")
    sink = Sink.objects.create(app=shop, path="/", search_values={"key": "body.key"})
    for value in ("before-4711-secret", "later-4711-secret"):
        add_delivery(make_run(app_id="app_shop", source_id=sink.pk), {"key": value, "other": "text"})
    AppSecret.objects.create(app=shop, name="EARLY", encrypted_secret=Encrypted.of("before-4711-secret"))
    index()
    assert len(found("text")) == 2
    assert len(found("key:later-4711-secret")) == 1
    AppSecret.objects.create(app=shop, name="LATE", encrypted_secret=Encrypted.of("later-4711-secret"))
    searches = [f"{form}{value}" for form in ("", "key:") for value in ("before-4711-secret", "later-4711-secret")]
    searches += ["later", "befo"]
    assert {text: found(text) for text in searches} == {text: [] for text in searches}


def test_the_list_shows_hits_and_a_wrong_search(admin_client: Client) -> None:
    make_runs(2)
    run = add_delivery(make_run(), {"name": "Ada <b>"})
    assert listed(admin_client, "?q=ada") == [run.pk]
    assert "name: <mark>Ada</mark> &lt;b&gt;</span>" in page(admin_client, "/admin/runs/run/?q=ada")
    index()
    assert "All new runs are indexed." in page(admin_client, "/admin/runs/run/?q=ada")
    shown = page(admin_client, "/admin/runs/run/?q=nothing:here")
    assert "There is no &#x27;nothing&#x27; to search in." in shown


@pytest.mark.parametrize("part", ["a", "a.", "@a", "a-", ".@"])
def test_the_words_of_a_long_body_are_found_in_a_time_that_grows_with_its_length(part: str) -> None:
    # In quadratic time, these would take hours.
    assert distinct_words([part * 1_000_000 + " Needle@Hay.stack"], 1_000_000) >= {"needle", "needle@hay.stack"}
