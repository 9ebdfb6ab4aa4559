"""From tasks of images and a perceptron's sleeps to phases (Tadros et al. 2022)."""

from collections.abc import Iterator

from sleeprun.config import ConfigError, nearest
from sleeprun.config.declared import section_of
from sleeprun.config.sleep import DecaySleep
from sleeprun.gradient import promises
from sleeprun.gradient.learners.training import steps_an_epoch
from sleeprun.gradient.replay import Replay
from sleeprun.gradient.replay.schema import PerceptronSleep
from sleeprun.protocol.phases import Boundary, Decay, Live, Rest, Score, Stage, misnamed
from sleeprun.protocol.plan import Plan, numbered
from sleeprun.subjects.classifier.phases import Sleep, Wake
from sleeprun.subjects.classifier.schema import Config

WEIGHTS = ("weights",)
ALL = "all tasks"


class ClassifierPlan(Plan[PerceptronSleep]):
    """Each task, or all as one; every task is scored at every boundary."""

    def __init__(self, config: Config):
        self.config, self.sequence = config, config.sequence
        names = self.sequence.names
        together = config.image_tasks.together
        stages = [Stage(ALL, tuple(names))] if together else numbered([[name] for name in names])
        super().__init__(stages, config.sleep)
        self._check()

    def training(self, stage: Stage, sleeps: list[Live]) -> Live:
        """All the stage's epochs, over what the learner keeps of earlier stages, too."""
        training, before = self.config.training, self.stages[: self.stages.index(stage)]
        kept = promises.kept(self.config.learner.make(), [self._images(each) for each in before])
        steps = training.epochs * steps_an_epoch(self._images(stage) + kept, training.batch)
        return Wake(stage.tasks, cycles=steps, plastic=WEIGHTS)

    def sleeping(self, sleep: PerceptronSleep, length: int) -> Rest:
        plastic = WEIGHTS if sleep.plasticity else ()
        if isinstance(sleep, DecaySleep):
            return Decay(sleep.share, cycles=length, plastic=plastic)
        replay = section_of(Replay)(**sleep.numbers)
        return Sleep(replay, sleep.drive, sleep.scale, cycles=length, plastic=plastic)

    def tests(self, boundary: Boundary) -> Iterator[Score]:
        return (Score(boundary, name, cycles=1) for name in self.sequence.names)

    def _images(self, stage: Stage) -> int:
        """Training images of a stage."""
        return sum(len(task.images) for task in self.sequence.of(stage.tasks))

    def _check(self) -> None:
        """What can be known only with the data. Raises ConfigError."""
        if wrong := next(misnamed(self.sequence.names), None):
            raise ConfigError(wrong)
        finals = [f"final/{name}" for name in self.sequence.names]
        for required in self.config.runtime.require:
            if required.startswith("final/") and required not in finals:
                allowed = nearest(required, finals)
                raise ConfigError(f"runtime.require.{required}: no such task{allowed}")
        if misfit := next(self._misfits(), None):
            raise ConfigError(misfit)

    def _misfits(self) -> Iterator[str]:
        shape, sleep = self.sequence.shape, self.config.sleep
        for place, one in enumerate(sleep.sleeps):
            yield from one.misfits(_key(place), [stage.name for stage in self.stages])
        for key, replay in self.config.replays():
            if misfit := promises.misfit(replay.drive.make(), shape):
                yield f"{key}.drive.{misfit}"
        yield from self._unknown_activations()
        learner = self.config.learner.make()
        for stage in self.stages[:-1]:
            if misfit := promises.misfit(learner, self._images(stage)):
                yield f"learner.{misfit} (task {stage.name})"
        if self.config.probes:
            for misfit in self.config.probes.misfits(shape):
                yield f"probes.{misfit}"

    def _unknown_activations(self) -> Iterator[str]:
        """A carried scale knows those of earlier stages from the sleeps that followed them."""
        unknown: list[Stage] = []
        for number, stage in enumerate(self.stages, 1):
            unknown.append(stage)
            for place, sleep in enumerate(self.sleeps):
                if isinstance(sleep, DecaySleep) or not sleep.happens_in(number, stage.name):
                    continue
                if sleep.scale == "carried" and unknown[1:]:
                    yield (
                        f"{_key(place)}.scale='carried': needs a sleep after {unknown[0].name}, "
                        "which takes its activations; must be every_sleep or first_sleep"
                    )
                unknown = []


def _key(place: int) -> str:
    """Of one of the sleeps in a config."""
    return f"sleep.also.{place - 1}" if place else "sleep"
