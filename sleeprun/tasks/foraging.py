"""The foraging tasks, as a config says them (Golden et al. 2022, "World")."""

from collections.abc import Iterator
from typing import Annotated

import jax.numpy as jnp
import numpy as np
from jaxtyping import Int
from pydantic import Field

from sleeprun.config.spelling import nearest
from sleeprun.config.values import Count, NonNegative, Positive, Section
from sleeprun.tasks.agent import AgentTasks, Extent
from sleeprun.tasks.foraging_world import OUTPUTS, ForagingWorld, Task

MOST_SIZE = 46_340  # of a world's side; an int32 counts its squares
MOST_EXTENT = 3  # squares of a particle, either way
Square = Annotated[list[int], Field(min_length=2, max_length=2)]


class GoalConfig(Section):
    """The kinds of food that a task rewards and punishes."""

    rewarded: str
    punished: str


class RewardConfig(Section):
    rewarded: float
    punished: float
    otherwise: float


class ParticlesConfig(Section):
    unsupervised: Count
    task: Count


class Foraging(AgentTasks):
    """Golden et al. 2022, "World"."""

    crowded = "tasks.particles: no legal spot was left for all of them"

    size: Annotated[int, Field(ge=4, le=MOST_SIZE)]
    food: dict[str, Annotated[list[Square], Field(min_length=1)]]
    particles: ParticlesConfig
    goals: Annotated[dict[str, GoalConfig], Field(min_length=1)]
    reward: RewardConfig
    food_kick: NonNegative
    hunger_per_percent: Positive

    @property
    def names(self) -> list[str]:
        return list(self.goals)

    def world(self, sees: Extent) -> ForagingWorld:
        return ForagingWorld(
            tasks={
                name: self._task([goal.rewarded, goal.punished], self.particles.task, goal.rewarded)
                for name, goal in self.goals.items()
            },
            unsupervised=self._task(list(self.food), self.particles.unsupervised, None),
            hunger_per_percent=jnp.float32(self.hunger_per_percent),
            kick=jnp.float32(self.food_kick),
            nothing=jnp.float32(self.reward.otherwise),
            size=self.size,
            vision=(sees[0], sees[1]),
        )

    def _task(self, kinds: list[str], count: int, rewarded: str | None) -> Task:
        """`count` particles of each kind; where nothing is rewarded, nothing is punished either."""
        laid = [kind for kind in kinds for _ in range(count)]
        nothing = self.reward.otherwise if rewarded is None else self.reward.punished
        worth = dict.fromkeys(kinds, nothing)
        good = [kind == rewarded for kind in laid]
        if rewarded is not None:
            worth[rewarded] = self.reward.rewarded
        bad = [rewarded is not None and not is_good for is_good in good]
        return Task(  # by numpy first: given a list, JAX compiles a program for its shape
            squares=jnp.asarray(self._squares()[[list(self.food).index(kind) for kind in laid]]),
            reward=jnp.asarray(np.array([worth[kind] for kind in laid], np.float32)),
            rewarded=jnp.asarray(np.array(good)),
            punished=jnp.asarray(np.array(bad)),
        )

    def _squares(self) -> Int[np.ndarray, "kind square 2"]:
        """Of all kinds, from the first one; where another kind has more, the first comes again."""
        most = max(map(len, self.food.values()))
        whole = [squares + squares[:1] * (most - len(squares)) for squares in self.food.values()]
        found = np.array(whole, np.int32)
        return found - found[:, :1]

    def misfits(self, sees: Extent, moves: int) -> Iterator[str]:
        if moves != OUTPUTS:
            must = f"must be {OUTPUTS}, one a direction"
            yield f"tasks.moves='{self.moves}': has {moves} neurons; {must}"
        if len(sees) != 2 or any(extent % 2 == 0 or extent > self.size for extent in sees):
            odd = f"must be of two odd numbers up to tasks.size={self.size}"
            yield f"tasks.sees='{self.sees}': has the size {list(sees)}; {odd}"
        misshapen = list(self._misfits_of_food())
        yield from misshapen
        for name, goal in self.goals.items():
            yield from self._misfits_of_goal(f"tasks.goals.{name}", goal)
        if not misshapen:
            yield from self._crowding()

    def _misfits_of_food(self) -> Iterator[str]:
        shapes: dict[frozenset[tuple[int, ...]], str] = {}
        for name, squares in self.food.items():
            places = np.array(squares)
            shape = frozenset(map(tuple, (places - places.min(axis=0)).tolist()))
            if len(shape) < len(squares):
                yield f"tasks.food.{name}={squares}: a square comes twice"
            if np.ptp(places, axis=0).max() >= MOST_EXTENT:
                most = f"{MOST_EXTENT} x {MOST_EXTENT}"
                yield f"tasks.food.{name}={squares}: must lie within {most} squares"
            if (other := shapes.setdefault(shape, name)) != name:
                yield f"tasks.food.{name}={squares}: looks like {other}"

    def _misfits_of_goal(self, key: str, goal: GoalConfig) -> Iterator[str]:
        for role in ("rewarded", "punished"):
            kind = getattr(goal, role)
            if kind not in self.food:
                yield f"{key}.{role}='{kind}': no such kind{nearest(kind, list(self.food))}"
        if goal.rewarded == goal.punished:
            yield f"{key}.punished='{goal.punished}': also its rewarded kind"

    def _crowding(self) -> Iterator[str]:
        laid = {
            "unsupervised": self.particles.unsupervised * len(self.food),
            "task": self.particles.task * 2,
        }
        wide, high = np.ptp(self._squares(), axis=1).max(axis=0) + 3  # with a border around
        most = self.size**2 // int(wide * high)
        for name, count in laid.items():
            if count > most:
                given = getattr(self.particles, name)
                yield (
                    f"tasks.particles.{name}={given}: {count} particles; "
                    f"a world of {self.size} x {self.size} surely holds {most} that do not touch"
                )
