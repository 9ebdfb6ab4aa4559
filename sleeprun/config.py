"""The typed schema of everything under `conf/`: refuses unknown keys, wrong types, bad values."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)


class ConfigError(Exception):
    """A mistake in the user's configuration, told in a line or two."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(gt=0, le=100)]
Decay = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, int | str) and not isinstance(value, bool) else value


def _seeds(value: object) -> object:
    """`seeds: 4` means the seeds 0, 1, 2, 3."""
    return list(range(value)) if type(value) is int and value > 0 else value


def _distinct(values: list[int]) -> list[int]:
    if len(set(values)) < len(values):
        raise ValueError("the same seed twice")
    return values


def _stages(value: object) -> object:
    return [_as_list(entry) for entry in value] if isinstance(value, list) else value


class RulkovConfig(_Section):
    model: Literal["rulkov"]
    alpha: Positive
    beta_e: Positive
    mu: Positive
    sigma: float
    current_decay: Decay
    v_start: float
    u_start: float


class LIFConfig(_Section):
    model: Literal["lif"]
    tau: Annotated[float, Field(ge=1)]
    gain: Positive
    current_decay: Decay
    refractory: NonNegative


class HomeostasisConfig(_Section):
    regulates: Literal["resistance", "in_weights"]
    target: NonNegative
    step: Fraction
    smoothing: Fraction


class PopulationConfig(_Section):
    size: Annotated[list[Count], BeforeValidator(_as_list), Field(min_length=1, max_length=2)]
    neuron: str
    homeostasis: HomeostasisConfig | None
    max_spikes: Count

    @property
    def count(self) -> int:
        return self.size[0] * self.size[-1] if len(self.size) > 1 else self.size[0]


class AllToAll(_Section):
    kind: Literal["all_to_all"]


class FixedFanIn(_Section):
    kind: Literal["fixed_fan_in"]
    fan_in: Count


class RandomPairs(_Section):
    kind: Literal["random"]
    probability: Fraction


class ConstantWeights(_Section):
    kind: Literal["constant"]
    value: Positive


class NormalWeights(_Section):
    kind: Literal["normal"]
    mean: Positive
    sd: NonNegative


class CoinWeights(_Section):
    kind: Literal["coins"]
    floor: Positive
    coin: NonNegative
    coins_per_synapse: Annotated[int, Field(ge=0)]


class MirrorWeights(_Section):
    kind: Literal["mirror"]
    of: str


class PlasticityConfig(_Section):
    rewarded: bool
    amplitude: NonNegative
    tau: Positive
    reach: Count
    lifetime: Count
    age_offset: Positive
    gain: NonNegative
    clip: NonNegative
    weight_min: Positive
    weight_max: Positive
    mean_smoothing: Fraction
    mean_floor: Positive
    max_traces: Count

    @model_validator(mode="after")
    def _bounds_in_order(self) -> "PlasticityConfig":
        if self.weight_min > self.weight_max:
            raise ValueError(f"weight_min={self.weight_min} is above weight_max={self.weight_max}")
        return self


class ProjectionConfig(_Section):
    pre: Literal["input", "hidden", "output"]
    post: Literal["input", "hidden", "output"]
    wiring: Annotated[AllToAll | FixedFanIn | RandomPairs, Field(discriminator="kind")]
    weights: Annotated[
        ConstantWeights | NormalWeights | CoinWeights | MirrorWeights,
        Field(discriminator="kind"),
    ]
    jitter: Fraction
    plasticity: PlasticityConfig | None


class NetworkConfig(_Section):
    cycle_steps: Annotated[int, Field(ge=2)]
    neurons: dict[str, Annotated[RulkovConfig | LIFConfig, Field(discriminator="model")]]
    input: PopulationConfig
    hidden: PopulationConfig
    output: PopulationConfig
    projections: dict[str, ProjectionConfig]


class TaskConfig(_Section):
    rewarded: str
    punished: str


class RewardConfig(_Section):
    rewarded: float
    punished: float
    otherwise: float


class ParticlesConfig(_Section):
    unsupervised: Count
    task: Count


class WorldConfig(_Section):
    size: Annotated[int, Field(ge=4)]
    kinds: dict[str, Annotated[list[int], Field(min_length=2, max_length=2)]]
    particles: ParticlesConfig
    tasks: dict[str, TaskConfig]
    reward: RewardConfig
    food_kick: NonNegative
    hunger_per_percent: Positive


class SleepConfig(_Section):
    schedule: Literal["never", "interleaved", "after"]
    first_stage: Count
    cycles: Count
    aeons: Positive
    drive: Literal["rate_matched", "uniform", "poisson", "none"]
    kick: NonNegative
    reward: float
    plasticity: bool


class InterventionConfig(_Section):
    after: str
    freeze: str | None = None
    lesion: str | None = None
    percent: Percent = 100.0

    @model_validator(mode="after")
    def _one_of_two(self) -> "InterventionConfig":
        if (self.freeze is None) == (self.lesion is None):
            raise ValueError("give either 'freeze' (a projection) or 'lesion' (a population)")
        return self


