"""The keys of a search, and what of Optuna they describe: its study and what it draws from."""

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep, Transformer

from sleeprun.config import ConfigError
from sleeprun.config.values import Count, Fraction, Section

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler

Made = TypeVar("Made")


class Searched(Section):
    """The keys of `hydra.sweeper` that a search has; `sampler` and `pruner` with those of
    Optuna's class beside their `kind`."""

    n_trials: Count | None  # that the study has at last; none: no search
    n_jobs: Count  # asked for and run together
    study_name: str | None
    storage: str | None  # of Optuna, a URL; none: in memory
    direction: Literal["maximize", "minimize"]
    max_failure_rate: Fraction  # of the jobs of a batch
    sampler: dict[str, Any]
    pruner: dict[str, Any] | None


def study(searched: Searched) -> "Study":
    """A new study, or in a storage the one of that name, to go on with."""
    try:
        import optuna
        from optuna.trial import TrialState
    except ModuleNotFoundError:
        raise ConfigError("hydra.sweeper: needs optuna; pip install 'sleeprun[search]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        found = optuna.create_study(
            study_name=searched.study_name,
            storage=searched.storage,
            direction=optuna.study.StudyDirection[searched.direction.upper()],
            load_if_exists=True,
        )
    except Exception as error:  # of whichever database
        if searched.storage is None:
            raise
        told = f"hydra.sweeper.storage={searched.storage}: {str(error).splitlines()[0]}"
        raise ConfigError(told) from error
    for broken_off in found.get_trials(states=(TrialState.RUNNING,)):
        found.tell(broken_off.number, state=TrialState.FAIL)
        found.enqueue_trial(broken_off.params)
    found.sampler = _sampler(searched.sampler, len(found.trials))
    if searched.pruner is not None:
        found.pruner = _pruner(searched.pruner)
    return found


def _sampler(asked: dict[str, object], drawn: int) -> "BaseSampler":
    from optuna import samplers

    kinds = {
        "tpe": samplers.TPESampler,
        "random": samplers.RandomSampler,
        "cmaes": samplers.CmaEsSampler,
    }
    if isinstance(seed := asked.get("seed"), int):
        asked = asked | {"seed": seed + drawn}  # a study that goes on doesn't draw the same again
    return _made("sampler", kinds, asked)


def _pruner(asked: dict[str, object]) -> "BasePruner":
    from optuna import pruners

    kinds = {"median": pruners.MedianPruner, "percentile": pruners.PercentilePruner}
    return _made("pruner", kinds, asked)


def _made(key: str, kinds: Mapping[str, Callable[..., Made]], asked: dict[str, object]) -> Made:
    keys = dict(asked)
    kind = str(keys.pop("kind", None))
    if kind not in kinds:
        raise ConfigError(f"hydra.sweeper.{key}.kind={kind}: must be one of {', '.join(kinds)}")
    try:
        return kinds[kind](**keys)
    except (TypeError, ValueError, ImportError) as error:
        raise ConfigError(f"hydra.sweeper.{key}: {error}") from None


def distribution(override: Override) -> "BaseDistribution":
    """What Optuna draws from; both ends of a range or an interval are in it.

    Raises ConfigError where there is nothing between them.
    """
    try:
        return _distribution(override)
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"{override.input_line}: {error}") from None


def _distribution(override: Override) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution

    swept = override.value()
    if isinstance(swept, IntervalSweep):
        ends = [one for one in (swept.start, swept.end) if one is not None]
        if not all(map(math.isfinite, ends)):
            raise ValueError("both ends must be finite numbers")
        kind = _number(swept.start, swept.end)
        return kind(swept.start, swept.end, log="log" in swept.tags)
    if isinstance(swept, RangeSweep) and not swept.shuffle:
        kind = _number(swept.start, swept.stop, swept.step)
        return kind(swept.start, swept.stop, step=swept.step)
    return CategoricalDistribution(
        [
            value if isinstance(value, int | float) else Transformer.str(value)
            for value in override.sweep_iterator(transformer=Transformer.identity)
        ]
    )


def _number(*told: float | None) -> "Callable[..., BaseDistribution]":
    """What draws an integer where only integers are told, else a fraction."""
    from optuna.distributions import FloatDistribution, IntDistribution

    whole = all(isinstance(number, int) for number in told)
    return IntDistribution if whole else FloatDistribution
