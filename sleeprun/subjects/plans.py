"""The protocols of an experiment: of every arm, and what they share."""

from itertools import takewhile

from sleeprun.protocol.describe import shared_prefix
from sleeprun.protocol.phases import Protocol, Score
from sleeprun.subjects.experiment import Experiment


def arms_of(config: Experiment) -> dict[str, Protocol]:
    """The protocol of every arm; a config without arms has one, without a name."""
    return {name: config.arm(name).phases() for name in config.arms or [""]}


def trunk(config: Experiment, protocols: list[Protocol]) -> Protocol:
    """What is run once for all arms."""
    shared = shared_prefix(protocols)
    if config.arms and not config.arms_share_training:
        return tuple(takewhile(lambda phase: isinstance(phase, Score), shared))
    return shared


def carried_out(config: Experiment) -> dict[str, Protocol]:
    """What is run once for all arms, under no name; then what each arm does from there on."""
    protocols = arms_of(config)
    shared = trunk(config, list(protocols.values()))
    return {"": shared} | {
        name: protocol[behind(config, shared) :] for name, protocol in protocols.items() if name
    }


def behind(config: Experiment, shared: Protocol) -> int:
    """How many of its phases an arm does not carry out itself."""
    return len(shared) if config.arms_share_training else 0
