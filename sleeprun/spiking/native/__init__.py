"""The compiled kernels (CPU), where they were built.

Custom calls change the state of a whole network in place: for a feed-forward network of Rulkov
neurons a window of steps, and a plasticity event; for a perceptron a window of its sleep.
`window.cc`, `plasticity.cc` and `replay.cc` read the arrays in the order in which they are given
here, and refuse those whose types or sizes are not what they take.
"""

import ctypes
import sysconfig
from collections.abc import Callable, Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from sleeprun.spiking.network import (
    Clock,
    Network,
    NetworkState,
    Population,
    now,
    projection_words,
    signed,
)
from sleeprun.spiking.neurons.rulkov import RulkovMap
from sleeprun.spiking.plasticity.stdp import STDP
from sleeprun.spiking.synapses.current import Current

# Beside this file, or, for an editable install, where the build put it.
PLACES = (
    Path(__file__).parent,
    Path(sysconfig.get_path("platlib")) / "sleeprun" / "spiking" / "native",
)
BUILDS = ("kernel.so", "kernel_avx2.so", "kernel_avx512.so")  # for any processor, and better ones
CALLS = {
    "sleeprun_window": "SleeprunWindow",
    "sleeprun_plasticity": "SleeprunPlasticity",
    "sleeprun_replay": "SleeprunReplay",
}
RULE = (
    "amplitude", "tau", "age_offset", "gain", "clip", "weight_min", "weight_max", "mean_smoothing",
    "mean_floor", "reach",
)  # fmt: skip
RULKOV = ("alpha", "beta_e", "mu", "sigma", "current_decay", "v_rest", "plateau")


@cache
def available() -> bool:
    """Whether the kernel is there for this backend; registers it with XLA the first time."""
    folder = _folder()
    if jax.default_backend() != "cpu" or folder is None:
        return False
    builds = [build for build in BUILDS[: processor() + 1] if (folder / build).exists()]
    library = ctypes.CDLL(str(folder / builds[-1]))
    for target, symbol in CALLS.items():
        capsule = jax.ffi.pycapsule(getattr(library, symbol))
        jax.ffi.register_ffi_target(target, capsule, platform="cpu")
    return True


def processor() -> int:
    """The best of BUILDS that this processor can run."""
    folder = _folder()
    return ctypes.CDLL(str(folder / BUILDS[0])).SleeprunProcessor() if folder else 0


def _folder() -> Path | None:
    return next((place for place in PLACES if (place / BUILDS[0]).exists()), None)


def simulates(network: Network) -> bool:
    """Whether the kernel is wanted and takes every population and projection."""
    return network.engine == "native" and not refused(network)


def learns(network: Network) -> bool:
    """Whether it takes every rule, too."""
    return simulates(network) and not unlearned(network)


def refused(network: Network) -> list[str]:
    """What the kernel does not know: it knows Rulkov neurons that do not feed back, no more."""
    found = [
        f"population {name} ({type(population.neuron).__name__})"
        for name, population in network.populations.items()
        if type(population.neuron) is not RulkovMap
    ]
    found += [
        f"projection {name} ({type(projection.synapse).__name__})"
        for name, projection in network.projections.items()
        if type(projection.synapse) is not Current
    ]
    if fed_back := network.fed_back():
        found.append(f"feedback among {', '.join(fed_back)}")
    return found


def unlearned(network: Network) -> list[str]:
    """Rules that the kernel does not know: it knows STDP that normalises, no more."""
    return [
        f"projection {name} (rule {type(rule).__name__})"
        for name, rule in network.rules.items()
        if type(rule) is not STDP or not rule.normalise
    ]


def window(
    network: Network,
    state: NetworkState,
    clock: Clock,
    steps: int,
    drive: dict[str, Float[Array, "time _"]],
) -> NetworkState:
    """Simulate `steps` steps of the whole network, as `simulate.advance` does."""
    order = [name for (name,) in network.stages()]
    wires = network.projections
    fixed = [
        jnp.stack([clock.cycle, now(network, clock)]),
        jnp.stack([projection_words(network, clock, name) for name in wires]),
        jnp.stack([projection.synapse.jitter for projection in wires.values()]),
    ]
    for name in order:
        population = network.populations[name]
        fixed += _constants(population)
        fixed += [state.resistance[name], drive.get(name, jnp.zeros((0, population.size)))]
    fixed += [signed(network, state, name) for name in wires]
    changed = _call(
        "sleeprun_window",
        fixed,
        [(state.neurons[name], state.spiked[name], state.spikes[name]) for name in order],
        **_ends(network, order),
        steps=steps,
        first_step=clock.step,
    )
    neurons, spiked, spikes = (
        dict(zip(order, part, strict=True)) for part in zip(*changed, strict=True)
    )
    return state._replace(neurons=neurons, spiked=spiked, spikes=spikes)


