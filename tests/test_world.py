"""The foraging world: particles never touch and never vanish; movement as the page says."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import configured

from sleeprun import noise
from sleeprun.subjects.forager.build import build
from sleeprun.tasks.foraging_world import MOVES, ForagingWorld, Task, WorldState, place

WORDS = noise.stream(noise.seed_key(1), 12)


@pytest.fixture(scope="module")
def made() -> tuple[ForagingWorld, dict[str, Task], Task]:
    world = build(configured()).world
    return world, world.tasks, world.unsupervised


def squares_of(board: np.ndarray, particle: int) -> np.ndarray:
    return np.argwhere(board == particle)


def assert_legal(board: np.ndarray, task: Task) -> None:
    size = board.shape[0]
    for particle, shape in enumerate(np.asarray(task.squares)):
        squares = squares_of(board, particle)
        lies = {tuple(square) for square in squares - squares.min(axis=0)}
        assert lies == {tuple(square) for square in shape - shape.min(axis=0)}, "unwrapped, whole"
        for x, y in squares:
            around = board[np.ix_(np.arange(x - 1, x + 2) % size, np.arange(y - 1, y + 2) % size)]
            assert set(around.ravel()) <= {-1, particle}, "particles touch"


@pytest.mark.parametrize("name", ["task1", "unsupervised"])
@pytest.mark.parametrize("cycle", [0, 1, 2])
def test_a_new_world_is_legal(made: tuple, name: str, cycle: int) -> None:
    world, tasks, unsupervised = made
    task = tasks.get(name, unsupervised)
    state = eqx.filter_jit(world.lay)(task, WORDS, jnp.int32(cycle))
    assert not state.crowded
    assert_legal(np.asarray(state.board), task)


@pytest.mark.parametrize("name", ["unsupervised", "task3", "task5"])
def test_particles_of_any_shape_lie_whole_and_apart(name: str) -> None:
    corner = "+tasks.food.corner=[[0,0],[0,1],[1,1]]"
    world = build(
        configured("+experiment=more_tasks/five", corner, "tasks.particles.unsupervised=7")
    ).world
    task = world.tasks.get(name, world.unsupervised)
    state = eqx.filter_jit(world.lay)(task, WORDS, jnp.int32(0))
    assert not state.crowded
    assert_legal(np.asarray(state.board), task)


def test_a_particle_can_come_to_lie_wherever_it_fits() -> None:
    board = jnp.full((7, 7), -1, jnp.int32).at[3, 3].set(0)
    squares = jnp.array([[0, 0], [2, 0], [2, 1]], jnp.int32)
    draws = jnp.asarray((np.arange(500) + 0.5) / 500, jnp.float32)
    put = np.asarray(jax.vmap(lambda draw: place(board, jnp.int32(1), squares, draw)[0])(draws))
    came = {tuple(map(tuple, np.argwhere(one == 1))) for one in put}
    taken = {(x, y) for x in (2, 3, 4) for y in (2, 3, 4)}
    fits = {
        ((x, y), (x + 2, y), (x + 2, y + 1))
        for x in range(5)
        for y in range(6)
        if not taken & {(x, y), (x + 2, y), (x + 2, y + 1)}
    }
    assert came == fits


def test_particles_never_touch_and_never_vanish_while_foraging(made: tuple) -> None:
    world, tasks, _ = made
    task = tasks["task1"]
    state = world.lay(task, WORDS, jnp.int32(0))
    move = eqx.filter_jit(world.move)
    eaten = {"rewarded": 0, "punished": 0}
    rng = np.random.default_rng(0)
    for cycle in range(400):
        spikes = jnp.asarray(rng.integers(0, 3, 8), jnp.float32)
        before, position = np.asarray(state.board), np.asarray(state.position)
        state, meal = move(state, task, spikes, WORDS, jnp.int32(cycle))
        after = tuple(np.asarray(state.position))
        assert max(abs((np.asarray(after) - position + 25) % 50 - 25)) <= 1
        assert bool(meal.rewarded | meal.punished | meal.neutral) == (before[after] >= 0)
        eaten["rewarded"] += int(meal.rewarded)
        eaten["punished"] += int(meal.punished)
        if cycle % 40 == 0:
            assert_legal(np.asarray(state.board), task)
    assert sum(eaten.values()) > 5


def empty_world(world: ForagingWorld, **changes: object) -> WorldState:
    zero = jnp.int32(0)
    board = jnp.full((50, 50), -1, jnp.int32)
    state = WorldState(board, jnp.array([0, 0], jnp.int32), zero, zero, jnp.bool_(False))
    return state._replace(**changes)


def test_the_neuron_that_spiked_most_decides(made: tuple) -> None:
    world, tasks, _ = made
    for winner, move in enumerate(MOVES[:8]):
        spikes = jnp.zeros(8).at[winner].set(2.0).at[(winner + 1) % 8].set(1.0)
        state, _ = world.move(empty_world(world), tasks["task1"], spikes, WORDS, jnp.int32(3))
        np.testing.assert_array_equal(state.position, move % 50)


def test_without_spikes_the_last_direction_again(made: tuple) -> None:
    world, tasks, _ = made
    state = empty_world(world, direction=jnp.int32(6))
    state, meal = world.move(state, tasks["task1"], jnp.zeros(8), WORDS, jnp.int32(0))
    np.testing.assert_array_equal(state.position, MOVES[6] % 50)
    assert float(meal.reward) == np.float32(-0.0001)
    assert int(state.hunger) == 1


def test_ties_are_broken_evenly(made: tuple) -> None:
    world, tasks, _ = made
    spikes = jnp.zeros(8).at[jnp.array([1, 4, 7])].set(2.0)
    move = jax.jit(
        jax.vmap(lambda c: world.move(empty_world(world), tasks["task1"], spikes, WORDS, c))
    )
    directions = np.asarray(move(jnp.arange(3000, dtype=jnp.int32))[0].direction)
    counts = np.bincount(directions, minlength=9)
    assert set(np.flatnonzero(counts)) == {1, 4, 7}
    assert abs(counts[[1, 4, 7]] - 1000).max() < 4 * np.sqrt(3000 * 2 / 9)


@pytest.mark.parametrize(("hunger", "share"), [(1, 0.0), (41, 0.2), (200, 1.0)])
def test_hunger_makes_moves_random(made: tuple, hunger: int, share: float) -> None:
    world, tasks, _ = made
    state = empty_world(world, hunger=jnp.int32(hunger))
    spikes = jnp.zeros(8).at[2].set(5.0)
    move = jax.jit(jax.vmap(lambda c: world.move(state, tasks["task1"], spikes, WORDS, c)))
    directions = np.asarray(move(jnp.arange(4000, dtype=jnp.int32))[0].direction)
    strayed = (directions != 2).mean()
    expected = share * 8 / 9
    assert abs(strayed - expected) <= 4 * np.sqrt(expected * (1 - expected) / 4000)


def test_food_is_seen_around_the_agent_across_the_edge(made: tuple) -> None:
    world, _, _ = made
    board = jnp.full((50, 50), -1, jnp.int32).at[48, 1].set(0).at[4, 0].set(1)
    seen = np.asarray(world.see(empty_world(world, board=board))).reshape(7, 7)
    assert set(map(tuple, np.argwhere(seen))) == {(1, 4)}


def test_eating_is_rewarded_by_kind(made: tuple) -> None:
    world, tasks, unsupervised = made
    first, last = 0, len(tasks["task1"].reward) - 1
    cases = [
        (tasks["task1"], first, 1.0, "rewarded"),
        (tasks["task1"], last, -0.001, "punished"),
        (unsupervised, first, -0.0001, "neutral"),
    ]
    for task, particle, reward, kind in cases:
        board = jnp.full((50, 50), -1, jnp.int32).at[0, 1].set(particle).at[1, 1].set(particle)
        state = empty_world(world, board=board, hunger=jnp.int32(1))
        spikes = jnp.zeros(8).at[4].set(1.0)
        assert tuple(MOVES[4]) == (0, 1)
        after, meal = world.move(state, task, spikes, WORDS, jnp.int32(0))
        assert float(meal.reward) == np.float32(reward)
        assert [k for k in ("rewarded", "punished", "neutral") if getattr(meal, k)] == [kind]
        assert int(after.hunger) == (2 if kind == "neutral" else 0)
        assert len(squares_of(np.asarray(after.board), particle)) == 2
