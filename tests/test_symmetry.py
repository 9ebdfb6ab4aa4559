"""A world turned by 90 degrees, with its tasks and the wiring of the agent's eyes and moves, is the
same world: task 2 is task 1 turned.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import asleep, configured

from sleeprun import noise
from sleeprun.config.runtime import Engine
from sleeprun.subjects.forager import cycles
from sleeprun.subjects.forager.build import build, newborns
from sleeprun.subjects.forager.forager import leg_of
from sleeprun.subjects.forager.phases import Wake
from sleeprun.subjects.forager.state import AgentState, ClosedLoop
from sleeprun.tasks.foraging_world import MOVES, OUTPUTS, ForagingWorld, Task, WorldState, place

WORDS = noise.stream(noise.seed_key(1), 12)
# Which output neuron moves where one moves, turned.
TURNED = np.array([np.flatnonzero(((-y, x) == MOVES).all(axis=1))[0] for x, y in MOVES[:OUTPUTS]])
PLASTIC = ("input_hidden", "hidden_output")
# No random factors, which neurons have by their numbers; then inhibition, which balances excitation
# on average, would silence the output.
NO_NOISE = (
    "network.projections.input_hidden.synapse.jitter=0",
    "network.projections.hidden_output.synapse.jitter=0",
    "~network.projections.hidden_output_inhibition",
    "network.projections.hidden_output.weights.kind=coins",
    "~network.projections.hidden_output.weights.value",
    "+network.projections.hidden_output.weights.floor=0.001",
    "+network.projections.hidden_output.weights.coin=0.0002",
    "+network.projections.hidden_output.weights.coins_per_synapse=5",
    "network.rules.rewarded.trace_capacity=300000",
    "network.rules.unsupervised.trace_capacity=300000",
)


def turned(board: Any) -> Any:
    """What lay at (x, y) lies at (-y, x), from the other end."""
    return jnp.rot90(board, 1)


def turned_task(task: Task) -> Task:
    x, y = task.squares[..., 0], task.squares[..., 1]
    return task._replace(squares=jnp.stack([-y, x], axis=-1))


def turned_state(state: WorldState) -> WorldState:
    size = state.board.shape[0]
    x, y = state.position
    return state._replace(
        board=turned(state.board),
        position=jnp.stack([size - 1 - y, x]),
        direction=jnp.asarray(TURNED)[state.direction],
    )


@pytest.fixture(scope="module")
def world() -> ForagingWorld:
    return build(configured("tasks.hunger_per_percent=1e9")).world


@pytest.mark.parametrize("name", ["task1", "task2"])
def test_moving_eating_and_seeing_turn_with_the_world(world: ForagingWorld, name: str) -> None:
    task, ate = world.tasks[name], 0
    state = world.lay(task, WORDS, jnp.int32(0))
    move = eqx.filter_jit(world.move)
    for cycle in range(150):
        neuron = np.random.default_rng(cycle).integers(OUTPUTS)
        spikes = jnp.zeros(OUTPUTS).at[neuron].set(2.0)
        there, meal = move(
            turned_state(state), turned_task(task), jnp.zeros(OUTPUTS).at[TURNED[neuron]].set(2.0),
            WORDS, jnp.int32(cycle),
        )  # fmt: skip
        state, same = move(state, task, spikes, WORDS, jnp.int32(cycle))
        assert meal == same
        here = turned_state(state)
        np.testing.assert_array_equal(there.position, here.position)
        assert (there.direction, there.hunger) == (here.direction, here.hunger)
        if same.rewarded | same.punished:  # where the new particle lies is drawn
            ate += 1
            there = there._replace(board=here.board)
        np.testing.assert_array_equal(there.board, here.board)
        seen = world.see(state).reshape(world.vision)
        np.testing.assert_array_equal(world.see(there).reshape(world.vision), turned(seen))
    assert ate > 3


def test_particles_fit_where_they_fit_turned(world: ForagingWorld) -> None:
    task = world.tasks["task1"]
    board = world.lay(task, WORDS, jnp.int32(0)).board[:20, :20]
    draws = jnp.asarray((np.arange(2000) + 0.5) / 2000, jnp.float32)

    def spots(board: Any, squares: Any) -> set[bytes]:
        put = jax.vmap(lambda draw: place(board, jnp.int32(999), squares, draw)[0])(draws)
        return {np.asarray(one == 999).tobytes() for one in put}

    def spots_turned(board: Any, squares: Any) -> set[bytes]:
        put = jax.vmap(lambda draw: place(board, jnp.int32(999), squares, draw)[0])(draws)
        return {np.asarray(turned(one == 999)).tobytes() for one in put}

    found = spots_turned(board, task.squares[0])
    assert len(found) > 50
    assert found == spots(turned(board), turned_task(task).squares[0])


ENDS = {
    "input_hidden": ("input", "hidden"),
    "hidden_output": ("hidden", "output"),
}


class TurnedWorld(ForagingWorld):
    """The same world, for an agent that is turned in it."""

    def move(self, state: Any, task: Any, spikes: Any, words: Any, cycle: Any) -> Any:
        return super().move(state, task, spikes[TURNED], words, cycle)

    def see(self, state: Any) -> Any:
        return turned(super().see(state).reshape(self.vision)).ravel()


def turned_agent(state: AgentState, vision: tuple[int, int]) -> AgentState:
    """Each input and each output neuron has the synapses of the one that is turned to its place."""
    whose = np.asarray(turned(jnp.arange(vision[0] * vision[1]).reshape(vision)).ravel())
    places = {"input": whose, "output": np.argsort(TURNED)}

    def moved(name: str, leaf: Any) -> Any:
        pre, post = ENDS[name]
        leaf = leaf[places[pre]] if pre in places else leaf
        return leaf[:, places[post]] if post in places else leaf

    net = state.network
    weights = {name: moved(name, each) for name, each in net.weights.items()}
    plastic = {
        name: each._replace(target=each.target[places[ENDS[name][1]]])
        if ENDS[name][1] in places
        else each
        for name, each in net.plastic.items()
    }
    starts = {
        name: each[places[name]] if name in places else each for name, each in net.out_start.items()
    }
    return state._replace(network=net._replace(weights=weights, plastic=plastic, out_start=starts))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["native", "by_layer"])
def test_a_turned_agent_in_a_turned_world_lives_the_same_life(engine: Engine) -> None:
    config = configured(*NO_NOISE, "seeds=1", f"runtime.simulate={engine}")
    loop = build(config)
    world = TurnedWorld(**{name: getattr(loop.world, name) for name in vars(loop.world)})
    theirs = eqx.tree_at(lambda each: each.world, loop, world)
    state = jax.tree.map(lambda leaf: leaf[0], newborns(config, loop, [3]))
    turned_one = turned_agent(state, loop.world.vision)
    awake = leg_of(loop, Wake("task1", cycles=1, plastic=PLASTIC))
    quiet = leg_of(loop, asleep(1, PLASTIC))

    def life(loop: ClosedLoop, state: AgentState) -> tuple[AgentState, Any]:
        state = cycles.begin(loop, awake, state)
        state, day = cycles.advance(loop, awake, jnp.int32(400), state)
        state, night = cycles.advance(loop, quiet, jnp.int32(50), cycles.end(loop, awake, state))
        return state, (day, night)

    (after, ours), (other, same) = (
        eqx.filter_jit(life)(*each) for each in ((loop, state), (theirs, turned_one))
    )
    day, night = ours
    assert day.spikes["output"] > 100
    assert night.spikes["output"] > 10
    assert day.rewarded + day.punished > 0
    jax.tree.map(np.testing.assert_array_equal, ours, same)
    jax.tree.map(np.testing.assert_array_equal, after.world, other.world)
    expected = turned_agent(after, loop.world.vision).network.weights
    learned = after.network.weights["hidden_output"] - state.network.weights["hidden_output"]
    assert np.abs(learned).max() > 1e-4
    for name, weights in other.network.weights.items():
        np.testing.assert_allclose(weights, expected[name], rtol=1e-4, atol=1e-7)
