"""Networks in one batch, as on an accelerator, and what only a CPU spares itself."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import asleep, configured
from jax.extend.core import ClosedJaxpr, Jaxpr

from sleeprun.config.runtime import Engine
from sleeprun.subjects.forager import cycles
from sleeprun.subjects.forager.build import build, newborns
from sleeprun.subjects.forager.forager import leg_of
from sleeprun.subjects.forager.phases import Wake
from sleeprun.subjects.forager.state import AgentState, ClosedLoop
from sleeprun.together import most, seldom

NETWORKS = 3
PLASTIC = ("hidden_output",)
PHASES = {
    "awake": Wake("task1", cycles=1, plastic=PLASTIC),
    "asleep": asleep(1, PLASTIC),
}


def test_the_largest_of_a_batch_is_everyones() -> None:
    counts = jnp.array([3, 1, 5])
    np.testing.assert_array_equal(jax.vmap(lambda n: n * 0 + most(n))(counts), [5, 5, 5])
    np.testing.assert_array_equal(jax.lax.map(most, counts), counts)


def loops(jaxpr: Jaxpr) -> Iterator[Any]:
    """All that are in it, those of a kernel left out."""
    for equation in jaxpr.eqns:
        if equation.primitive.name == "while":
            yield equation
        if equation.primitive.name != "pallas_call":
            for value in equation.params.values():
                for inner in value if isinstance(value, tuple) else (value,):
                    if isinstance(inner, ClosedJaxpr | Jaxpr):
                        yield from loops(getattr(inner, "jaxpr", inner))


def waits(loop: Any) -> bool:
    """Whether each network of a batch has a say of its own in whether to go on."""
    return bool(loop.params["cond_jaxpr"].out_avals[0].shape)


def agents(engine: Engine) -> tuple[ClosedLoop, AgentState]:
    """Newborns whose currents have some of them spike, and some not."""
    config = configured(
        f"runtime.simulate={engine}", f"seeds={NETWORKS}", "network.populations.hidden.size=60"
    )
    loop = build(config)
    state = newborns(config, loop, config.seeds)
    kicks = 0.05 * jnp.arange(NETWORKS, dtype=jnp.float32)[:, None]
    neurons = {
        name: cell._replace(i=cell.i + kicks) for name, cell in state.network.neurons.items()
    }
    return loop, state._replace(network=state.network._replace(neurons=neurons))


@pytest.mark.parametrize("phase", PHASES)
def test_networks_of_a_batch_are_what_each_is_alone(phase: str, monkeypatch: Any) -> None:
    loop, state = agents("by_layer")
    leg = leg_of(loop, PHASES[phase])

    def live(one: AgentState) -> Any:
        return cycles.advance(loop, leg, jnp.int32(5), cycles.begin(loop, leg, one))

    alone = jax.jit(lambda each: jax.lax.map(live, each))(state)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    together = jax.jit(jax.vmap(live))(state)
    for name in state.network.spikes:
        counts = together[1].spikes[name]
        np.testing.assert_array_equal(counts, alone[1].spikes[name])
    assert len(set(np.asarray(together[1].spikes["hidden"]))) > 1, "they must differ"
    for ours, theirs in zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("engine", ["fused", "by_layer"])
@pytest.mark.parametrize("phase", PHASES)
def test_no_network_of_a_batch_is_held_back_in_a_loop(
    engine: Engine, phase: str, monkeypatch: Any
) -> None:
    loop, state = agents(engine)
    leg = leg_of(loop, PHASES[phase])

    def live(one: AgentState) -> Any:
        return cycles.advance(loop, leg, jnp.int32(5), one)

    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    found = list(loops(jax.make_jaxpr(jax.vmap(live))(state).jaxpr))
    assert len(found) > 3
    assert not any(waits(each) for each in found)
    assert waits(next(loops(jax.make_jaxpr(jax.vmap(held_back))(jnp.arange(3)).jaxpr)))


def held_back(count: Any) -> Any:
    return jax.lax.fori_loop(0, count, lambda _, n: n + 1, 0)


def test_what_is_seldom_needed_is_always_computed_in_a_batch(monkeypatch: Any) -> None:
    def told() -> Any:
        return seldom(jnp.bool_(False), lambda: jnp.int32(1), lambda: jnp.int32(0))

    assert told() == 0
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert told() == 1
