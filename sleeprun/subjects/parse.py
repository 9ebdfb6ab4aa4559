"""From a composed config to the typed one of its family, or to an error that says what to mend."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError

from sleeprun.config import ConfigError
from sleeprun.config.kinds import by_key, loaded
from sleeprun.config.messages import explain
from sleeprun.config.sleep import SleepConfig, over
from sleeprun.subjects.experiment import Experiment
from sleeprun.tasks.tasks import TASKS, Tasks


def parse(container: Mapping[str, Any]) -> Experiment:
    """The typed config. Raises ConfigError with a line for every mistake."""
    family = family_of(container)
    if foreign := list(_foreign(container, family)):
        raise ConfigError("\n".join(foreign))
    container = _whole(container, family)
    own = keys_of(family)
    given = {key: value for key, value in container.items() if key in own or value is not None}
    with by_key(container):
        try:
            config = family.model_validate(given)
        except ValidationError as error:
            lines = [explain(problem, container, [family]) for problem in error.errors()]
            raise ConfigError(_once(lines)) from None
        if problems := [*config.contradictions(), *config.unfit()]:
            raise ConfigError(_once(problems))
    return config


def family_of(container: Mapping[str, Any]) -> type[Experiment]:
    """Who can learn the tasks: their kind says it."""
    tasks = container.get("tasks")
    if not isinstance(tasks, Mapping):
        raise ConfigError("tasks: must be a mapping; choose one with tasks=foraging, for instance")
    if (kind := tasks.get("kind")) is None:
        raise ConfigError(f"tasks.kind: missing; must be {', '.join(TASKS.built_in)}, or your own")
    try:
        found = TASKS.of(str(kind))
    except ValueError as error:
        raise ConfigError(f"tasks.kind='{kind}': {error}") from None
    return _family_of(found)


def families() -> list[type[Experiment]]:
    """Those of the built-in tasks."""
    return [_family_of(TASKS.of(kind)) for kind in TASKS.built_in]


def _family_of(tasks: type[Tasks]) -> type[Experiment]:
    family: type[Experiment] = loaded(tasks.subject)
    return family


def keys_of(family: type[Experiment]) -> list[str]:
    return [field.alias or name for name, field in family.model_fields.items()]


def _foreign(container: Mapping[str, Any], family: type[Experiment]) -> Iterator[str]:
    """Sections that only another family has; null stands for none."""
    known = {key: other.what for other in families() for key in keys_of(other)}
    for key, value in container.items():
        if value is not None and key not in keys_of(family) and key in known:
            yield f"{key}: is for {known[key]}; leave it out for {family.what}"
    arms = container.get("arms")
    places = {"": container}
    if isinstance(arms, Mapping):
        places |= {f"arms.{name}.": arm for name, arm in arms.items() if isinstance(arm, Mapping)}
    for place, sections in places.items():
        for part in ("network", "sleep"):
            yield from _another_familys(f"{place}{part}", sections.get(part), part, family)


def _another_familys(key: str, given: Any, part: str, family: type[Experiment]) -> Iterator[str]:
    """Of a section that each family has in its own kind."""
    allowed = _kinds(family, part)
    if isinstance(given, Mapping) and allowed and given.get("kind", allowed[0]) not in allowed:
        awake = "; to stay awake, sleep.schedule=never" if part == "sleep" else ""
        known = " or ".join(f"'{kind}'" for kind in allowed)
        yield f"{key}.kind='{given['kind']}': {family.what} have {known}{awake}"


def _kinds(family: type[Experiment], part: str) -> tuple[str, ...]:
    """Those that a section may be of; none where its schema lists none."""
    annotation = family.model_fields[part].annotation
    fields = [getattr(one, "model_fields", {}) for one in get_args(annotation) or [annotation]]
    kinds = [its["kind"].annotation for its in fields if "kind" in its]
    return tuple(kind for one in kinds if get_origin(one) is Literal for kind in get_args(one))


def _whole(container: Mapping[str, Any], family: type[Experiment]) -> Mapping[str, Any]:
    """Sleeps and arms, which say in what they differ, with all that they leave out."""
    whole = {**container, "sleep": SleepConfig.whole(container.get("sleep"))}
    arms = container.get("arms")
    if not isinstance(arms, Mapping):
        return whole
    return {**whole, "arms": {name: _arm(container, arm, family) for name, arm in arms.items()}}


def _arm(container: Mapping[str, Any], arm: Any, family: type[Experiment]) -> Any:
    if not isinstance(arm, Mapping):
        return arm
    sections = {part: container.get(part) for part in family.arm_sections()}
    for part, section in arm.items():
        if _another_kind(section, sections.get(part)):
            sections[part] = {}  # whose keys say nothing of it
    whole = over(sections, arm)
    return {**whole, "sleep": SleepConfig.whole(whole.get("sleep"))}


def _another_kind(ours: Any, theirs: Any) -> bool:
    if not isinstance(ours, Mapping) or not isinstance(theirs, Mapping):
        return False
    return ours.get("kind", theirs.get("kind")) != theirs.get("kind")


def _once(lines: list[str]) -> str:
    """A mistake that arms only take over is told of the whole alone."""
    again = {line for line in lines if _of_the_whole(line) in set(lines) - {line}}
    return "\n".join(dict.fromkeys(line for line in lines if line not in again))


def _of_the_whole(line: str) -> str:
    return re.sub(r"\barms\.[^.]+\.", "", line)