class ProtocolConfig(_Section):
    scale: Positive
    aeon: Count
    unsupervised: NonNegative
    train: Positive
    test: Positive
    alternate: Count
    freeze: list[str]
    interventions: list[InterventionConfig]


class RuntimeConfig(_Section):
    simulate: Literal["by_layer", "by_step"]
    chunk_cycles: Count
    checkpoint_minutes: Positive
    cores: Annotated[int, Field(ge=0)]
    expected_cycles_per_second: Positive
    progress: bool
    figures: bool
    require: dict[str, float]


class TrackingConfig(_Section):
    mode: Literal["offline", "online", "disabled"]
    project: str
    entity: str | None
    group: str | None
    tags: list[str]


class Config(_Section):
    name: str
    variant: str | None
    network: NetworkConfig
    world: WorldConfig
    tasks: Annotated[
        list[Annotated[list[str], Field(min_length=1)]],
        BeforeValidator(_stages),
        Field(min_length=1),
    ]
    sleep: SleepConfig
    protocol: ProtocolConfig
    arms: dict[str, SleepConfig]
    seeds: Annotated[
        list[Annotated[int, Field(ge=0, lt=2**31)]],
        BeforeValidator(_seeds),
        Field(min_length=1),
        AfterValidator(_distinct),
    ]
    runtime: RuntimeConfig
    tracking: TrackingConfig
    joint: str | None
    dry_run: bool
    resume: str | None


def parse(container: Mapping[str, Any]) -> Config:
    """The composed config as typed objects. Raises ConfigError with a line for every mistake."""
    container = _with_whole_arms(container)
    try:
        config = Config.model_validate(container)
    except ValidationError as error:
        lines = [_explain(problem, container) for problem in error.errors()]
        raise ConfigError("\n".join(dict.fromkeys(lines))) from None
    problems = list(_contradictions(config))
    if problems:
        raise ConfigError("\n".join(problems))
    return config


def _with_whole_arms(container: Mapping[str, Any]) -> Mapping[str, Any]:
    """An arm says in what it differs from `sleep`."""
    arms, sleep = container.get("arms"), container.get("sleep")
    if not isinstance(arms, Mapping) or not isinstance(sleep, Mapping):
        return container
    whole = {name: {**sleep, **arm} if isinstance(arm, Mapping) else arm for name, arm in arms.items()}
    return {**container, "arms": whole}


def unknown_key(path: str) -> str:
    """What is wrong with a dotted key that the schema does not have."""
    parts = path.split(".")
    for depth, part in enumerate(parts):
        allowed = _keys(parts[:depth])
        if allowed and part not in allowed:
            return f"{'.'.join(parts[: depth + 1])}: unknown key{nearest(part, allowed)}"
    return f"{path}: unknown key"


def nearest(word: str, allowed: list[str]) -> str:
    near = get_close_matches(word, allowed, n=1, cutoff=0.5)
    guess = f"; did you mean '{near[0]}'?" if near else ""
    return f"{guess} Allowed here: {', '.join(allowed)}." if near else f"; allowed here: {', '.join(allowed)}"


def _explain(problem: Any, container: Mapping[str, Any]) -> str:
    """One of pydantic's errors as `key=value: what is wrong`, in the user's own key path."""
    path, here = [], container
    for part in problem["loc"]:
        if isinstance(here, Mapping) and part in here:
            here = here[part]
        elif isinstance(here, list) and isinstance(part, int):
            here = here[part] if part < len(here) else None
        elif problem["type"] not in ("extra_forbidden", "missing") or part != problem["loc"][-1]:
            continue
        path.append(str(part))
    key = ".".join(path)
    match problem["type"]:
        case "extra_forbidden":
            return unknown_key(key)
        case "missing":
            return f"{key}: missing"
        case "value_error":
            reason = str(problem["ctx"]["error"])
        case "union_tag_invalid":
            tag = problem["ctx"]["discriminator"].strip("'")
            allowed = re.findall(r"'([^']+)'", problem["ctx"]["expected_tags"])
            return f"{key}.{tag}='{problem['ctx']['tag']}': not one of these{nearest(problem['ctx']['tag'], allowed)}"
        case "literal_error":
            allowed = re.findall(r"'([^']+)'", problem["ctx"]["expected"])
            reason = f"not one of these{nearest(str(problem['input']), allowed)}"
        case _:
            reason = problem["msg"].replace("Input should be", "must be")
    value = problem["input"]
    shown = "" if isinstance(value, Mapping | BaseModel) else f"={value!r}"
    return f"{key}{shown}: {reason}"


