"""What a run would do, how long it would take, and whether it would fit: nothing is run."""

import logging

from rich.filesize import decimal

from sleeprun.protocol.describe import describe, duration, plural, shortening
from sleeprun.protocol.phases import Protocol
from sleeprun.runs import bounds, branch, memory
from sleeprun.runs.devices import prepare_jax
from sleeprun.subjects.expected import expected_bytes, expected_seconds, largest, refuse_too_large
from sleeprun.subjects.experiment import Experiment
from sleeprun.subjects.footprint import Footprint
from sleeprun.subjects.plans import behind, carried_out

log = logging.getLogger("sleeprun")


def print_protocol(config: Experiment) -> None:
    """The phases of every arm, and about how long they will take, in how much memory."""
    bounds.given(config)
    prepare_jax(config.devices)  # what simulates it, and what a state fits, depend on the device
    for key, what in config.cautions():
        log.warning("%s: %s", key, what)
    found = largest(config)
    free, whole = memory.of_devices(), memory.whole_of_devices()
    refuse_too_large(found, len(config.seeds), free, whole)
    parts = carried_out(config)
    short = shortening(config.shortened, config.protocol.scale)
    print(", ".join(filter(None, [f"{config.name}: {plural(len(config.seeds), 'seed')}", short])))
    done = _phases_behind(config, parts[""])
    cycles, seconds, about = 0, 0.0, "about" if config.timed else "at least"
    for name, protocol in parts.items():
        first = behind(config, parts[""]) if name else done
        left = protocol if name else protocol[done:]
        took = sum(expected_seconds(config.arm(name), left))
        if config.arms:
            told = f"arm {name}" if name else "run once for all arms"
            print(f"\n{told}, {about} {duration(took)}")
        print("\n".join(describe(left, config.unit, first)))
        cycles, seconds = cycles + sum(phase.cycles for phase in left), seconds + took
    together = ", in all arms together" * bool(config.arms)
    needs = _needs(config, seconds, found, free)
    print(f"\n{cycles:,d} {config.unit} a seed{together}; {about} {needs}")


def _needs(config: Experiment, seconds: float, found: Footprint, free: int) -> str:
    told = f"{duration(seconds)} on {plural(config.devices, 'core')}"
    needed = expected_bytes(found)
    if needed is None:
        return told
    more = f", and {decimal(free)} are free" if needed > free else ""
    return f"{told}, {decimal(needed)} of memory{more}"


def _phases_behind(config: Experiment, protocol: Protocol) -> int:
    """How many phases another run has done for this one; says which."""
    if config.origin is None or config.resume:
        return 0
    found = branch.find(config.origin, config, protocol)
    print(f"begins after '{found.boundary}' from {found.checkpoint}; what is left:")
    return found.phases
