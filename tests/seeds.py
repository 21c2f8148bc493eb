"""The seed of tests that draw what they do: printed, so that a failure can be brought about again."""

import os
import random


def soak_seed() -> int:
    """Return SOAK_SEED, or else one that follows the suite's own seed, and print it."""
    seed = int(os.environ.get("SOAK_SEED") or random.randrange(2**32))
    print(f"SOAK_SEED={seed}")
    return seed
