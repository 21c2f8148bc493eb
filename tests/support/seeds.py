"""The seed of randomized tests; it is printed, so that a failure can be reproduced."""

import os
import random


def soak_seed() -> int:
    """Return and print SOAK_SEED, or a seed derived from the suite's own seed."""
    seed = int(os.environ.get("SOAK_SEED") or random.randrange(2**32))
    print(f"SOAK_SEED={seed}")
    return seed