def _keys(path: list[str]) -> list[str]:
    """The keys that the schema allows under a path; none where any is, or nothing is."""
    found: list[Any] = [Config]
    for part in path:
        found = [inner for kind in found for inner in _descend(kind, part)]
    models = [kind for kind in found if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return list(dict.fromkeys(name for model in models for name in model.model_fields))


def _descend(kind: Any, part: str) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(part)
        return _members(field.annotation) if field else []
    if get_origin(kind) in (dict, list):
        return _members(get_args(kind)[-1])
    return []


def _members(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) is Union or type(annotation).__name__ == "UnionType":
        return [inner for member in get_args(annotation) for inner in _members(member)]
    return [annotation]


def _contradictions(config: Config):
    """Values that are fine alone and impossible together, one line each."""
    yield from _network_contradictions(config.network)
    yield from _world_contradictions(config.world, config.network)
    network, known = config.network, list(config.world.tasks)
    for index, stage in enumerate(config.tasks):
        for name in stage:
            if name not in known:
                yield f"tasks.{index}='{name}': no such task{nearest(name, known)}"
    plastic = [name for name, entry in network.projections.items() if entry.plasticity]
    for name in config.protocol.freeze:
        if name not in network.projections:
            allowed = list(network.projections)
            yield f"protocol.freeze='{name}': no such projection{nearest(name, allowed)}"
    for label, sleep in {"sleep": config.sleep, **config.arms}.items():
        if sleep.schedule != "never" and sleep.first_stage > len(config.tasks):
            yield (
                f"{label}.first_stage={sleep.first_stage}: there are only "
                f"{len(config.tasks)} stages in tasks"
            )
    stages = ["unsupervised", *stage_names(config.tasks)]
    for index, entry in enumerate(config.protocol.interventions):
        key = f"protocol.interventions.{index}"
        if entry.after not in stages:
            yield f"{key}.after='{entry.after}': no such stage{nearest(entry.after, stages)}"
        if entry.freeze is not None and entry.freeze not in plastic:
            yield f"{key}.freeze='{entry.freeze}': not plastic{nearest(entry.freeze, plastic)}"
        populations = ["input", "hidden", "output"]
        if entry.lesion is not None and entry.lesion not in populations:
            yield f"{key}.lesion='{entry.lesion}': not one{nearest(entry.lesion, populations)}"


def _network_contradictions(network: NetworkConfig):
    for name in ("input", "hidden", "output"):
        population = getattr(network, name)
        if population.neuron not in network.neurons:
            allowed = list(network.neurons)
            yield (
                f"network.{name}.neuron='{population.neuron}': no such neuron"
                f"{nearest(population.neuron, allowed)}"
            )
    for name, projection in network.projections.items():
        key, size = f"network.projections.{name}", getattr(network, projection.pre).count
        wiring, weights = projection.wiring, projection.weights
        if isinstance(wiring, FixedFanIn) and wiring.fan_in > size:
            yield (
                f"{key}.wiring.fan_in={wiring.fan_in}: the {projection.pre} population has only "
                f"{size} neurons; choose 1 to {size}"
            )
        if not isinstance(weights, MirrorWeights):
            continue
        mirrored = network.projections.get(weights.of)
        if mirrored is None or isinstance(mirrored.weights, MirrorWeights):
            allowed = [other for other in network.projections if other != name]
            yield f"{key}.weights.of='{weights.of}': cannot be mirrored{nearest(weights.of, allowed)}"
        elif (mirrored.pre, mirrored.post) != (projection.pre, projection.post):
            yield f"{key}.weights.of='{weights.of}': must join the same two populations"
        if projection.plasticity:
            yield f"{key}.plasticity: mirrored weights are not learned; must be null"


def _world_contradictions(world: WorldConfig, network: NetworkConfig):
    if network.output.count != 8:
        yield f"network.output.size={network.output.size}: must be 8, one a direction of movement"
    vision = network.input.size
    if len(vision) != 2 or any(extent % 2 == 0 or extent > world.size for extent in vision):
        yield f"network.input.size={vision}: must be two odd numbers up to world.size={world.size}"
    for name, offset in world.kinds.items():
        if offset == [0, 0] or any(abs(step) > 1 for step in offset):
            yield f"world.kinds.{name}={offset}: must be a step to a neighbouring square"
    for name, task in world.tasks.items():
        for role in ("rewarded", "punished"):
            kind = getattr(task, role)
            if kind not in world.kinds:
                allowed = list(world.kinds)
                yield f"world.tasks.{name}.{role}='{kind}': no such kind{nearest(kind, allowed)}"
        if task.rewarded == task.punished:
            yield f"world.tasks.{name}.punished='{task.punished}': also its rewarded kind"
    particles = world.particles
    counts = {
        "unsupervised": particles.unsupervised * len(world.kinds),
        "task": particles.task * 2,
    }
    room = world.size**2 // 16
    for name, count in counts.items():
        if count > room:
            yield (
                f"world.particles.{name}={getattr(particles, name)}: {count} particles; "
                f"a world of {world.size} x {world.size} surely holds {room} that do not touch"
            )


def stage_names(stages: list[list[str]]) -> list[str]:
    """A name for each training stage: its tasks, numbered where they come again."""
    names: list[str] = []
    for stage in stages:
        name = "+".join(stage)
        again = sum(other.split("#")[0] == name for other in names)
        names.append(f"{name}#{again + 1}" if again else name)
    return names
