"""Short rounds of load that alternate between servers, and their figures."""

import time
from dataclasses import dataclass
from statistics import median

from bench.load import Kind, Sample, load

_PAUSE = 0.1  # seconds before each round, in which the work of the previous one ends


@dataclass(frozen=True)
class Target:
    """A server, and the requests that it gets."""

    port: int
    kind: Kind


def alternate(targets: dict[str, Target], count: int, connections: int, seconds: float) -> dict[str, list[Sample]]:
    """
    Load servers in turn. Every second time the order is reversed, so that other load on the machine affects all alike.

    Args:
        targets: The servers by name.
        count: The rounds of each.
        connections: The number of connections.
        seconds: The length of a round.

    Returns:
        The samples by name, in the order of the rounds.
    """
    of: dict[str, list[Sample]] = {name: [] for name in targets}
    for number in range(count):
        for name in reversed(targets) if number % 2 else targets:
            time.sleep(_PAUSE)
            of[name].append(load([targets[name].port], connections, seconds, targets[name].kind)[0])
    return of


def together(samples: list[Sample]) -> Sample:
    """Return the sample of all rounds, so that it includes events that happen only every few seconds."""
    latencies = [taken for sample in samples for taken in sample.latencies]
    run_ids = [run_id for sample in samples for run_id in sample.run_ids]
    return Sample(sum(sample.seconds for sample in samples), latencies, run_ids)


def ratio(ours: list[Sample], theirs: list[Sample]) -> float:
    """Return the median of the rounds' ratios of rates."""
    return median(our.rate / their.rate for our, their in zip(ours, theirs, strict=True))
