"""What a config says of a spiking network: any number of populations and projections, by name."""

from collections.abc import Iterator, Mapping
from math import prod
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from sleeprun.config.promise import asking, given
from sleeprun.config.spelling import nearest
from sleeprun.config.values import Capacity, Count, Positive, Section, as_list, is_whole
from sleeprun.spiking.homeostasis import HOMEOSTASES
from sleeprun.spiking.neurons import NEURONS, Membrane
from sleeprun.spiking.plasticity import RULES
from sleeprun.spiking.synapses import STARTS, SYNAPSES, WIRINGS, Conducting
from sleeprun.spiking.synapses.weights import Mirror
from sleeprun.spiking.synapses.wiring import Ends


class PopulationConfig(Section):
    size: Annotated[list[Count], BeforeValidator(as_list), Field(min_length=1, max_length=2)]
    neuron: str  # one of the network's `neurons`
    homeostasis: Annotated[Any, HOMEOSTASES] | None
    spike_capacity: Capacity  # spikes that are kept at first; the list grows where it must

    @property
    def count(self) -> int:
        return prod(self.size)


class ProjectionConfig(Section):
    pre: str
    post: str
    # Weights are positive. A conductance inhibits as well where its reversal is not above rest;
    # one between rest and threshold, which shunts, is inhibitory where that is said.
    sign: Literal["excitatory", "inhibitory"] = "excitatory"
    wiring: Annotated[Any, WIRINGS] | None
    weights: Annotated[Any, STARTS]
    synapse: Annotated[Any, SYNAPSES]
    plasticity: str | None  # one of the network's `rules`

    @property
    def mirrors(self) -> str | None:
        """The projection that its weights follow."""
        return self.weights.of if issubclass(self.weights.declares, Mirror) else None


class LocalSteps(Section):
    """Blocks of quiet cells take long steps, where the compiled kernel simulates them; and what is
    slow (calcium gates, calcium and h currents, GABA_B) takes them in all cells.
    """

    length: Positive  # ms
    below: dict[str, float]  # mV, by population; all of a block's cells are, and nothing drives it


class NetworkConfig(Section):
    kind: Literal["spiking"]
    variant: str | None = None  # which records of older versions lack,
    local_steps: LocalSteps | None = None  # as this
    cycle_steps: Annotated[int, Field(ge=2)]
    step_ms: Positive
    neurons: dict[str, Annotated[Any, NEURONS]]
    rules: dict[str, Annotated[Any, RULES]]
    populations: Annotated[dict[str, PopulationConfig], Field(min_length=1)]
    projections: dict[str, ProjectionConfig]

    @property
    def plastic(self) -> tuple[str, ...]:
        """The projections that learn."""
        return tuple(name for name, entry in self.projections.items() if entry.plasticity)

    def inhibits(self, projection: ProjectionConfig) -> bool:
        """By its sign or, where conductances open, by their reversal potential."""
        if projection.sign == "inhibitory" or not _conducts(projection):
            return projection.sign == "inhibitory"
        post = self.neurons[self.populations[projection.post].neuron]
        neuron, synapse = (each.make(step_ms=self.step_ms) for each in (post, projection.synapse))
        given(neuron, "potential", given(neuron, "init", 1))  # tells what fails in a user's own
        return synapse.inhibits(neuron.potential(neuron.init(1))[0])

    def ends(self, projection: ProjectionConfig) -> Ends:
        pre, post = (tuple(self.populations[e].size) for e in (projection.pre, projection.post))
        return Ends(pre, post, recurrent=projection.pre == projection.post)


MOST_SYNAPSES = 2**31 - 1  # of a projection; an int32 counts them


def contradictions(network: NetworkConfig) -> Iterator[str]:
    """One line for each."""
    yield from _local_steps(network)
    for name, population in network.populations.items():
        key = f"network.populations.{name}"
        named = network.neurons
        yield from _unknown(f"{key}.neuron", population.neuron, named, "neuron", "network.neurons")
    for name, projection in network.projections.items():
        key = f"network.projections.{name}"
        if name in network.populations:
            yield f"{key}: a population is named so, too; choose another name"
        for end in ("pre", "post"):
            wanted = getattr(projection, end)
            yield from _unknown(f"{key}.{end}", wanted, network.populations, "population")
        if projection.plasticity:
            rule, named = projection.plasticity, network.rules
            yield from _unknown(f"{key}.plasticity", rule, named, "rule", "network.rules")
        if {projection.pre, projection.post} <= set(network.populations):
            ends = network.ends(projection)
            if prod(ends.shape) > MOST_SYNAPSES:
                joined = " x ".join(f"{size:,d}" for size in ends.shape)
                yield f"{key}: joins {joined} neurons, more pairs than can be counted (2^31 - 1)"
                continue
            yield from _misfits(key, name, projection, network)
            misfits = list(_cannot_conduct(key, projection, network))
            yield from misfits or _cannot_learn(key, projection, network)


