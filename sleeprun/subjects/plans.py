"""The protocols of an experiment: of every arm, and what they share."""

from itertools import takewhile

from sleeprun.config import AnyConfig, ImagesConfig
from sleeprun.protocol.describe import Protocol, shared_prefix
from sleeprun.protocol.phases import Score
from sleeprun.subjects.classifier.plan import lessons
from sleeprun.subjects.forager.plan import plan


def arms_of(config: AnyConfig) -> dict[str, Protocol]:
    """The protocol of every arm; a config without arms has one, without a name."""
    return {name: _protocol(config.arm(name)) for name in config.arms or [""]}


def _protocol(config: AnyConfig) -> Protocol:
    return lessons(config) if isinstance(config, ImagesConfig) else plan(config, config.sleep)


def trunk(config: AnyConfig, protocols: list[Protocol]) -> Protocol:
    """What is run once for all arms. Arms of perceptrons may train differently from the start."""
    shared = shared_prefix(protocols)
    if isinstance(config, ImagesConfig) and config.arms:
        return tuple(takewhile(lambda phase: isinstance(phase, Score), shared))
    return shared


def expected_seconds(config: AnyConfig, cycles: int) -> float:
    """About how long so many movement cycles of every seed take."""
    seeds_a_core = -(-len(config.seeds) // config.devices)
    return cycles * seeds_a_core / config.runtime.expected_cycles_per_second
