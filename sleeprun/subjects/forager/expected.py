"""About how long an agent's phases take."""

from sleeprun.protocol.phases import Decay, Interleave, Phase, Protocol
from sleeprun.spiking.engines import Chosen
from sleeprun.subjects.forager.schema import Config

PUBLISHED = 841 * 600  # neurons x steps, of which `runtime.expected_cycles_per_second` speaks
EVERY_STEP = 2.5  # times longer, where the native kernel skips none


def expected_seconds(config: Config, chosen: Chosen, protocol: Protocol) -> list[float]:
    """Of one agent on a core, each phase."""
    network = config.network
    neurons = sum(population.count for population in network.populations.values())
    longer = chosen.slower * neurons * network.cycle_steps / PUBLISHED
    if chosen.engine == "native" and not config.runtime.skip_quiet:
        longer *= EVERY_STEP
    a_cycle = longer / config.runtime.expected_cycles_per_second
    return [a_cycle * simulated(phase) for phase in protocol]


def simulated(phase: Phase) -> int:
    """Cycles of a phase in which neurons are simulated; those of decay take next to no time."""
    if isinstance(phase, Interleave):
        return phase.rounds * sum(map(simulated, phase.phases))
    return 0 if isinstance(phase, Decay) else phase.cycles
