"""A job of Hydra's: what it is told of itself, and its directory.

Hydra's own `run_job` keeps the job in a global. The jobs of a batch take turns, so each is handed
its context; `hydra/launcher=basic` and others leave it to `Job.current`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn
from omegaconf import DictConfig, OmegaConf, open_dict, read_write


class Job(NamedTuple):
    folder: Path
    overrides: list[str]  # that it was called with, without those of Hydra's own keys
    sweep: Path | None  # the directory of the sweep that it is part of

    @classmethod
    def of(cls, hydra: Any) -> "Job":
        """As the node `hydra` of a config says."""
        of_sweep = hydra.mode is not None and hydra.mode.name == "MULTIRUN"
        sweep = Path(hydra.sweep.dir) if of_sweep else None
        return cls(Path(hydra.runtime.output_dir), list(hydra.overrides.task), sweep)

    @classmethod
    def current(cls) -> "Job":
        """The one that Hydra's `run_job` runs."""
        return cls.of(HydraConfig.get())


@contextmanager
def evaluating(config: DictConfig) -> Iterator[None]:
    """Meanwhile `${hydra:...}` in a job's config means its own; nothing else may run."""
    hydra = HydraConfig.instance()
    before = hydra.cfg
    hydra.set_config(config)
    try:
        yield
    finally:
        hydra.cfg = before


def place(config: DictConfig, number: int) -> Path:
    """Give a sweep's job its number and its directory, which is not made yet."""
    with read_write(config), open_dict(config):
        config.hydra.job.id = config.hydra.job.num = number
    with evaluating(config):
        folder = Path(config.hydra.sweep.dir, str(config.hydra.sweep.subdir)).absolute()
    with read_write(config.hydra), open_dict(config.hydra):
        config.hydra.runtime.output_dir = str(folder)
    return folder


def begin(config: DictConfig) -> tuple[DictConfig, JobReturn]:
    """Make a job's directory with its `.hydra`; the config for its task, and what to return."""
    task_config = deepcopy(config)
    with read_write(task_config), open_dict(task_config):
        del task_config["hydra"]
    hydra_config = OmegaConf.masked_copy(config, "hydra")
    Path(config.hydra.runtime.output_dir).mkdir(parents=True, exist_ok=True)
    if config.hydra.output_subdir is not None:
        record = Path(config.hydra.runtime.output_dir, config.hydra.output_subdir)
        record.mkdir(exist_ok=True)
        OmegaConf.save(task_config, record / "config.yaml")
        OmegaConf.save(hydra_config, record / "hydra.yaml")
        OmegaConf.save(config.hydra.overrides.task, record / "overrides.yaml")
    return task_config, JobReturn(
        overrides=list(config.hydra.overrides.task),
        cfg=deepcopy(task_config),
        hydra_cfg=hydra_config,
        working_dir=str(Path.cwd()),
        task_name=config.hydra.job.name,
    )
