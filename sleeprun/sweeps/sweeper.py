"""Which jobs a sweep has: every combination of the values given, or what a search asks for.

Values are given in Hydra's syntax: `a=1,2`, `range(...)`, `choice(...)`, and for a search
`interval(...)` and `tag(log, interval(...))`.
"""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from sleeprun.config import ConfigError
from sleeprun.config.values import Count
from sleeprun.sweeps.launcher import Batched
from sleeprun.sweeps.search import Search
from sleeprun.sweeps.study import Searched
from sleeprun.sweeps.sweep import mapping


class Asked(Searched):
    """The keys of `hydra.sweeper`, those of a search among them."""

    params: dict[str, Any] | None
    max_batch_size: Count | None


class GridOrSearch(Sweeper):
    """With `n_trials` a search."""

    hydra_context: HydraContext
    config: DictConfig
    launcher: Launcher

    def __init__(self, **given: Any):
        from sleeprun.config.messages import checked  # loads JAX, which help need not

        self.asked = checked(Asked, "hydra.sweeper", given)
        self.params = [f"{key}={values}" for key, values in (self.asked.params or {}).items()]

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.hydra_context, self.config = hydra_context, config
        mapping("hydra.launcher", config.hydra.launcher)
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> list[JobReturn]:
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        # What the command line gives stands over `params`.
        told = parser.parse_overrides([*self.params, *arguments])
        given = {one.get_key_element(): one for one in told}
        folder = Path(self.config.hydra.sweep.dir)
        folder.mkdir(parents=True, exist_ok=True)
        if self.asked.n_trials is None:
            return self._every(combinations(given))
        return Search(self.asked, given, folder).carry_out(self.launcher)

    def _every(self, jobs: list[list[str]]) -> list[JobReturn]:
        """Launched at most `max_batch_size` at a time."""
        returns: list[JobReturn] = []
        together = self.asked.max_batch_size or max(1, len(jobs))
        for first in range(0, len(jobs), together):
            batch = jobs[first : first + together]
            if not isinstance(self.launcher, Batched):  # which composes all before it begins
                self.validate_batch_is_legal(batch)
            ends = self.launcher.launch(batch, initial_job_idx=first)
            returns += ends
            for end in ends:
                _ = end.return_value  # raises the exception of a job that failed
        return returns


def combinations(given: dict[str, Override]) -> list[list[str]]:
    """The overrides of every job."""
    return [list(job) for job in itertools.product(*map(_values, given, given.values()))]


def _values(key: str, override: Override) -> Sequence[str]:
    if not override.is_sweep_override():
        return [f"{key}={override.get_value_element_as_str()}"]
    if not override.is_discrete_sweep():
        raise ConfigError(
            f"{override.input_line}: has no end of values; give some of them, or search with "
            "hydra.sweeper.n_trials"
        )
    return [f"{key}={value}" for value in override.sweep_string_iterator()]
