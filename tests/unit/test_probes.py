"""Probes of a database that accepts connections and never answers, in a process that runs and in one that ends."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from sinkhub.postgresql import probes
from sinkhub.postgresql.probes import Probes, Verdict

_STEP = 0.1  # seconds that pass between two polls


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[int]:
    """The port of a silent server; the time passes by the calls of the clock."""
    settings.DATABASE_AWAY_TIMEOUT, settings.DATABASE_PROBE_TIMEOUT = 10, 2
    now = 0.0

    def monotonic() -> float:
        nonlocal now
        now += _STEP
        return now

    monkeypatch.setattr(probes, "monotonic", monotonic)
    for name in ("_is_ending", "_is_found_silent"):
        monkeypatch.setattr(probes, name, False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def polls_until_away(port: int) -> int:
    asked = Probes("127.0.0.1", port)
    count = 1
    while asked.poll() is not Verdict.AWAY:
        count += 1
    asked.close()
    return count


def test_a_process_that_ends_waits_for_a_silent_database_only_once(port: int) -> None:
    assert [polls_until_away(port) > 95 for _ in range(2)] == [True] * 2  # while it runs, each time
    probes.expect_end()
    assert polls_until_away(port) > 95
    assert [polls_until_away(port) < 25 for _ in range(3)] == [True] * 3


def test_a_wait_that_has_lasted_gives_up_with_the_first(port: int) -> None:
    probes.expect_end()
    first, second = Probes("127.0.0.1", port), Probes("127.0.0.1", port)
    while first.poll() is not Verdict.AWAY:
        assert second.poll() is Verdict.UNKNOWN
    assert second.poll() is Verdict.AWAY
    for each in (first, second):
        each.close()
