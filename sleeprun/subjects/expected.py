"""What an experiment will need: how long it takes, and in how much memory."""

from rich.filesize import decimal

from sleeprun.config import ConfigError
from sleeprun.protocol.describe import plural
from sleeprun.protocol.phases import Protocol
from sleeprun.subjects.experiment import Experiment
from sleeprun.subjects.footprint import Footprint

# Bytes of a process with its libraries and programs, and how many times as much as a state a run
# holds at its widest; measured with 2 to 32 foraging agents.
PROCESS, STATES = 600_000_000, 8
SURE = 0.5  # of what is expected, which every run that was measured took more than


def expected_seconds(config: Experiment, protocol: Protocol) -> list[float]:
    """About how long each phase takes, of all seeds."""
    seeds_a_core = -(-len(config.seeds) // config.devices)
    return [seeds_a_core * seconds for seconds in config.expected_seconds(protocol)]


def largest(config: Experiment) -> Footprint:
    """Of its arms."""
    arms = config.arms or [""]
    return max((config.arm(name).footprint() for name in arms), key=lambda each: each.least)


def expected_bytes(found: Footprint) -> int | None:
    """About how much memory a run takes; None where nobody knows."""
    if not found.states:
        return None
    return PROCESS + STATES * sum(found.states.values()) + sum(found.data.values())


def refuse_too_large(found: Footprint, seeds: int, free: int, whole: int) -> None:
    """Raises ConfigError where it cannot fit into so many bytes.

    That is where a state before and after a step is more than is free, or where what is sure of
    the estimate is more than the whole that there is; between the two others may yet make room.
    """
    sure = int(SURE * (expected_bytes(found) or 0))
    if found.least > free:
        least, there = found.least, f"{decimal(free)} are free"
    elif sure > whole:
        least, there = sure, f"there are {decimal(whole)}"
    else:
        return
    key = max(found.states, key=found.states.__getitem__)
    share = 2 * found.states[key] / found.least
    raise ConfigError(
        f"{key}: takes {share:.0%} of the {decimal(least)} of memory that are needed at least for "
        f"{plural(seeds, 'seed')}, and {there}; make it smaller, or the seeds fewer"
    )
