"""Fetching the keys and certificates that providers publish, while a delivery waits for them."""

import asyncio
import logging

from runs.outbound import OutboundError, fetch
from sinks.webhooks.signatures.remote_keys import KeysNeeded, remote_keys

logger = logging.getLogger(__name__)

_MAX_BYTES = 256 * 1024
_MAX_FETCHES = 4  # at once, since a delivery that is not verified yet names the URL
_fetching: dict[str, asyncio.Task[None]] = {}


async def fetch_keys(needed: KeysNeeded) -> bool:
    """
    Fetch a document of keys, once for all deliveries that need it.

    Args:
        needed: Its URL and the hosts from which it may come.

    Returns:
        Whether it was fetched, or found to be unavailable; False if too many others are being fetched.
    """
    task = _fetching.get(needed.url)
    if task is None:
        if len(_fetching) >= _MAX_FETCHES:
            return False
        task = _fetching[needed.url] = asyncio.get_running_loop().create_task(_fetch(needed))
        task.add_done_callback(lambda _: _fetching.pop(needed.url, None))
    await asyncio.shield(task)  # another delivery may wait for it
    return True


async def _fetch(needed: KeysNeeded) -> None:
    content: bytes | None = None
    try:
        response = await fetch(
            "GET", needed.url, max_bytes=_MAX_BYTES, max_redirects=0, allowed_hosts=needed.hosts, https_only=True
        )
        if response.status == 200:
            content = response.body
        else:
            logger.warning("provider's key not fetched: url=%s status=%d", needed.url, response.status)
    except OutboundError as error:
        logger.warning("provider's key not fetched: url=%s error=%s", needed.url, error)
    remote_keys.put(needed.url, content)
