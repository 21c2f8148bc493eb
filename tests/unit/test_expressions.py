"""The cost of expressions is bounded when a sink is saved and when a delivery arrives."""

import json
from functools import partial
from typing import Any

import jmespath
import pytest

from runs.delivery.request import Request
from sinks.expressions import compilation
from sinks.expressions.evaluation import OverBudget, evaluate
from sinks.trigger import filters
from tests.support.hub import Hub, Server, wait_until
from tests.support.web import web

pytestmark = pytest.mark.one_database

_DOUBLING = "|".join(["[@,@]"] * 20)
_EXPENSIVE = [
    f"to_string({_DOUBLING})",
    f"({_DOUBLING}) == ({_DOUBLING})",
    f"contains({_DOUBLING}, `[1]`)",
    "|".join(["[@,@][]"] * 20),
    "|".join(["join('', [@,@])"] * 30).replace("join('', [@,@])", "join('', [to_string(@), 'x'])", 1),
    "|".join(["to_string([@])"] * 30),
    "|".join(["{a:@,b:@}|values(@)[]"] * 20),
    "|".join(["[@,@][]"] * 12) + "|sort_by(@,&to_string(@))",
    f"map(&to_string(@), {_DOUBLING})",
    f"to_string(`[1]`|{_DOUBLING})",
]


@pytest.mark.parametrize("expression", _EXPENSIVE)
def test_an_expression_that_multiplies_its_input_is_refused_when_it_is_saved(expression: str) -> None:
    with pytest.raises(compilation.InvalidExpression, match="too expensive"):
        compilation.check(expression)


@pytest.mark.parametrize("expression", _EXPENSIVE)
def test_an_evaluation_ends_when_its_steps_are_used_up(expression: str) -> None:
    with pytest.raises(OverBudget):
        evaluate(compilation.compiled(expression), {"a": [1, 2], "b": {"c": "d"}}, 100_000)


@pytest.mark.parametrize(
    "expression",
    [
        '{id: body.id, kind: headers."x-kind", all: body.items[*].{a: a, b: b}}',
        "[body.a, body.b, body.c][?@ != null] | [0]",
        "contains(to_string(body), 'urgent')",
        "body.items[?price > `10`].tags[] | sort(@) | join(',', @)",
        "join('-', [body.id, body.event, to_string(body.number)])",
        "sort_by(body.items, &at)[-1].id || max_by(body.items, &to_number(price)).id",
        " && ".join(f"body.field_{number} != '{number}'" for number in range(60)),
    ],
)
def test_ordinary_expressions_are_taken(expression: str) -> None:
    compilation.check(expression)


_VALUES: list[Any] = [
    None,
    0,
    True,
    "text",
    [],
    {},
    [1, 2, 3],
    ["b", "a"],
    [[1], [2, [3]], 4],
    {"a": 1, "b": [1, 2], "c": {"a": 2}},
    [{"a": 3, "n": "x"}, {"a": 1, "n": "y"}, {"a": 2, "n": "z"}],
]
_EXPRESSIONS = [
    "@",
    "a",
    "a.b",
    "*",
    "*.a",
    "[*]",
    "[]",
    "[0]",
    "[-1]",
    "[::2]",
    "[::-1]",
    "[1:]",
    "[?a > `1`]",
    "[?a == `1`].n",
    "a == b",
    "a != b",
    "@ == @",
    "[@] == [@]",
    "@ < `2`",
    "'a' < 'b'",
    "a && b",
    "a || b",
    "!@",
    "[@, @][]",
    "{x: @, y: a}",
    "length(@)",
    "keys(@)",
    "values(@)",
    "to_string(@)",
    "to_string([@])",
    "to_array(@)",
    "sort(@)",
    "reverse(@)",
    "max(@)",
    "min(@)",
    "sum(@)",
    "avg(@)",
    "join(',', @)",
    'merge(@, `{"z": 1}`)',
    "sort_by(@, &a)",
    "max_by(@, &a)",
    "min_by(@, &n)",
    "map(&a, @)",
    "contains(@, `1`)",
    "contains(@, 'b')",
    "contains(@, `[1]`)",
    "type(@)",
    "not_null(a, b, @)",
    "to_number(@)",
    "starts_with(@, 't')",
    "abs(@)",
    "[::0]",
]


