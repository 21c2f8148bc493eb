"""
What SinkHub uses of uvicorn, procrastinate and psycopg without their promise. An upgrade that changes any of it fails
here, before it fails in a server.
"""

import asyncio
import inspect
import re
from collections.abc import Callable
from typing import Any

import psycopg
import uvicorn

from tests.support.hub import Hub

# The columns that the statements in runs/journal/job_tables.py and runs/workers/fetching.py name.
JOB_COLUMNS = {
    "id",
    "status",
    "task_name",
    "priority",
    "lock",
    "queueing_lock",
    "args",
    "scheduled_at",
    "queue_name",
    "attempts",
    "worker_id",
}


def parameters(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_uvicorns_server_is_extended_as_it_expects() -> None:
    from sinkhub.server.serve import Server

    for name in ("run", "handle_exit"):
        assert parameters(getattr(uvicorn.Server, name)) == parameters(getattr(Server, name))
    assert parameters(uvicorn.Server.serve) == ["self", "sockets"]
    assert inspect.iscoroutinefunction(uvicorn.Server.serve)
    server = uvicorn.Server(uvicorn.Config("", log_config=None))
    assert (server.should_exit, server.force_exit, server.started) == (False, False, False)
    state = server.server_state
    assert (state.total_requests, state.connections, state.tasks, state.default_headers) == (0, set(), set(), [])
    # Filled while it starts.
    assert "self.servers = " in inspect.getsource(uvicorn.Server.startup)
    config = server.config
    assert {"loaded", "root_path", "asgi_version", "timeout_keep_alive"} <= vars(config).keys() | set(dir(config))
    assert parameters(uvicorn.Config.load) == ["self"]
    assert parameters(uvicorn.Config.bind_socket) == ["self"]


def test_uvicorns_flow_control_stops_and_goes_on() -> None:
    from sinkhub.server.uvicorn_internals import HIGH_WATER_LIMIT, FlowControl

    calls: list[str] = []

    class Transport(asyncio.Transport):
        def pause_reading(self) -> None:
            calls.append("pause")

        def resume_reading(self) -> None:
            calls.append("resume")

    async def drain() -> None:
        flow = FlowControl(Transport())
        flow.pause_reading()
        assert flow.read_paused
        flow.resume_reading()
        assert calls == ["pause", "resume"]
        flow.pause_writing()
        assert flow.write_paused
        waiting = asyncio.create_task(flow.drain())
        await asyncio.sleep(0)
        assert not waiting.done()
        flow.resume_writing()
        await waiting

    asyncio.run(drain())
    assert HIGH_WATER_LIMIT == 65536


def test_procrastinates_statements_have_the_parameters_that_the_connector_reads() -> None:
    from procrastinate.sql import queries

    assert {
        name: set(re.findall(r"%\((\w+)\)s", queries[name]))
        for name in ("register_worker", "retry_job", "fetch_job", "finish_job")
    } == {
        "register_worker": set(),
        "retry_job": {"job_id", "retry_at", "new_priority", "new_queue_name", "new_lock"},
        "fetch_job": {"worker_id", "queues"},
        "finish_job": {"job_id", "status", "delete_job"},
    }
    # The connector appends a FROM clause to it.
    assert re.fullmatch(r"\s*SELECT procrastinate_retry_job_v\d+\(.*\);?\s*", queries["retry_job"], re.DOTALL)


def test_procrastinates_python_parts_are_called_as_they_are_defined() -> None:
    from procrastinate.contrib.django.django_connector import DjangoConnector
    from procrastinate.job_context import AbortReason
    from procrastinate.manager import JobManager
    from procrastinate.psycopg_connector import PsycopgConnector
    from procrastinate.tasks import ConfigureTaskOptions, configure_task

    assert parameters(JobManager) == ["connector"]
    assert parameters(DjangoConnector)[:1] in ([], ["alias"])
    assert {"worker_id"} <= set(parameters(JobManager.update_heartbeat))
    assert {"task", "status", "worker_id"} <= set(parameters(JobManager.list_jobs))
    assert {"job_id", "retry_at"} <= set(parameters(JobManager.retry_job_by_id))
    assert {"task_name", "seconds_since_heartbeat"} <= set(parameters(JobManager.get_stalled_jobs))
    assert {"jobs", "connection"} <= set(parameters(JobManager.batch_defer_jobs))
    assert {"name", "job_manager"} <= set(parameters(configure_task))
    assert "queue" in ConfigureTaskOptions.__annotations__
    assert {"query", "arguments"} <= set(parameters(PsycopgConnector.execute_query_async))
    assert parameters(PsycopgConnector.listen_notify) == ["self", "on_notification", "channels"]
    assert AbortReason.USER_REQUEST in AbortReason


def test_procrastinates_tables_have_the_columns_that_statements_name(make_hub: Callable[[str], Hub]) -> None:
    hub = make_hub("postgresql")
    assert set(hub.columns("procrastinate_jobs")) >= JOB_COLUMNS
    assert {"id", "last_heartbeat"} <= set(hub.columns("procrastinate_workers"))
    # By which at most one job of a lock executes.
    [(index,)] = hub.query("SELECT indexdef FROM pg_indexes WHERE indexname = 'procrastinate_jobs_lock_idx_v1'")
    assert re.search(r"UNIQUE INDEX .* \(lock\) WHERE \(status = 'doing'", index)


def test_psycopgs_connections_wait_by_generators_that_can_be_wrapped() -> None:
    for kind in (psycopg.Connection, psycopg.AsyncConnection):
        assert parameters(kind.wait)[:2] == ["self", "gen"]
        assert parameters(kind._connect_gen)[:1] == ["conninfo"]
        assert inspect.isgeneratorfunction(kind._connect_gen)
