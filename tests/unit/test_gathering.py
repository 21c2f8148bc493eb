"""Calls that share a query: each caller's result, and who gets an error."""

import asyncio
from collections.abc import Callable

import pytest
from django.db import OperationalError

from runs.batching import Gathering


def _ask_all(names: list[str], ask: Callable[[list[str]], dict[str, str]]) -> tuple[list[object], list[list[str]]]:
    """Request all names at once. Return the answers and errors, and the names that each query combined."""
    calls: list[list[str]] = []

    async def asked(together: list[str]) -> dict[str, str]:
        calls.append(together)
        await asyncio.sleep(0)
        return ask(together)

    async def main() -> list[object]:
        gathering = Gathering(asked, most=4)
        return await asyncio.gather(*[gathering.ask(name) for name in names], return_exceptions=True)

    return asyncio.run(main()), calls


def test_what_is_asked_for_at_once_is_asked_for_together() -> None:
    answers, calls = _ask_all(["a", "b", "a", "c", "d", "e"], lambda names: {name: name.upper() for name in names})
    assert answers == ["A", "B", "A", "C", "D", "E"]
    assert calls == [["a", "b", "c"], ["d", "e"]]


def test_what_has_no_answer_gets_none() -> None:
    answers, _ = _ask_all(["a", "b"], lambda names: {"a": "A"})
    assert answers == ["A", None]


def test_a_fault_meets_the_one_alone_that_it_is_of() -> None:
    def ask(names: list[str]) -> dict[str, str]:
        if "b" in names:
            raise ValueError("b")
        return {name: name.upper() for name in names}

    answers, calls = _ask_all(["a", "b", "c"], ask)
    assert answers[0] == "A" and answers[2] == "C"
    assert isinstance(answers[1], ValueError)
    assert calls == [["a", "b", "c"], ["a"], ["b"], ["c"]]


def test_a_database_that_is_away_is_asked_once_for_all() -> None:
    def ask(names: list[str]) -> dict[str, str]:
        raise OperationalError("away")

    answers, calls = _ask_all(["a", "b", "c"], ask)
    assert all(isinstance(answer, OperationalError) for answer in answers)
    assert len(calls) == 1


@pytest.mark.parametrize("left", ["a", "b"])
def test_who_has_left_is_asked_for_no_more(left: str) -> None:
    calls: list[list[str]] = []

    async def ask(together: list[str]) -> dict[str, str]:
        calls.append(together)
        return dict.fromkeys(together, "")

    async def main() -> None:
        gathering = Gathering(ask, most=4)
        tasks = {name: asyncio.create_task(gathering.ask(name)) for name in ("a", "b")}
        await asyncio.sleep(0)
        tasks[left].cancel()
        await asyncio.wait(tasks.values())

    asyncio.run(main())
    assert calls == [[name for name in ("a", "b") if name != left]]
