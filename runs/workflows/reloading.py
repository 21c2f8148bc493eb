"""Reloads of workflows in a running process: on request, at a signal, or when their files change."""

import asyncio
import logging
from functools import partial

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from runs.models import WorkflowReload
from runs.steps.calling import call_in_thread
from runs.workflows import registry
from runs.workflows.sources import read_fingerprint

logger = logging.getLogger(__name__)


def request_reload() -> None:
    """Let every server and worker of the database reload its workflows. Blocking: call it in a thread."""
    with transaction.atomic():
        WorkflowReload.objects.get_or_create(pk=1)
        row = WorkflowReload.objects.select_for_update().get(pk=1)
        row.number += 1
        row.save()


def count_requests() -> int:
    """Return how many reloads were requested, ever. Blocking: call it in a thread."""
    return WorkflowReload.objects.filter(pk=1).values_list("number", flat=True).first() or 0


class Reloader:
    """Reloads the workflows of this process. Belongs to one event loop, on which its methods are called."""

    def __init__(self) -> None:
        self._reloading: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._again = False  # whether a reload was requested while another one was in progress

    def reload(self) -> None:
        """
        Reload in a thread, and log the result. While files are watched, a file that cannot be imported takes its
        workflows away, so that its author sees the error; else they stay as they were before.
        """
        if self._reloading is not None and not self._reloading.done():
            self._again = True
            return
        self._reloading = asyncio.get_running_loop().create_task(self._reload())

    def watch(self) -> None:
        """Reload from now on whenever a file changes."""
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    def close(self) -> None:
        """Stop watching, and do not wait for a reload in progress."""
        for task in (self._watching, self._reloading):
            if task is not None:
                task.cancel()

    async def _reload(self) -> None:
        while True:
            self._again = False
            try:
                await call_in_thread("reload", partial(registry.reload, keep=self._watching is None))
                logger.info("workflows reloaded: workflows=%d broken=%d", len(registry.names()), len(registry.broken()))
            except ImproperlyConfigured as error:
                logger.error("workflows not reloaded: error=%s", error)
            except Exception as error:
                logger.error("workflows not reloaded", exc_info=error)
            if not self._again:
                return

    async def _watch(self) -> None:
        # Polled, not watched by the system: it is a folder with a few files, mounted folders send no notifications, and
        # this needs no further package.
        loaded = seen = await asyncio.to_thread(read_fingerprint)
        logger.info("watching workflows: files=%d", len(seen))
        while True:
            await asyncio.sleep(settings.WORKFLOW_CHECK_INTERVAL)
            before, seen = seen, await asyncio.to_thread(read_fingerprint)
            # Once they have stopped to change: an editor may write a file in several steps.
            if seen == before and seen != loaded:
                loaded = seen
                self.reload()
