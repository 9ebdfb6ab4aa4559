"""A search with Optuna: trials are asked for, run together, and told."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep, Transformer
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from omegaconf import OmegaConf

from sleeprun.config import ConfigError
from sleeprun.sweeps.launcher import Batched
from sleeprun.sweeps.pruning import Judge

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution

log = logging.getLogger("sleeprun")
SAMPLERS = {"tpe": "TPESampler", "random": "RandomSampler", "cmaes": "CmaEsSampler"}
PRUNERS = {"median": "MedianPruner", "percentile": "PercentilePruner"}


@dataclass(frozen=True)
class Searched:
    """The keys of `hydra.sweeper` that a search has; `sampler` and `pruner` with those of
    Optuna's class beside their `kind`."""

    n_trials: int  # that the study has at last
    n_jobs: int  # asked for and run together
    study_name: str | None
    storage: str | None  # of Optuna, a URL; none: in memory
    direction: str  # maximize or minimize
    max_failure_rate: float  # of the jobs of a batch
    sampler: dict[str, Any]
    pruner: dict[str, Any] | None

    def __post_init__(self) -> None:
        if self.direction not in ("maximize", "minimize"):
            raise ConfigError(
                f"hydra.sweeper.direction={self.direction}: must be maximize or minimize"
            )
        for name in ("n_trials", "n_jobs"):
            if getattr(self, name) < 1:
                raise ConfigError(f"hydra.sweeper.{name}={getattr(self, name)}: must be at least 1")


class Search:
    """Jobs are called with `given`; what is swept in it is searched through."""

    def __init__(self, searched: Searched, given: dict[str, Override], folder: Path):
        self.searched, self.folder = searched, folder
        self.study = _study(searched)
        self.swept = {
            key: _distribution(one) for key, one in given.items() if one.is_sweep_override()
        }
        self.fixed = [
            f"{key}={one.get_value_element_as_str()}"
            for key, one in given.items()
            if not one.is_sweep_override()
        ]

    def carry_out(self, launcher: Launcher) -> list[JobReturn]:
        """Run the trials that are left, and write `optimization_results.yaml`."""
        returns: list[JobReturn] = []
        left = self.searched.n_trials - len(_ended(self.study))
        for first in range(0, left, self.searched.n_jobs):
            trials = [
                self.study.ask(self.swept) for _ in range(min(self.searched.n_jobs, left - first))
            ]
            ends = self._launch(launcher, trials, first)
            returns += ends
            self._tell(trials, ends)
        self._write()
        return returns

    def _launch(self, launcher: Launcher, trials: list["Trial"], first: int) -> Sequence[JobReturn]:
        jobs = [
            [*(f"{key}={value}" for key, value in trial.params.items()), *self.fixed]
            for trial in trials
        ]
        if self.searched.pruner is None:
            return launcher.launch(jobs, initial_job_idx=first)
        if not (isinstance(launcher, Batched) and launcher.judges):
            raise ConfigError(
                "hydra.sweeper.pruner: only hydra/launcher=batched can stop a trial; use that, or "
                "pruner=null"
            )
        return launcher.launch_judged(jobs, first, [Judge(trial) for trial in trials])

    def _tell(self, trials: list["Trial"], ends: Sequence[JobReturn]) -> None:
        from optuna.trial import TrialState

        failed = []
        for trial, end in zip(trials, ends, strict=True):
            if end.status == JobStatus.UNKNOWN:
                self.study.tell(trial, state=TrialState.PRUNED)
            elif end.status == JobStatus.COMPLETED and end.return_value is not None:
                self.study.tell(trial, end.return_value)
            else:
                self.study.tell(trial, state=TrialState.FAIL)
                failed.append(end)
        if len(failed) > self.searched.max_failure_rate * len(ends):
            for end in failed:
                _ = end.return_value  # raises what it failed with

    def _write(self) -> None:
        from optuna.trial import TrialState

        if not self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
            log.warning("the search has no trial that came to its end")
            return
        best = self.study.best_trial
        found = {key: _plain(value) for key, value in best.params.items()}
        told = {"name": "optuna", "best_params": found, "best_value": best.value}
        OmegaConf.save(OmegaConf.create(told), self.folder / "optimization_results.yaml")
        log.info("best of %d trials: %s", len(self.study.trials), told)


def _study(searched: Searched) -> "Study":
    """A new study, or in a storage the one of that name, to go on with."""
    try:
        import optuna
        from optuna.trial import TrialState
    except ModuleNotFoundError:
        raise ConfigError("hydra.sweeper: needs optuna; pip install 'sleeprun[search]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name=searched.study_name,
        storage=searched.storage,
        direction=optuna.study.StudyDirection[searched.direction.upper()],
        load_if_exists=True,
    )
    for broken_off in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(broken_off.number, state=TrialState.FAIL)
        study.enqueue_trial(broken_off.params)
    sampler = dict(searched.sampler)
    if sampler.get("seed") is not None:  # a study that goes on doesn't draw the same again
        sampler["seed"] += len(study.trials)
    study.sampler = _made("sampler", SAMPLERS, sampler, "optuna.samplers")
    if searched.pruner is not None:
        study.pruner = _made("pruner", PRUNERS, searched.pruner, "optuna.pruners")
    return study


def _made(key: str, kinds: dict[str, str], asked: dict[str, Any], module: str) -> Any:
    kind, keys = asked.get("kind"), {name: value for name, value in asked.items() if name != "kind"}
    if kind not in kinds:
        raise ConfigError(f"hydra.sweeper.{key}.kind={kind}: must be one of {', '.join(kinds)}")
    try:
        return getattr(import_module(module), kinds[kind])(**keys)
    except (TypeError, ValueError, ImportError) as error:
        raise ConfigError(f"hydra.sweeper.{key}: {error}") from None


def _ended(study: "Study") -> list[Any]:
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def _distribution(override: Override) -> "BaseDistribution":
    """What Optuna draws from; both ends of a range or an interval are in it."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    swept: Any = override.value()
    if isinstance(swept, IntervalSweep):
        ends, logarithmic = (swept.start, swept.end), "log" in swept.tags
        whole = all(isinstance(end, int) for end in ends)
        kind: Any = IntDistribution if whole else FloatDistribution
        return kind(*ends, log=logarithmic)
    if isinstance(swept, RangeSweep) and not swept.shuffle:
        numbers = (swept.start, swept.stop, swept.step)
        whole = all(isinstance(number, int) for number in numbers)
        kind = IntDistribution if whole else FloatDistribution
        return kind(swept.start, swept.stop, step=swept.step)
    return CategoricalDistribution(
        [
            value if isinstance(value, int | float) else Transformer.str(value)
            for value in override.sweep_iterator(transformer=Transformer.identity)
        ]
    )


def _plain(value: Any) -> Any:
    """A value that was drawn; of a choice, which is in Hydra's syntax, what it stands for."""
    if not isinstance(value, str):
        return value
    return OverridesParser.create().parse_override(f"key={value}").value()
