"""`manage.py worker`: executes the runs that are queued for workers."""

import asyncio
from argparse import ArgumentParser
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Execute runs that servers have queued, until SIGTERM or Ctrl+C."""

    help = "Execute the runs that are queued for workers (RUN_ENGINE, or a sink's engine) until SIGTERM or Ctrl+C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=32, help="runs at once in this process (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.HAS_WORKERS:
            raise CommandError("Workers need PostgreSQL: set DATABASE_URL to postgres://...")
        if options["concurrency"] < 1:
            raise CommandError("--concurrency is at least 1.")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_work(options["concurrency"]))


async def _work(concurrency: int) -> None:
    from procrastinate.contrib.django import app

    from runs import tasks

    await tasks.engine()
    try:
        with app.replace_connector(app.connector.get_worker_connector()) as workers:  # type: ignore[attr-defined]
            async with workers.open_async():
                await workers.run_worker_async(concurrency=concurrency)
    finally:
        await tasks.stop_engine()
