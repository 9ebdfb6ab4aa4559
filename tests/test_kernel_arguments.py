"""The kernel refuses arrays that are not what it takes, and names the first of them."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest
from conftest import configured
from replaying import rule

from sleeprun import noise
from sleeprun.config import ConfigError
from sleeprun.gradient.replay import Replay
from sleeprun.spiking import build, native
from sleeprun.spiking.native import library
from sleeprun.spiking.network import Clock, Network, NetworkState
from sleeprun.spiking.neurons.rulkov import RulkovMap
from sleeprun.spiking.plasticity.stdp import STDP


@pytest.fixture
def network() -> Network:
    assert native.available(), "the package must be built with its kernel to be tested"
    return build.build(configured("network.populations.hidden.size=[6,6]").network, "native", True)


@pytest.fixture
def state(network: Network) -> NetworkState:
    return network.init(
        build.starting_weights(configured("network.populations.hidden.size=[6,6]").network, 0)
    )


CLOCK = Clock(jnp.int32(0), 0, noise.stream(noise.seed_key(0), 1))


def window(network: Network, state: NetworkState, drive: dict[str, jax.Array] | None = None) -> Any:
    return jax.block_until_ready(native.window(network, state, CLOCK, 20, drive or {}))


def learn(network: Network, state: NetworkState) -> Any:
    plastic = tuple(state.plastic)
    done = native.learn(network, state, CLOCK, jnp.float32(1), plastic, jnp.int32(0))
    return jax.block_until_ready(done)


def refused(told: str) -> Any:
    return pytest.raises(jax.errors.JaxRuntimeError, match=told)


def test_right_arrays_are_taken(network: Network, state: NetworkState) -> None:
    assert window(network, state).neurons.keys() == state.neurons.keys()
    assert learn(network, state).weights.keys() == state.weights.keys()


def test_a_drive_that_is_longer_than_the_window(network: Network, state: NetworkState) -> None:
    with refused("population 1: its drive is longer than the window"):
        window(network, state, {"hidden": jnp.zeros((21, 36))})


def test_weights_of_another_size(network: Network, state: NetworkState) -> None:
    (name, *_) = network.projections
    wrong = state._replace(weights=state.weights | {name: jnp.zeros((36, 49))})
    for call in (window, learn):
        with refused(r"projection 0: weights must be of its type and of shape \[49, 36\]"):
            call(network, wrong)


def test_a_vector_where_a_matrix_is_wanted(network: Network, state: NetworkState) -> None:
    (name, *_) = state.plastic
    rule = state.plastic[name]
    flat = rule._replace(own=rule.own._replace(mean=jnp.zeros(36 * 49)))
    with refused(r"mean must be of its type and of shape \["):
        learn(network, state._replace(plastic=state.plastic | {name: flat}))


def test_a_state_of_another_type(network: Network, state: NetworkState) -> None:
    cells = state.neurons["output"]
    wrong = state.neurons | {"output": cells._replace(u=cells.u.astype(jnp.int32))}
    with refused(r"population 2: u must be of its type and of shape \[8\]"):
        window(network, state._replace(neurons=wrong))


@pytest.mark.parametrize(
    ("part", "told"),
    [("taylor", r"taylor must be .* \[any, 2, 34\]"), ("table", r"table must be .* \[any, 16\]")],
)
def test_expansions_of_another_shape(
    part: str, told: str, network: Network, state: NetworkState
) -> None:
    """The kernel's sums are unrolled over the terms that Python expands into."""

    def expansion(network: Network) -> jax.Array:
        return getattr(network.populations["hidden"].relaxation, part)

    other = eqx.tree_at(expansion, network, expansion(network)[..., :-1])
    with refused(f"population 1: {told}"):
        window(other, state)


def test_layers_that_do_not_fit_together() -> None:
    weights = (jnp.zeros((5, 4)), jnp.zeros((3, 2)))
    given = (rule(), jnp.ones(2), jnp.ones(2), jnp.zeros((7, 5), bool), jnp.int32(7))
    membrane = tuple(jnp.zeros(matrix.shape[1]) for matrix in weights)
    with refused(r"layer 1: weights must be of its type and of shape \[4, any\]"):
        jax.block_until_ready(native.replay(*given, weights, membrane))


def test_constants_are_as_many_as_the_kernel_reads(network: Network, state: NetworkState) -> None:
    rules = {
        name: eqx.tree_at(lambda p: p.synapse.jitter, projection, jnp.zeros(2))
        for name, projection in network.projections.items()
    }
    with refused(r"jitter must be of its type and of shape \[3\]"):
        window(eqx.tree_at(lambda n: n.projections, network, rules), state)


@pytest.mark.parametrize(
    ("of", "declared"), [("Rulkov", RulkovMap), ("STDP", STDP), ("ReplayRule", Replay)]
)
def test_the_kernel_takes_constants_that_are_declared(of: str, declared: type) -> None:
    assert native.available(), "the package must be built with its kernel to be tested"
    names = library.names(of)
    assert len(names) == len(set(names)) > 0
    assert set(names) <= {field.name for field in dataclasses.fields(declared)}


def test_a_kernel_of_older_source_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "CALLS", library.CALLS | {"sleeprun_later": "SleeprunLater"})
    with pytest.raises(ConfigError, match="it has no SleeprunLater"):
        library.available.__wrapped__()
