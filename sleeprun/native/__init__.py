"""The compiled kernel of a feed-forward network of Rulkov neurons (CPU), where it was built.

Two custom calls change the state of a whole network in place: a window of steps, and a
plasticity event. `kernel.cc` reads the arrays in the order in which they are given here.
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
from jaxtyping import Array, Float, Int

from sleeprun.network import Clock, Network, NetworkState, Population, now, projection_words
from sleeprun.neurons import RulkovMap
from sleeprun.plasticity import STDP

# Beside this file, or, for an editable install, where the build put it.
PLACES = (Path(__file__).parent, Path(sysconfig.get_path("platlib")) / "sleeprun" / "native")
BUILDS = ("kernel.so", "kernel_avx2.so", "kernel_avx512.so")  # for any processor, and better ones
CALLS = {"sleeprun_window": "SleeprunWindow", "sleeprun_plasticity": "SleeprunPlasticity"}
RULE = (
    "amplitude", "tau", "offset", "gain", "clip", "weight_min", "weight_max", "mean_smoothing",
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


def suits(network: Network) -> bool:
    """The kernel knows Rulkov neurons that do not feed back."""
    rulkov = all(isinstance(pop.neuron, RulkovMap) for pop in network.populations.values())
    loops = any(p.pre == p.post for p in network.projections.values())
    return rulkov and not loops and all(len(stage) == 1 for stage in network.stages())


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
        jnp.stack([projection.jitter for projection in wires.values()]),
    ]
    for name in order:
        population = network.populations[name]
        fixed += _constants(population)
        fixed += [state.resistance[name], drive.get(name, jnp.zeros((0, population.size)))]
    fixed += [state.weights[name] for name in wires]
    changing = [
        [*state.neurons[name], state.spiked[name], spikes.time, spikes.neuron, spikes.length,
         spikes.overflowed]
        for name in order
        for spikes in [state.spikes[name]]
    ]  # fmt: skip
    changed = _call(
        "sleeprun_window",
        fixed,
        changing,
        **_ends(network, order),
        steps=steps,
        first_step=clock.step,
    )
    neurons, spiked, spikes = {}, {}, {}
    for name, (*cells, counts, time, who, length, overflowed) in zip(order, changed, strict=True):
        neurons[name] = type(state.neurons[name])(*cells)
        spiked[name] = counts
        spikes[name] = state.spikes[name]._replace(
            time=time, neuron=who, length=length, overflowed=overflowed
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
    """Plasticity of the named projections, as `adapt.learn` does; spikes before `forgotten` go."""
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
        assert rule is not None
        fixed += [_rule_constants(rule), state.plastic[name].target, state.plastic[name].locked]
    changing = [
        [state.weights[name], *state.plastic[name].traces, state.plastic[name].mean]
        if name in ruled
        else [state.weights[name]]
        for name in wires
    ]
    changing += [
        [spikes.time, spikes.neuron, spikes.length, spikes.fresh, state.spiked[name]]
        for name in order
        for spikes in [state.spikes[name]]
    ]
    changed = iter(
        _call(
            "sleeprun_plasticity",
            fixed,
            changing,
            **_ends(network, order),
            mirrors=_integers(
                list(wires).index(p.mirrors) if p.mirrors else -1 for p in wires.values()
            ),
            ruled=_integers(name in ruled for name in wires),
            plastic=_integers(name in plastic and name in ruled for name in wires),
            rewarded=_integers(bool(p.rule and p.rule.rewarded) for p in wires.values()),
            excitatory=_integers(p.excitatory for p in wires.values()),
        )
    )
    weights, rules = {}, {}
    for name in wires:
        weights[name], *rest = next(changed)
        if rest:
            *traces, mean = rest
            before = state.plastic[name]
            rules[name] = before._replace(traces=type(before.traces)(*traces), mean=mean)
    spikes, spiked = {}, {}
    for name, (time, who, length, fresh, counts) in zip(order, changed, strict=True):
        spikes[name] = state.spikes[name]._replace(
            time=time, neuron=who, length=length, fresh=fresh
        )
        spiked[name] = counts
    return state._replace(weights=weights, plastic=rules, spikes=spikes, spiked=spiked)


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


def _call(
    target: str, fixed: Sequence[Array], changing: Sequence[Sequence[Array]], **attributes: Any
) -> list[list[Array]]:
    """A custom call that changes arrays in place; returns them in the groups that were given."""
    flat = [array for group in changing for array in group]
    call: Callable[..., Any] = jax.ffi.ffi_call(
        target,
        [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in flat],
        vmap_method="sequential",
        input_output_aliases={len(fixed) + k: k for k in range(len(flat))},
    )
    changed = iter(call(*fixed, *flat, **attributes))
    return [[next(changed) for _ in group] for group in changing]
