"""When a network sleeps: the same keys whatever sleeps, and whatever its sleep is made of."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import PlainValidator

from sleeprun.config.error import ConfigError
from sleeprun.config.role import Role
from sleeprun.config.spelling import nearest
from sleeprun.config.values import Count, Fraction, Section, Whole


def _stages(value: object) -> object:
    """`all`, `later`, or a list of numbers from 1 on and of names."""
    if value in ("all", "later"):
        return value
    if value == []:
        raise ValueError("must name a stage or more; to stay awake, sleep.schedule=never")
    if isinstance(value, list) and all(map(_is_stage, value)):
        return value
    if isinstance(value, str):
        words = nearest(value, ["all", "later"])
        raise ValueError(f"must be a list of stages, [{value}], or a word{words}")
    raise ValueError("must be all, later, or a list of stages, by number from 1 on or by name")


def _is_stage(value: object) -> bool:
    return isinstance(value, str) or (type(value) is int and value >= 1)


S = TypeVar("S", bound="SleepConfig")


class SleepConfig(Section):
    """A sleep. `also` lists further ones, each by what differs from this one."""

    role: ClassVar[Role] = Role.SLEEP  # of a run that has it
    idle: ClassVar[Role] = Role.CONTROL  # of one in which it has no plasticity

    schedule: Literal["never", "interleaved", "after"]  # with training, or after it
    stages: Annotated[Any, PlainValidator(_stages)]  # that have it; later: all but the first
    length: Count
    longer: Whole  # each of its sleeps than the one before
    plasticity: bool  # false: the control, a sleep that changes nothing

    also: list[Any]

    @property
    def sleeps(self: S) -> list[S]:
        """All of them in turn."""
        return [self, *self.also]

    @property
    def scheduled(self: S) -> list[S]:
        """Those that are ever slept."""
        return [one for one in self.sleeps if one.schedule != "never"]

    def by_key(self: S) -> list[tuple[str, S]]:
        """Those that are ever slept, each with its key."""
        keys = ["sleep", *(f"sleep.also.{place}" for place in range(len(self.also)))]
        return [(key, one) for key, one in zip(keys, self.sleeps, strict=True)
                if one.schedule != "never"]  # fmt: skip

    def happens_in(self, stage: int, name: str) -> bool:
        """Whether it belongs to a training stage, counted from 1; 0 is what comes before them."""
        if self.schedule == "never":
            return False
        if isinstance(self.stages, str):
            return stage > (0 if self.stages == "all" else 1)
        return stage in self.stages or name in self.stages

    def misfits(self, key: str, names: Sequence[str], before: Sequence[str] = ()) -> Iterator[str]:
        """A line for each of its stages that there is not, by the names of those there are, and of
        what it can follow before them.
        """
        if self.schedule != "never" and self.stages == "later" and len(names) == 1:
            yield f"{key}.stages='later': there is one stage of tasks alone; choose all, or never"
        if self.schedule == "never" or isinstance(self.stages, str):
            return
        for wanted in self.stages:
            if isinstance(wanted, int) and wanted > len(names):
                there = f"of {len(names)} stage{'s' * bool(names[1:])}"
                yield f"{key}.stages={wanted}: no such one {there}; choose 1 to {len(names)}"
            if isinstance(wanted, str) and wanted not in (known := [*before, *names]):
                yield f"{key}.stages='{wanted}': no such stage{nearest(wanted, known)}"

    @classmethod
    def whole(cls, section: Any) -> Any:
        """A section as it is given, with each of `also` laid over it."""
        if not isinstance(section, Mapping) or not isinstance(section.get("also"), list):
            return section
        for place, entry in enumerate(section["also"]):
            if isinstance(entry, Mapping) and entry.get("also"):
                raise ConfigError(f"sleep.also.{place}.also: must be listed in sleep.also itself")
        first = {**section, "also": []}
        return {**section, "also": [over(first, entry) for entry in section["also"]]}


class DecaySleep(SleepConfig):
    """Weights decay towards where they started: a rival of sleep, without a spike or noise."""

    role = Role.RIVAL
    idle = Role.AWAKE

    kind: Literal["decay"]
    share: Fraction  # of the way to where they started, a step or a cycle
    also: list[Any]


def over(below: Any, above: Any) -> Any:
    """`above` laid over `below`, section by section."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    return {**below, **{key: over(below.get(key), value) for key, value in above.items()}}
