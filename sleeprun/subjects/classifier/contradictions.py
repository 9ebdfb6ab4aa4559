"""What a config of perceptrons cannot say, and what it can and yet may mislead."""

from collections.abc import Iterator

from sleeprun.config import Role
from sleeprun.config.messages import unknown_measures
from sleeprun.gradient.replay.schema import PerceptronSleep, ReplayConfig
from sleeprun.subjects.classifier.schema import ArmConfig, Config


def contradictions(config: Config) -> Iterator[str]:
    network = config.network
    if network.loss == "cross_entropy" and network.relu_output:
        yield "network.relu_output=true: cross_entropy needs it to be false"
    whole: dict[str, Config | ArmConfig] = {"": config}
    arms = {f"arms.{name}.": arm for name, arm in config.arms.items()}
    for where, one in (whole | arms).items():
        yield from one.tasks.contradictions(f"{where}tasks")
        yield from _thresholds(config, f"{where}sleep", one.sleep)
    # The tasks' names are in the data, which are not read here.
    finals = [name for name in config.runtime.require if name.startswith("final/")]
    yield from unknown_measures(config, ["final/TASK", *finals])
    if config.origin:
        yield f"from='{config.origin}': is for spiking agents; must be null here"
    if config.interventions:
        yield "interventions: are for spiking agents; must be [] here"
    if config.runtime.spikes:
        yield f"runtime.spikes={config.runtime.spikes}: is for spiking agents; must be 0 here"
    if config.protocol.scale != 1:
        yield f"protocol.scale={config.protocol.scale:g}: is for spiking agents; must be 1 here"


def cautions(config: Config) -> Iterator[tuple[str, str]]:
    yield from _confounded(config)
    ours = config.training.model_dump()
    for name, arm in config.arms.items():
        theirs = arm.training.model_dump()
        if config.arm(name).bound is Role.JOINT and theirs != ours:
            told = [f"{key}={theirs[key]}, not {ours.get(key)}" for key in theirs
                    if theirs[key] != ours.get(key)]  # fmt: skip
            differs = ", ".join(told)
            yield f"arms.{name}.training", f"the upper bound is trained otherwise: {differs}"


def _confounded(config: Config) -> Iterator[tuple[str, str]]:
    """Arms that sleep with a learner which no arm has awake."""
    lives = {name: config.arm(name) for name in config.arms}
    awake = [one.learner for one in lives.values() if not one.sleep.scheduled]
    for name, one in lives.items():
        if awake and one.sleep.scheduled and one.learner not in awake:
            learner = getattr(one.learner, "kind", "?")
            yield (
                f"arms.{name}.learner",
                f"no arm has {learner} awake, so that what it does is told as if sleep did it; "
                f"+arms.awake.sleep.schedule=never is {learner} without sleep",
            )
            return


def _thresholds(config: Config, key: str, sleep: PerceptronSleep) -> Iterator[str]:
    layers = len(config.network.hidden) + 1
    for place, one in enumerate(sleep.sleeps):
        if one.schedule == "never" or not isinstance(one, ReplayConfig):
            continue
        given, here = len(one.threshold), f"{key}.also.{place - 1}" if place else key
        if given != layers:
            yield (
                f"{here}.threshold: {given} thresholds; must be {layers}, "
                "one for each hidden layer and one for the output"
            )