def _constants(population: Population) -> list[Array]:
    neuron, relaxation = population.neuron, population.relaxation
    constants = jnp.stack([getattr(neuron, name) for name in RULKOV])
    if relaxation is None:
        nothing = jnp.zeros((0, 2, 0))
        return [constants, jnp.zeros(0), nothing, jnp.zeros((0, 0)), jnp.int32(0)]
    return [constants, relaxation.limits, relaxation.taylor, relaxation.table, relaxation.reach]


def learn(
    network: Network,
    state: NetworkState,
    clock: Clock,
    reward: Float[Array, ""],
    plastic: Collection[str],
    forgotten: Int[Array, ""],
) -> NetworkState:
    """Plasticity of the named projections, as `learning.learn`; spikes before `forgotten` go."""
    order = [name for (name,) in network.stages()]
    wires = network.projections
    ruled = [name for name in wires if name in state.plastic]
    fixed = [
        jnp.stack([now(network, clock), forgotten]),
        reward,
        *(state.out_start[name] for name in order),
    ]
    for name in ruled:
        rule = wires[name].rule
        assert isinstance(rule, STDP)
        fixed += [_rule_constants(rule), state.plastic[name].target, state.plastic[name].locked]
    before = {name: state.plastic[name].own for name in ruled}
    wired, spiking = _call(
        "sleeprun_plasticity",
        fixed,
        (
            [(state.weights[name], before.get(name)) for name in wires],
            [(state.spiked[name], state.spikes[name]) for name in order],
        ),
        **_ends(network, order),
        mirrors=_integers(
            list(wires).index(p.mirrors) if p.mirrors else -1 for p in wires.values()
        ),
        ruled=_integers(name in ruled for name in wires),
        plastic=_integers(name in plastic and name in ruled for name in wires),
        rewarded=_integers(isinstance(p.rule, STDP) and p.rule.rewarded for p in wires.values()),
        excitatory=_integers(p.excitatory for p in wires.values()),
    )
    weights = {name: after for name, (after, _) in zip(wires, wired, strict=True)}
    rules = {
        name: state.plastic[name]._replace(own=learned)
        for name, (_, learned) in zip(wires, wired, strict=True)
        if learned is not None
    }
    spiked, spikes = (dict(zip(order, part, strict=True)) for part in zip(*spiking, strict=True))
    return state._replace(weights=weights, plastic=rules, spikes=spikes, spiked=spiked)


def replay(
    rule: Float[Array, "4"],
    threshold: Float[Array, " layer"],
    alpha: Float[Array, " layer"],
    raster: Bool[Array, "time pixel"],
    length: Int[Array, ""],
    weights: tuple[Float[Array, "_ _"], ...],
    membrane: tuple[Float[Array, " _"], ...],
) -> tuple[tuple[Array, ...], tuple[Array, ...], Int[Array, " layer"]]:
    """The first `length` steps of a raster asleep; `rule` is inc, dec, slope and decay.

    Returns weights, membranes and how many neurons of each layer spiked, as `gradient.replay` does.
    """
    fixed = [rule, threshold, alpha, raster, jnp.clip(length, 0, raster.shape[0])]
    silent = jnp.zeros(len(weights), jnp.int32)
    return _call("sleeprun_replay", fixed, (weights, membrane, silent))


def _rule_constants(rule: STDP) -> Float[Array, " constant"]:
    return jnp.stack([getattr(rule, name).astype(jnp.float32) for name in RULE])


def _ends(network: Network, order: list[str]) -> dict[str, Any]:
    wires = network.projections.values()
    return {
        "pre": _integers(order.index(p.pre) for p in wires),
        "post": _integers(order.index(p.post) for p in wires),
        "populations": len(order),
    }


def _integers(numbers: Any) -> np.ndarray:
    return np.array(list(numbers), np.int64)


def _call(target: str, fixed: Sequence[Array], changing: Any, **attributes: Any) -> Any:
    """A custom call that changes the arrays of a pytree in place; returns them as they came."""
    leaves, structure = jax.tree.flatten(changing)
    call: Callable[..., Any] = jax.ffi.ffi_call(
        target,
        [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in leaves],
        vmap_method="sequential",
        input_output_aliases={len(fixed) + k: k for k in range(len(leaves))},
    )
    return jax.tree.unflatten(structure, call(*fixed, *leaves, **attributes))