@pytest.mark.parametrize("expression", _EXPRESSIONS)
def test_a_bounded_evaluation_gives_the_result_of_an_unbounded_one(expression: str) -> None:
    bounded, unbounded = compilation.compiled(expression), jmespath.compile(expression)
    for value in _VALUES:
        assert _outcome(partial(evaluate, bounded, value, 10_000)) == _outcome(partial(unbounded.search, value))


def _outcome(ask: Any) -> Any:
    try:
        return ask()
    except Exception as error:
        return type(error), str(error)


def test_a_filter_over_its_budget_cannot_be_applied() -> None:
    request = Request("POST", "/x", body=b'{"n": 1}')
    reason = filters.why_filtered(compilation.compiled(_EXPENSIVE[0]), request)
    assert reason == "The filter failed on this delivery: it takes too many steps."


def test_a_delivery_id_over_its_budget_is_missing() -> None:
    request = Request("POST", "/x", body=b'{"n": 1}')
    assert filters.delivery_id(compilation.compiled(f"to_string({_DOUBLING})"), request) is None


def test_a_filter_over_a_large_body_has_steps_for_all_of_it() -> None:
    items = [{"number": number, "name": f"item {number}", "tags": ["a", "b"]} for number in range(50_000)]
    request = Request("POST", "/x", body=json.dumps({"items": items}).encode())
    for expression in ("body.items[?number == `49999`]", "contains(to_string(body), 'item 49999')"):
        assert filters.why_filtered(compilation.compiled(expression), request) is None


@pytest.fixture(scope="module")
def server(hub: Hub) -> Server:
    sinks: list[dict[str, Any]] = [
        {"path": "/cheap"},
        {"path": "/filter", "filter": "body.a"},
        {"path": "/id", "dedupe": {"body": "a"}},
    ]
    hub.add_sinks([{"workflow": "echo", **sink} for sink in sinks])
    # As if stored before costs were checked: no form has validated it.
    stored = (
        "from sinks.models import Sink;"
        f" Sink.objects.filter(path='/filter').update(filter={_EXPENSIVE[0]!r});"
        f" Sink.objects.filter(path='/id').update(dedupe_body={_EXPENSIVE[0]!r})"
    )
    hub.shell(stored)
    return hub.start()


def test_an_expensive_expression_does_not_stop_the_server(hub: Hub, server: Server) -> None:
    answer = web.post(f"{server.url}/app_test/filter", json={"a": 1}, timeout=30)
    assert (answer.status_code, "x-run-id" in answer.headers) == (200, False)
    assert "it takes too many steps" in answer.text
    kept = "SELECT r.reason FROM sinks_refusal r JOIN sinks_sink s ON s.id = r.sink_id WHERE s.path = '/filter'"
    wait_until(lambda: hub.query(kept), "the reason")
    ids = [web.post(f"{server.url}/app_test/id", json={"a": 1}, timeout=30).headers["x-run-id"] for _ in range(2)]
    assert ids[0] != ids[1]
    assert web.post(f"{server.url}/app_test/cheap", timeout=30).status_code == 200


def test_a_sink_with_an_expensive_expression_is_not_imported(hub: Hub) -> None:
    hub.add_sinks([])
    fields: list[dict[str, Any]] = [{"filter": _EXPENSIVE[0]}, {"dedupe": {"body": _EXPENSIVE[0]}}]
    for field in fields:
        document = {"app_id": "app_test", "path": "/new", "workflow": "echo"} | field
        done = hub.manage("sinks", "import", "-", stdin=json.dumps(document), check=False)
        assert done.returncode == 1
        assert "too expensive" in done.stderr
