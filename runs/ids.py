"""Run ids: unguessable, and ascending with time so that new rows land at the end of every index."""

import os
import re
import time

# Crockford's base 32 in lower case: sorts as the number does, and has no letters that are mistaken for digits.
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in _DIGITS for b in _DIGITS]  # ten bits at a time

RUN_ID = re.compile(r"run_[0-9a-hjkmnp-tv-z]{36}")


def _encode(number: int, pairs: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(10 * pairs - 10, -10, -10)])


def new_run_id() -> str:
    """
    Returns:
        `run_` and 36 characters: 50 bits of time (milliseconds since 1970) and 130 random bits.
    """
    random = int.from_bytes(os.urandom(17), "big") >> 6
    return "run_" + _encode(time.time_ns() // 1_000_000, 5) + _encode(random, 13)
