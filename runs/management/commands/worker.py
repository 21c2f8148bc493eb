"""`manage.py worker`: execute the runs that are queued for workers."""

import asyncio
import logging
import signal
from argparse import ArgumentParser
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

logger = logging.getLogger(__name__)

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Command(BaseCommand):
    """Execute runs that servers have queued, until SIGTERM or Ctrl+C."""

    help = "Execute the runs that are queued for workers (RUN_ENGINE, or a sink's engine) until SIGTERM or Ctrl+C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--concurrency",
            type=int,
            default=32,
            help="number of runs that execute at once in this process (default: %(default)s)",
        )

        parser.add_argument(
            "--reload",
            action="store_true",
            help="for development: reload workflows when a file in SINKHUB_WORKFLOWS changes",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.HAS_WORKERS:
            raise CommandError("Workers need PostgreSQL: set DATABASE_URL to postgres://...")
        if options["concurrency"] < 1:
            raise CommandError("--concurrency must be at least 1.")
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the worker runs: the signal would end the process
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_work(options["concurrency"], watch=options["reload"]))


async def _work(concurrency: int, *, watch: bool) -> None:
    from procrastinate.contrib.django import app
    from procrastinate.exceptions import ConnectorException

    from runs.database_errors import in_a_line
    from runs.recovery.ownership import OlderProcesses
    from runs.workers import tasks
    from runs.workers.connector import Connector

    try:
        engine = await tasks.engine()
    except OlderProcesses as error:
        raise CommandError(str(error)) from None
    connector = Connector(tasks.signed_on)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, engine.reloader.reload)
    if watch:
        engine.reloader.watch()
    try:
        with app.replace_connector(connector) as workers:
            async with workers.open_async():
                work = asyncio.create_task(
                    workers.run_worker_async(concurrency=concurrency, install_signal_handlers=False)
                )

                def stop() -> None:
                    for number in _SIGNALS:
                        loop.remove_signal_handler(number)  # a second signal ends the process at once
                    connector.lose_patience()
                    work.cancel()

                for number in _SIGNALS:
                    loop.add_signal_handler(number, stop)
                logger.info("worker started: concurrency=%d", concurrency)
                try:
                    await work
                except asyncio.CancelledError:
                    logger.info("worker stopped")
                except ConnectorException as error:
                    if connector.patient:
                        raise
                    logger.warning("worker stopped, sign-off failed: error=%s", in_a_line(error.__cause__ or error))
                connection.expect_end()  # type: ignore[attr-defined]  # before the connections of the jobs are closed
    finally:
        await tasks.stop_engine()
