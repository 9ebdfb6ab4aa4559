"""The foraging world: a torus with food in particles of some squares and an agent that eats them.

Golden et al. 2022, "World". Pure functions on arrays; all draws are counted, none is stateful.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from sleeprun import noise
from sleeprun.tasks.agent import Meal, Words, World

Board = Int[Array, "x y"]  # which particle lies on a square, -1 for none
Squares = Int[Array, "square 2"]  # of a particle, from its first one

MOVES = np.array(
    [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy] + [(0, 0)], np.int32
)  # one row an output neuron; the last, standing still, is reached by chance alone
OUTPUTS = len(MOVES) - 1
# Purposes of a cycle's draws.
_WANDER, _WHITHER, _TIE, _PLACE, _START = range(5)


class Task(NamedTuple):
    """Which particles lie in the world, and what eating each is worth."""

    squares: Int[Array, "particle square 2"]  # from its first one; some may come twice
    reward: Float[Array, " particle"]
    rewarded: Bool[Array, " particle"]
    punished: Bool[Array, " particle"]


class WorldState(NamedTuple):
    board: Board
    position: Int[Array, "2"]
    direction: Int[Array, ""]
    hunger: Int[Array, ""]  # moves since rewarded or punished food was eaten
    crowded: Bool[Array, ""]  # a particle found no legal spot when the world was laid


class ForagingWorld(World[WorldState, Task]):
    hunger_per_percent: Float[Array, ""]  # moves of hunger for a percent of random moves
    nothing: Float[Array, ""]  # reward of a move that eats nothing
    size: int = eqx.field(static=True)
    vision: tuple[int, int] = eqx.field(static=True)

    def nowhere(self) -> WorldState:
        return WorldState(
            jnp.full((self.size, self.size), -1, jnp.int32),
            jnp.zeros(2, jnp.int32),
            jnp.int32(0),
            jnp.int32(0),
            jnp.bool_(False),
        )

    def lay(self, task: Task, words: Words, cycle: Int[Array, ""]) -> WorldState:
        """A new world: the particles and the agent at random legal places."""
        particles = jnp.arange(task.reward.shape[0], dtype=jnp.int32)

        def put(carry, particle):
            board, crowded = carry
            draw = noise.uniform(words, cycle, _START, particle)
            board, placed = place(board, particle, task.squares[particle], draw)
            return (board, crowded | ~placed), None

        empty = jnp.full((self.size, self.size), -1, jnp.int32)
        (board, crowded), _ = lax.scan(put, (empty, jnp.bool_(False)), particles)
        draws = noise.uniform(words, cycle, _START, -1 - jnp.arange(3, dtype=jnp.int32))
        position = noise.below(self.size, draws[:2])
        direction = noise.below(OUTPUTS, draws[2])
        return WorldState(board, position, direction, jnp.int32(0), crowded)

    def move(
        self,
        state: WorldState,
        task: Task,
        spikes: Float[Array, " output"],
        words: Words,
        cycle: Int[Array, ""],
    ) -> tuple[WorldState, Meal]:
        """Move where the output neurons spiked most, eat, and put a particle for an eaten one."""
        ties = noise.uniform(words, cycle, _TIE, jnp.arange(OUTPUTS, dtype=jnp.int32))
        winner = jnp.argmax(jnp.where(spikes == spikes.max(), ties, -1.0)).astype(jnp.int32)
        direction = jnp.where(spikes.max() > 0, winner, state.direction)
        percent = jnp.floor(state.hunger.astype(jnp.float32) / self.hunger_per_percent)
        wanders = 100 * noise.uniform(words, cycle, _WANDER) < percent
        whither = noise.below(len(MOVES), noise.uniform(words, cycle, _WHITHER))
        direction = jnp.where(wanders, whither, direction)

        position = (state.position + jnp.asarray(MOVES)[direction]) % self.size
        eaten = state.board[position[0], position[1]]
        ate = eaten >= 0
        rewarded, punished = ate & task.rewarded[eaten], ate & task.punished[eaten]
        meal = Meal(
            jnp.where(ate, task.reward[eaten], self.nothing),
            rewarded,
            punished,
            ate & ~rewarded & ~punished,
        )
        draw = noise.uniform(words, cycle, _PLACE)
        board = replace_eaten(state.board, eaten, task.squares[eaten], draw)
        hunger = jnp.where(rewarded | punished, 0, state.hunger + 1)
        return WorldState(board, position, direction, hunger, state.crowded), meal

    def see(self, state: WorldState) -> Bool[Array, " input"]:
        """Which squares of the visual field, the agent in its middle, show food."""
        rows, columns = (
            (state.position[axis] + jnp.arange(extent, dtype=jnp.int32) - extent // 2) % self.size
            for axis, extent in enumerate(self.vision)
        )
        return (state.board[rows[:, None], columns[None, :]] >= 0).ravel()


def place(
    board: Board, particle: Int[Array, ""], squares: Squares, draw: Float[Array, ""]
) -> tuple[Board, Bool[Array, ""]]:
    """Put a particle at a uniformly drawn legal spot; without one the board stays as it is.

    Legal: all squares inside the board, nobody's food on them or on any neighbour, corners
    and neighbours across the edge included.
    """
    size = board.shape[0]
    food = board >= 0
    near = food | jnp.roll(food, 1, 0) | jnp.roll(food, -1, 0)
    near = near | jnp.roll(near, 1, 1) | jnp.roll(near, -1, 1)
    legal = jnp.ones_like(near)
    for one in squares:
        x, y = jnp.arange(size)[:, None] + one[0], jnp.arange(size)[None, :] + one[1]
        inside = (x >= 0) & (x < size) & (y >= 0) & (y < size)
        legal = legal & inside & ~near[x % size, y % size]
    until = jnp.cumsum(legal.sum(axis=1, dtype=jnp.int32), dtype=jnp.int32)  # the end of each row
    choices = until[-1]
    chosen = jnp.minimum(noise.below(choices, draw), choices - 1)
    row = (until <= chosen).sum(dtype=jnp.int32)
    before = until[row] - legal[row].sum(dtype=jnp.int32)
    within = jnp.cumsum(legal[row], dtype=jnp.int32)
    column = (within <= chosen - before).sum(dtype=jnp.int32)
    x, y = (jnp.stack([row, column]) + squares).T
    placed = choices > 0
    return jnp.where(placed, board.at[x, y].set(particle), board), placed


def replace_eaten(
    board: Board, eaten: Int[Array, ""], squares: Squares, draw: Float[Array, ""]
) -> Board:
    """Remove the particle `eaten` (-1: none) and put one of its kind elsewhere.

    There is always a spot: the one that has just become free.
    """

    def replace(board):
        return place(jnp.where(board == eaten, -1, board), eaten, squares, draw)[0]

    return lax.cond(eaten >= 0, replace, lambda board: board, board)
