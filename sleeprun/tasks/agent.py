"""Tasks of an agent that sees and moves: what a world is, and how long an agent lives in it."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Generic, NamedTuple, TypeVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32
from pydantic import BeforeValidator, Field

from sleeprun.config.promise import array, asking, broken, given, keeps
from sleeprun.config.values import Count, NonNegative, Positive, Section, as_list
from sleeprun.tasks.tasks import Tasks

Words = UInt32[Array, " words"]  # of a noise stream
Extent = tuple[int, ...]  # of a population, one or two dimensions
MOST_CYCLES = 2**31 - 1  # of a life: an int32 counts them


class Meal(NamedTuple):
    """What one move brought: the reward, and which sort of food was eaten, if any."""

    reward: Float[Array, ""]
    rewarded: Bool[Array, ""]
    punished: Bool[Array, ""]
    neutral: Bool[Array, ""]


class Still(NamedTuple):
    """The state of a world in which nothing changes."""

    crowded: Bool[Array, ""]


State = TypeVar("State")
Task = TypeVar("Task")


class World(eqx.Module, Generic[State, Task]):
    """A world as pure functions. Its state is a NamedTuple with a flag `crowded`: no room was left.

    A world in which nothing changes leaves out `nowhere` and `lay`.
    """

    tasks: dict[str, Task]  # by name, what differs between them
    unsupervised: Task  # the same of the world before them
    kick: Float[Array, ""]  # current into a neuron that sees something

    def nowhere(self) -> State:
        """The state before any world is laid."""
        return Still(jnp.bool_(False))  # type: ignore[return-value]

    def lay(self, task: Task, words: Words, cycle: Int[Array, ""]) -> State:
        """A new world for a task."""
        return self.nowhere()

    @abstractmethod
    def move(
        self,
        state: State,
        task: Task,
        spikes: Float[Array, " moves"],
        words: Words,
        cycle: Int[Array, ""],
    ) -> tuple[State, Meal]:
        """One move, given what the neurons that stand for directions did."""

    @abstractmethod
    def see(self, state: State) -> Bool[Array, " sees"]:
        """Which neurons see something."""


class Lengths(Section):
    unsupervised: NonNegative
    train: Positive
    test: Positive


def names_of(tasks: "AgentTasks") -> list[str]:
    """Raises ConfigError where a kind of a user's own does not name its tasks."""
    with asking(tasks, "names"):
        names = tasks.names
    if not names or not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise broken(tasks, "names", f"gives {names!r}; must give a list of the tasks' names")
    return names


def chance_of(tasks: "AgentTasks") -> float:
    """Raises ConfigError where a kind of a user's own gives what is no share below 1."""
    with asking(tasks, "chance"):
        chance = float(tasks.chance)
    if not 0 <= chance < 1:
        raise broken(
            tasks, "chance", f"gives {tasks.chance!r}; must give a share, 0 or more, below 1"
        )
    return chance


def world_of(tasks: "AgentTasks", sees: Extent) -> World:
    """Raises ConfigError where a kind of a user's own gives no world of its tasks."""
    with asking(tasks, "world"):
        world = tasks.world(sees)
    if not isinstance(world, World):
        raise broken(tasks, "world", f"gives {world!r}; must give a {World.__name__}")
    if missing := set(tasks.names) - set(world.tasks):
        raise broken(tasks, "world", f"its tasks lack {', '.join(sorted(missing))}")
    return world


def check(world: World, sees: int, moves: int) -> None:
    """Raises ConfigError where a world of a user's own gives another thing than it must."""
    words, cycle, state = array("uint32", 2), array("int32"), given(world, "nowhere")
    if not hasattr(state, "crowded"):
        raise broken(world, "nowhere", "must give a NamedTuple with a flag crowded")
    yes = array("bool")
    meal = Meal(array("float32"), yes, yes, yes)
    keeps(world, "see", (state,), array("bool", sees))
    for task in (world.unsupervised, *world.tasks.values()):
        keeps(world, "lay", (task, words, cycle), state)
        told = state, task, array("float32", moves), words, cycle
        keeps(world, "move", told, (state, meal))


def _stages(value: object) -> object:
    return [as_list(entry) for entry in value] if isinstance(value, list) else value


class Schedule(Section):
    """How long and in which order an agent lives in a world."""

    stages: Annotated[
        list[Annotated[list[str], Field(min_length=1)]],
        BeforeValidator(_stages),
        Field(min_length=1),
    ]
    aeon: Count  # cycles; the lengths that follow are in aeons
    unsupervised: NonNegative
    train: Positive
    test: Positive
    published: Lengths
    alternate: Count  # cycles
    freeze: list[str]  # projections, after the unsupervised world


class AgentTasks(Schedule, Tasks):
    """A kind of tasks in a world. Derived classes add their keys, `names` and `world`."""

    subject: ClassVar[str] = "sleeprun.subjects.forager.experiment.AgentExperiment"

    chance: ClassVar[float] = 0.5  # what an agent that learned nothing scores
    crowded: ClassVar[str] = "tasks: the world has no room left"  # a mistake, in words

    sees: str  # the population whose neurons are kicked where something is seen
    moves: str  # the one whose neurons stand for directions

    @property
    @abstractmethod
    def names(self) -> list[str]:
        """All tasks that the world has."""

    @abstractmethod
    def world(self, sees: Extent) -> World:
        """The world, for a population of this size that sees."""

    def misfits(self, sees: Extent, moves: int) -> Iterator[str]:
        """What is wrong with its keys, or with the size of who sees and moves; a line each."""
        yield from ()

    def lived(self) -> dict[str, Any]:
        """What the world is like, without how long it is lived in."""
        return self.model_dump(exclude=set(Schedule.model_fields))

    def shortened(self, scale: float) -> bool:
        """Whether any phase is shorter than it was in the publication."""
        full = self.published.model_dump()
        return any(getattr(self, name) * scale < length for name, length in full.items())

    def cycles(self, aeons: float, scale: float) -> int:
        return scaled(aeons * self.aeon, scale)


def scaled(cycles: float, scale: float) -> int:
    """A length at a protocol's scale; at most one more than an int32 counts."""
    return max(1, round(min(cycles * scale, MOST_CYCLES + 1)))
