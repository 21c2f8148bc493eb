"""A sink's rate: a token bucket."""

import re
from dataclasses import dataclass

_RATE = re.compile(r"([1-9][0-9]{0,8})\s*/\s*(s|sec|second|m|min|minute|h|hour|d|day)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so long."""

    count: int
    seconds: int


def parse_rate(text: str) -> Rate:
    """
    Read a rate: `60/min`, `5/s`, `1000/hour`.

    Raises:
        ValueError: It is none.
    """
    if not (match := _RATE.fullmatch(text.strip().lower())):
        raise ValueError("A rate is a number per time: 5/s, 60/min, 1000/h or 10000/day.")
    return Rate(int(match[1]), _SECONDS[match[2][0]])
