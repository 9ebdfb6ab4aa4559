"""A search with Optuna: trials are asked for, run together, and told."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from omegaconf import OmegaConf

from sleeprun.config import ConfigError
from sleeprun.sweeps.launcher import Batched
from sleeprun.sweeps.pruning import Judge
from sleeprun.sweeps.study import Searched, distribution, study

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

log = logging.getLogger("sleeprun")


class Search:
    """Jobs are called with `given`; what is swept in it is searched through."""

    def __init__(self, searched: Searched, given: dict[str, Override], folder: Path):
        self.searched, self.folder = searched, folder
        self.study = study(searched)
        self.swept = {
            key: distribution(one) for key, one in given.items() if one.is_sweep_override()
        }
        self.fixed = [
            f"{key}={one.get_value_element_as_str()}"
            for key, one in given.items()
            if not one.is_sweep_override()
        ]

    def carry_out(self, launcher: Launcher) -> list[JobReturn]:
        """Run the trials that are left, and write `optimization_results.yaml`."""
        returns: list[JobReturn] = []
        left = (self.searched.n_trials or 0) - len(_ended(self.study))
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


def _ended(study: "Study") -> list["FrozenTrial"]:
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def _plain(value: object) -> object:
    """A value that was drawn; of a choice, which is in Hydra's syntax, what it stands for."""
    if not isinstance(value, str):
        return value
    return OverridesParser.create().parse_override(f"key={value}").value()
