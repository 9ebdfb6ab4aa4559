"""The protocols of an experiment: of every arm, and what they share."""

from itertools import takewhile

from sleeprun.config import Common
from sleeprun.protocol.describe import shared_prefix
from sleeprun.protocol.phases import Protocol, Score


def arms_of(config: Common) -> dict[str, Protocol]:
    """The protocol of every arm; a config without arms has one, without a name."""
    return {name: config.arm(name).phases() for name in config.arms or [""]}


def trunk(config: Common, protocols: list[Protocol]) -> Protocol:
    """What is run once for all arms."""
    shared = shared_prefix(protocols)
    if config.arms and not config.arms_share_training:
        return tuple(takewhile(lambda phase: isinstance(phase, Score), shared))
    return shared


def expected_seconds(config: Common, cycles: int) -> float:
    """About how long so many movement cycles of every seed take."""
    seeds_a_core = -(-len(config.seeds) // config.devices)
    speed = config.runtime.expected_cycles_per_second / config.slower()
    return cycles * seeds_a_core / speed
