"""The intervals and timeouts that operators and tests may set."""

import os
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.support.hub import PROJECT

Load = Callable[..., dict[str, Any]]

DEFAULTS: dict[str, float] = {
    "LOCK_CHECK_INTERVAL": 1,
    "RECOVERY_INTERVAL": 2,
    "RUN_CHECK_INTERVAL": 0.5,
    "LET_GO_TIMEOUT": 3.0,
    "WORKFLOW_CHECK_INTERVAL": 0.5,
    "SIGNAL_CHECK_INTERVAL": 5.0,
    "WORKFLOW_CANCEL_TIMEOUT": 5,
    "START_RETRY_INTERVAL": 0.5,
    "LOOP_STALL_TIMEOUT": 0.5,
    "LOOP_CHECK_INTERVAL": 0.1,
    "WORKER_HEARTBEAT_INTERVAL": 1,
    "WORKER_SILENCE_TIMEOUT": 5,
    "STOPPED_WORKER_TIMEOUT": 10,
    "JOB_POLL_INTERVAL": 1,
    "JOB_ABORT_POLL_INTERVAL": 1,
    "STALLED_JOB_CHECK_INTERVAL": 1,
    "CLAIM_RETRY_INTERVAL": 1,
    "CLAIM_TIMEOUT": 3,
    "RUN_END_CHECK_INTERVAL": 1,
    "JOB_STATEMENT_RETRY_INTERVAL": 0.5,
    "JOB_CONNECTION_TIMEOUT": 3,
    "DATABASE_SILENCE_TIMEOUT": 3,
    "DATABASE_PROBE_TIMEOUT": 2,
    "DATABASE_AWAY_TIMEOUT": 10,
    "DATABASE_SLOW_TIMEOUT": 5,
    "IDLE_TRANSACTION_TIMEOUT": 5,
    "JOURNAL_RETRY_INTERVAL": 1,
    "JOURNAL_RESTART_INTERVAL": 1,
    "JOURNAL_CLOSE_TIMEOUT": 10,
    "TALLY_FLUSH_INTERVAL": 3,
    "REFUSAL_FLUSH_INTERVAL": 1,
    "SEARCH_INDEX_INTERVAL": 2,
    "REFUSED_BODY_TIMEOUT": 0.5,
    "LISTEN_POLL_INTERVAL": 0.5,
    "SINK_REFRESH_INTERVAL": 0.25,
    "SCHEDULE_CHECK_INTERVAL": 1,
    "STREAM_KEEP_ALIVE_INTERVAL": 10,
    "STREAM_CHECK_INTERVAL": 2,
    "STREAM_POLL_INTERVAL": 1,
    "HINT_REQUEST_INTERVAL": 5,
    "CHANNEL_LAYER_TIMEOUT": 2,
    "CHANNEL_LAYER_REJOIN_INTERVAL": 60,
    "FOLLOW_POLL_INTERVAL": 0.2,
    "RUN_LIST_REFRESH_INTERVAL": 3,
    "RUN_PAGE_REFRESH_INTERVAL": 2,
    "OVERVIEW_REFRESH_INTERVAL": 10,
    "HEAD_TIMEOUT": 10,
    "BODY_TIMEOUT": 120,
    "LINGER_TIMEOUT": 2,
    "READINESS_TIMEOUT": 3,
    "SINK_TEST_TIMEOUT": 60,
    "HANDSHAKE_TIMEOUT": 0.1,
    "DRAIN_IDLE_TIMEOUT": 1,
    "CONNECTION_CLOSE_TIMEOUT": 5,
    "TASK_CANCEL_TIMEOUT": 1,
    "PROCESS_EXIT_TIMEOUT": 15,
    "PROCESS_CHECK_INTERVAL": 0.1,
    "PROCESS_RESTART_INTERVAL": 1,
    "UPLOAD_STALL_TIMEOUT": 2,
}


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return a function that reads the settings in an environment without other variables of SinkHub."""

    def read(**env: str) -> dict[str, Any]:
        with monkeypatch.context() as patch:
            patch.setattr(os, "environ", env | {"SINKHUB_VAR": str(tmp_path)})
            return runpy.run_path(str(PROJECT / "sinkhub" / "settings.py"))

    return read


def _times(loaded: dict[str, Any]) -> dict[str, float]:
    return {name: value for name, value in loaded.items() if name.endswith(("_INTERVAL", "_TIMEOUT"))}


def test_the_shipped_defaults_are_these(load: Load) -> None:
    assert _times(load()) == DEFAULTS


def test_the_documentation_gives_the_same_defaults() -> None:
    page = (PROJECT / "docs" / "settings.md").read_text().partition("## Intervals and timeouts")[2]
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([0-9.]+) \|", page, re.MULTILINE)
    assert {name: float(default) for name, default in rows} == DEFAULTS


def test_the_environment_changes_an_interval(load: Load) -> None:
    loaded = _times(load(SINK_REFRESH_INTERVAL="0.05", RECOVERY_INTERVAL="30", BODY_TIMEOUT=""))
    changed = {"SINK_REFRESH_INTERVAL": 0.05, "RECOVERY_INTERVAL": 30.0}
    assert {name: value for name, value in loaded.items() if DEFAULTS.get(name, value) != value} == changed


def test_postgresql_and_procrastinate_get_the_same_intervals(load: Load) -> None:
    loaded = load(
        DATABASE_URL="postgres://localhost/none",
        WORKER_HEARTBEAT_INTERVAL="0.2",
        JOB_POLL_INTERVAL="0.3",
        JOB_ABORT_POLL_INTERVAL="0.4",
        IDLE_TRANSACTION_TIMEOUT="1.5",
    )
    worker = loaded["PROCRASTINATE_WORKER_DEFAULTS"]
    assert worker["update_heartbeat_interval"] == 0.2
    assert worker["fetch_job_polling_interval"] == 0.3
    assert worker["abort_job_polling_interval"] == 0.4
    assert loaded["DATABASES"]["default"]["OPTIONS"]["options"] == "-c idle_in_transaction_session_timeout=1500ms"


@pytest.mark.parametrize("value", ["soon", "0", "-1", "nan", "inf", "1,5", "2s"])
def test_a_bad_value_is_refused_by_name(value: str, load: Load) -> None:
    message = f"TALLY_FLUSH_INTERVAL is '{value}': it must be a number of seconds above 0, such as 3."
    with pytest.raises(ImproperlyConfigured, match=re.escape(message)):
        load(TALLY_FLUSH_INTERVAL=value)


@pytest.mark.parametrize(
    ("smaller", "than"),
    [
        ("LOCK_CHECK_INTERVAL", "RECOVERY_INTERVAL"),
        ("WORKER_HEARTBEAT_INTERVAL", "WORKER_SILENCE_TIMEOUT"),
        ("WORKER_SILENCE_TIMEOUT", "STOPPED_WORKER_TIMEOUT"),
        ("LOOP_CHECK_INTERVAL", "LOOP_STALL_TIMEOUT"),
        ("CONNECTION_CLOSE_TIMEOUT", "PROCESS_EXIT_TIMEOUT"),
        ("TASK_CANCEL_TIMEOUT", "PROCESS_EXIT_TIMEOUT"),
    ],
)
def test_values_that_are_unsafe_together_are_refused(smaller: str, than: str, load: Load) -> None:
    message = f"{smaller} is {DEFAULTS[than]:g}: set it below {than} ({DEFAULTS[than]:g})"
    with pytest.raises(ImproperlyConfigured, match=re.escape(message)):
        load(**{smaller: str(DEFAULTS[than]), than: str(DEFAULTS[than])})


def test_one_probe_never_decides_that_the_database_is_away(load: Load) -> None:
    message = "DATABASE_PROBE_TIMEOUT is 2: set it below 0.5 * DATABASE_AWAY_TIMEOUT (4)"
    with pytest.raises(ImproperlyConfigured, match=re.escape(message)):
        load(DATABASE_AWAY_TIMEOUT="4")


def test_networks_for_outgoing_requests_are_checked(load: Load) -> None:
    loaded = load(OUTBOUND_ALLOW="10.0.0.0/8, fd12::/32,127.0.0.1")["OUTBOUND_ALLOW"]
    assert [str(network) for network in loaded] == ["10.0.0.0/8", "fd12::/32", "127.0.0.1/32"]
    assert load()["OUTBOUND_ALLOW"] == ()
    for value in ("localhost", "10.0.0.1/8"):
        with pytest.raises(ImproperlyConfigured, match=rf"OUTBOUND_ALLOW: '?{value}.* Set it to networks such as"):
            load(OUTBOUND_ALLOW=value)


def test_heartbeats_have_to_come_within_the_looks_that_find_a_job_stalled(load: Load) -> None:
    message = "set it below 5 * STALLED_JOB_CHECK_INTERVAL (0.2)"
    with pytest.raises(ImproperlyConfigured, match=re.escape(message)):
        load(STALLED_JOB_CHECK_INTERVAL="0.2")
