"""When a network sleeps: the same keys whatever sleeps, and whatever its sleep is made of."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from sleeprun.config.spelling import nearest
from sleeprun.config.values import Count, Section, Whole

if TYPE_CHECKING:
    from sleeprun.protocol.phases import Stage


S = TypeVar("S", bound="SleepConfig")


class SleepConfig(Section):
    """A sleep. `also` lists further ones, each by what differs from this one."""

    schedule: Literal["never", "interleaved", "after"]  # with training, or after it
    stages: Literal["all", "later"] | list[Count | str]  # that have it; later: all but the first
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

    def happens_in(self, stage: int, name: str) -> bool:
        """Whether it belongs to a training stage, counted from 1."""
        if self.schedule == "never":
            return False
        if isinstance(self.stages, str):
            return self.stages == "all" or stage > 1
        return stage in self.stages or name in self.stages

    def misfits(self, key: str, stages: "Sequence[Stage]") -> Iterator[str]:
        """A line for each of `stages` that there is not."""
        if self.schedule == "never" or isinstance(self.stages, str):
            return
        names = [stage.name for stage in stages]
        for wanted in self.stages:
            if isinstance(wanted, int) and wanted > len(names):
                there = f"of {len(names)} stage{'s' * bool(names[1:])}"
                yield f"{key}.stages={wanted}: no such one {there}; choose 1 to {len(names)}"
            if isinstance(wanted, str) and wanted not in names:
                yield f"{key}.stages='{wanted}': no such stage{nearest(wanted, names)}"

    @classmethod
    def whole(cls, section: Any) -> Any:
        """A section as it is given, with each of `also` laid over it."""
        if not isinstance(section, Mapping) or not isinstance(section.get("also"), list):
            return section
        first = {**section, "also": []}
        return {**section, "also": [over(first, entry) for entry in section["also"]]}


def over(below: Any, above: Any) -> Any:
    """`above` laid over `below`, section by section."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    return {**below, **{key: over(below.get(key), value) for key, value in above.items()}}
