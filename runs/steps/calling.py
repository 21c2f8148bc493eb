"""Call the functions of workflows and steps: `async def` with a time limit, and plain ones in threads of their own."""

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from django.db import connections

# Threads that execute workflows and steps, and do not wait for their event loop, with that loop.
_working: dict[threading.Thread, asyncio.AbstractEventLoop] = {}


def has_working_threads(loop: asyncio.AbstractEventLoop) -> bool:
    """Return whether a thread that `call_in_thread` started does something else than wait for the loop."""
    return loop in list(_working.values())


def begin_waiting(thread: threading.Thread) -> asyncio.AbstractEventLoop | None:
    """Note on the loop that a thread waits for it. Return the argument for `end_waiting`."""
    return _working.pop(thread, None)


def end_waiting(thread: threading.Thread, loop: asyncio.AbstractEventLoop | None) -> None:
    """Note on the loop that a thread is about to continue."""
    if loop is not None:
        _working[thread] = loop


async def call_in_thread(name: str, function: Callable[[], Any]) -> Any:
    """
    Call a function in a new thread, so that one that never ends occupies none of a pool. If the caller is cancelled,
    the thread continues, and its result is dropped.

    Args:
        name: The thread's name.
        function: The function. The database connections that it opens are closed at its end.

    Returns:
        The function's result.

    Raises:
        BaseException: The function raised it.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()

    def hand_over(output: Any, error: BaseException | None) -> None:
        if not future.done():
            future.set_result((output, error))

    def call() -> None:
        output, failure = None, None
        try:
            output = function()
        except BaseException as error:
            failure = error
        finally:
            connections.close_all()
        if not loop.is_closed():
            loop.call_soon_threadsafe(hand_over, output, failure)
        _working.pop(thread, None)

    thread = threading.Thread(target=call, name=name, daemon=True)
    _working[thread] = loop
    thread.start()
    output, error = await future
    if error is not None:
        raise error
    return output


def is_async(function: Callable[..., Any]) -> bool:
    """Return whether a function returns a coroutine, also through `functools.partial`."""
    while isinstance(function, partial):
        function = function.func
    # An object whose class defines `async def __call__` is one too.
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


async def within(seconds: float | None, work: Awaitable[Any]) -> Any:
    """
    Await a step's function.

    Args:
        seconds: How long it may take; None for any time.
        work: The function's result.

    Raises:
        TimeoutError: It takes longer.
    """
    if seconds is None:
        return await work
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return await work
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TimeoutError(f"The step did not finish within {seconds:g} s.") from error