def _local_steps(network: NetworkConfig) -> Iterator[str]:
    local, key = network.local_steps, "network.local_steps"
    if local is None:
        return
    step, cycle = network.step_ms, network.cycle_steps * network.step_ms
    if not is_whole(local.length / step) or local.length > cycle:
        some = f"must be some whole steps, of {step:g} ms each, and no longer than a cycle"
        yield f"{key}.length={local.length}: {some}, {cycle:g} ms"
    for name in local.below:
        population = network.populations.get(name)
        yield from _unknown(f"{key}.below.{name}", name, network.populations, "population")
        neuron = network.neurons.get(population.neuron) if population else None
        if neuron is not None and not issubclass(neuron.declares, Membrane):
            yield f"{key}.below.{name}: {neuron.kind} neurons have no membrane potential in mV"


def _unknown(
    key: str, name: str, known: Mapping[str, object], what: str, where: str = ""
) -> Iterator[str]:
    if name not in known:
        another = f"; define another with +{where}.{name}={{kind: ...}}" if where else ""
        yield f"{key}='{name}': no such {what}{nearest(name, list(known))}{another}"


def _misfits(
    key: str, name: str, projection: ProjectionConfig, network: NetworkConfig
) -> Iterator[str]:
    wiring, mirrors = projection.wiring, projection.mirrors
    if mirrors is None:
        if wiring is None:
            yield f"{key}.wiring=null: only mirrored weights need no wiring of their own"
            return
        made = wiring.make()
        with asking(made, "misfit"):
            misfit = made.misfit(network.ends(projection))
        if misfit:
            yield f"{key}.wiring.{misfit} (population {projection.pre})"
        return
    if wiring is not None:
        yield f"{key}.wiring: mirrored weights run along what they mirror; must be null"
    mirrored = network.projections.get(mirrors)
    if mirrored is None or mirrored.mirrors is not None:
        allowed = [other for other in network.projections if other != name]
        yield f"{key}.weights.of='{mirrors}': cannot be mirrored{nearest(mirrors, allowed)}"
    elif (mirrored.pre, mirrored.post) != (projection.pre, projection.post):
        yield f"{key}.weights.of='{mirrors}': must join the same two populations"
    if projection.plasticity:
        yield f"{key}.plasticity: mirrored weights are not learned; must be null"


def _cannot_conduct(
    key: str, projection: ProjectionConfig, network: NetworkConfig
) -> Iterator[str]:
    """Where a synapse acts by the potential of neurons that have none, or by negative weights."""
    if not _conducts(projection):
        return
    kind, name = projection.synapse.kind, network.populations[projection.post].neuron
    neuron = network.neurons.get(name)
    if neuron is not None and not issubclass(neuron.declares, Membrane):
        yield (
            f"{key}.synapse.kind='{kind}': population {projection.post} has {neuron.kind} neurons, "
            "which have no membrane potential in mV; choose adex or conductance_based, or a "
            "synapse that adds to a current"
        )
    if projection.mirrors is not None:
        yield f"{key}.weights.kind='mirror': those weights are negative, which no conductance is"


def _conducts(projection: ProjectionConfig) -> bool:
    return issubclass(projection.synapse.declares, Conducting)


def _cannot_learn(key: str, projection: ProjectionConfig, network: NetworkConfig) -> Iterator[str]:
    known = network.populations[projection.post].neuron in network.neurons
    if projection.plasticity and known and network.inhibits(projection):
        told = "rules and homeostasis are those of excitation; must be null"
        yield f"{key}.plasticity='{projection.plasticity}': inhibitory; {told}"


def cautions(network: NetworkConfig) -> Iterator[tuple[str, str]]:
    """Homeostasis that never acts: a key, and why."""
    scaled = {
        network.projections[name].post
        for name in network.plastic
        if network.rules[network.projections[name].plasticity or ""].normalise
    }
    for name, population in network.populations.items():
        key, homeostasis = f"network.populations.{name}.homeostasis", population.homeostasis
        if homeostasis is None:
            continue
        if not network.plastic:
            yield key, "has no effect: it acts while a projection is plastic, and none ever is"
        elif homeostasis.regulates == "in_weights" and name not in scaled:
            yield key, f"has no effect: no plastic projection to {name} scales its in-weights"
