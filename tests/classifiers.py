"""Small perceptrons that learn the digits of scikit-learn and sleep, through a whole run."""

from pathlib import Path

from conftest import configured

from sleeprun.directory.store import RunDirectory
from sleeprun.protocol.events import Event
from sleeprun.runs.run import Run
from sleeprun.subjects.classifier.experiment import ImageExperiment
from sleeprun.subjects.seeds import over_seeds

THREE = ("tasks.groups=[[0,1],[2,3],[4,5]]", "tasks.count=3")  # each has programs to compile
TINY = (
    "+experiment=src_quick",
    "tasks/data=digits",
    *THREE,
    "arms=none",
    "network.hidden=[24,16]",
    "network.weight_spread=0.3",
    "tasks.samples=60",
    "training.epochs=20",
    "training.batch=13",
    "sleep.drive.patch=6",
    "sleep.length=150",
    "sleep.longer=40",
    "sleep.threshold=[2.0,2.0,2.0]",
    "sleep.alpha_scale=8.0",
    "sleep.drive.max_rate=400.0",
    "runtime.chunk_steps=7",
    "runtime.chunk_batches=7",
    "seeds=2",
)


def images(*overrides: str) -> ImageExperiment:
    """A config of classifiers, with `overrides` as on the command line."""
    config = configured(*overrides)
    assert isinstance(config, ImageExperiment)
    return config


def tiny(*overrides: str) -> ImageExperiment:
    return images(*TINY, *overrides)


def run_of(config: ImageExperiment, path: Path, devices: int = 1) -> Run:
    return Run(config, config.subject(devices, over_seeds), config.phases(), RunDirectory(path))


def carried_out(run: Run) -> list[Event]:
    return [*run.resume(), *run.events()]
