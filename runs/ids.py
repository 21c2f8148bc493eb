"""Run ids: unguessable, and ascending with time, so that new rows go to the end of every index."""

import os
import re
import time

RUN_ID = re.compile(r"run_[0-9a-f]{44}")

_RANDOM_BYTES = 16
_POOL_BYTES = 256 * _RANDOM_BYTES
_pool: list[bytes] = []


def new_run_id() -> str:
    """Return `run_`, 12 hexadecimal digits of time (milliseconds since 1970), and 128 random bits as 32 more digits."""
    # Read in bulk: each system call releases the interpreter lock.
    while True:
        try:
            random = _pool.pop()
            break
        except IndexError:
            drawn = os.urandom(_POOL_BYTES)
            _pool.extend(drawn[at : at + _RANDOM_BYTES] for at in range(0, _POOL_BYTES, _RANDOM_BYTES))
    return f"run_{time.time_ns() // 1_000_000:012x}{random.hex()}"


# A forked process must not return the same ids as its parent.
os.register_at_fork(after_in_child=_pool.clear)
