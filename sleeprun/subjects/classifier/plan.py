"""From tasks of images and a sleep schedule to phases (Tadros et al. 2022)."""

from sleeprun.config import ConfigError, ImagesConfig, nearest
from sleeprun.gradient.learners.methods import method
from sleeprun.gradient.learners.training import steps_an_epoch
from sleeprun.protocol.phases import Boundary, BoundaryKind, Phase, Score, Sleep, Wake
from sleeprun.tasks.images.sequence import sequence

WEIGHTS = ("weights",)


def lessons(config: ImagesConfig) -> tuple[Phase, ...]:
    """Each task, or all as one, and after it sleep where there is any; steps are its cycles."""
    _check(config)
    names = sequence(config).names
    stages = ["+".join(names)] if config.sequence.together else names
    written: list[Phase] = _scores(0, "untrained", BoundaryKind.START, None, names)
    rows = 1
    for index, stage in enumerate(stages):
        name = "all tasks" if config.sequence.together else stage
        written.append(Wake(stage, training_steps(config, stages[:index], stage), WEIGHTS))
        written += _scores(rows, name, BoundaryKind.WAKE, stage, names)
        rows += 1
        steps = config.sleep.first + index * config.sleep.more
        if config.sleep.schedule == "after" and steps > 0:
            plastic = WEIGHTS if config.sleep.plasticity else ()
            written.append(Sleep(steps, plastic, "masked_mean_image", 0.0, 0.0))
            written += _scores(rows, f"{name}, slept", BoundaryKind.SLEEP, stage, names)
            rows += 1
    return tuple(written)


def _check(config: ImagesConfig) -> None:
    """What can be known only with the data. Raises ConfigError."""
    names, shape, sleep = sequence(config).names, sequence(config).shape, config.sleep
    finals = [f"final/{name}" for name in names]
    for required in config.runtime.require:
        if required.startswith("final/") and required not in finals:
            raise ConfigError(
                f"runtime.require.{required}: no such task{nearest(required, finals)}"
            )
    if sleep.schedule == "after" and shape and (sleep.patch or 0) > min(shape):
        told = f"images are {shape[0]} x {shape[1]}; choose 1 to {min(shape)}"
        raise ConfigError(f"sleep.patch={sleep.patch}: {told}")


def training_steps(config: ImagesConfig, before: list[str], stage: str) -> int:
    """Batches of all the stage's epochs, images kept of the stages `before` included."""
    training = config.training
    learner = method(rate=training.rate, **config.learner.model_dump())
    kept = learner.kept([images_of(config, earlier) for earlier in before])
    return training.epochs * steps_an_epoch(images_of(config, stage) + kept, training.batch)


def images_of(config: ImagesConfig, stage: str) -> int:
    """Training images of a stage."""
    return sum(len(task.images) for task in sequence(config).of(stage))


def _scores(
    row: int, name: str, phase: BoundaryKind, task: str | None, names: list[str]
) -> list[Phase]:
    boundary = Boundary(row, name, phase, task)
    return [Score(boundary, each, 1) for each in names]
