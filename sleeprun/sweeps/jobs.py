"""A job of Hydra's: what it is told of itself, and its directory.

Hydra's own `run_job` keeps the job in a global. The jobs of a batch take turns, so each is handed
its context, and `${hydra:...}` means what its own config says; `hydra/launcher=basic` and others
leave it to `Job.current`.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, cast

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus, setup_globals
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

JOBS = "jobs.jsonl"  # of a sweep: each of its jobs as it begins, and as it ends


class Job(NamedTuple):
    folder: Path
    overrides: list[str]  # that it was called with, without those of Hydra's own keys
    sweep: Path | None  # the directory of the sweep that it is part of
    home: Path  # the folder that the command was called in
    swept: list[str]  # the keys of which its sweep has several values

    @classmethod
    def of(cls, hydra: DictConfig) -> "Job":
        """As the node `hydra` of a config says."""
        of_sweep = hydra.mode is not None and hydra.mode.name == "MULTIRUN"
        sweep = Path(hydra.sweep.dir) if of_sweep else None
        swept = OmegaConf.select(hydra, "callbacks.sweep.swept") if of_sweep else None
        folder, home = Path(hydra.runtime.output_dir), Path(hydra.runtime.cwd)
        return cls(folder, as_given(hydra.overrides.task), sweep, home, [*(swept or ())])

    @classmethod
    def current(cls) -> "Job":
        """The one that Hydra's `run_job` runs."""
        return cls.of(cast(DictConfig, HydraConfig.get()))

    @property
    def name(self) -> str:
        """`sleep.reward=0.5`: what tells it from the others of its sweep, if anything."""
        return " ".join(one for one in self.overrides if one.partition("=")[0] in self.swept)


class Unmet(Exception):
    """Of a job that is done a measure stayed below what `runtime.require` asks for."""


@dataclass
class Returned(JobReturn):
    """What Hydra is told of a job; its failure can be read without being raised."""

    failure: Exception | None = None

    def fail(self, failure: Exception) -> None:
        self.return_value = self.failure = failure
        self.status = JobStatus.FAILED


def as_given(overrides: object) -> list[str]:
    """Hydra's list of overrides; what is `${...}` in one means a key of the job's config."""
    return cast(list[str], OmegaConf.to_container(overrides, resolve=False))


@contextmanager
def with_own_hydra() -> Iterator[None]:
    """Meanwhile `${hydra:...}` is of the config that it stands in, where that is a job's."""
    setup_globals()
    OmegaConf.register_new_resolver("hydra", _own_hydra, replace=True)
    try:
        yield
    finally:
        setup_globals()


def _own_hydra(path: str, *, _root_: DictConfig) -> object:
    return OmegaConf.select(_root_.get("hydra") or cast(DictConfig, HydraConfig.get()), path)


def resolved(config: DictConfig, without: Collection[str]) -> dict[str, object]:
    """All but some of its sections, with what they refer to."""
    kept = (str(key) for key in config if key not in without)
    return {
        key: OmegaConf.to_container(section, resolve=True)
        if OmegaConf.is_config(section := config[key])
        else section
        for key in kept
    }


def place(config: DictConfig, number: int) -> Path:
    """Give a sweep's job its number and its directory, which is not made yet."""
    with read_write(config), open_dict(config):
        config.hydra.job.id = config.hydra.job.num = number
        folder = Path(config.hydra.sweep.dir, str(config.hydra.sweep.subdir)).absolute()
        config.hydra.runtime.output_dir = str(folder)
    return folder


def begin(config: DictConfig) -> Returned:
    """Make a job's directory with its `.hydra`; what is to be returned of it."""
    task_config = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
    hydra_config = OmegaConf.masked_copy(config, "hydra")
    Path(config.hydra.runtime.output_dir).mkdir(parents=True, exist_ok=True)
    if config.hydra.output_subdir is not None:
        record = Path(config.hydra.runtime.output_dir, config.hydra.output_subdir)
        record.mkdir(exist_ok=True)
        OmegaConf.save(task_config, record / "config.yaml")
        OmegaConf.save(hydra_config, record / "hydra.yaml")
        OmegaConf.save(config.hydra.overrides.task, record / "overrides.yaml")
    return Returned(
        overrides=as_given(config.hydra.overrides.task),
        cfg=task_config,
        hydra_cfg=hydra_config,
        working_dir=str(Path.cwd()),
        task_name=config.hydra.job.name,
    )
