"""A sweep's own run on W&B: its table, that of its seeds, and its picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from omegaconf import DictConfig

from sleeprun.config import TrackingConfig
from sleeprun.measures import statistics
from sleeprun.sweeps.jobs import resolved
from sleeprun.sweeps.outcomes import Outcome, compared, groups, values
from sleeprun.sweeps.table import rows
from sleeprun.tracking.history import History
from sleeprun.tracking.label import Label
from sleeprun.tracking.tables import Rows
from sleeprun.tracking.wandb_run import WandB


def track(
    folder: Path,
    config: DictConfig,
    swept: Sequence[str],
    found: Sequence[Outcome],
    figures: Sequence[Path],
) -> None:
    """Beside its jobs, in their group."""
    told = cast(dict[str, Any], resolved(config, without={"hydra"}))
    tracking = TrackingConfig(**told["tracking"])
    group = tracking.group or str(config.hydra.sweep.dir)
    name = tracking.name or f"{told['name']}: {' '.join(swept)}"
    label = Label(name, "sweep", group, tuple(tracking.tags))
    tables = {"sweep": summary(found), "seeds": rows(found)}
    with WandB(folder, label.tagged(told["name"]), tracking, told, History()) as wandb:
        wandb.publish(tables, {}, figures)


def summary(found: Sequence[Outcome]) -> Rows:
    """A row a group: the values of what was swept, and every measure over all seeds."""
    keys = compared(found)
    measures = dict.fromkeys(name for one in found for name in one.metrics)
    told: Rows = []
    for given, group in groups(found).items():
        row: dict[str, object] = dict(zip((*keys, "arm"), given, strict=True))
        for name in measures:
            measure = statistics.describe(values(group, name))
            row |= {name: measure["mean"], f"{name}/sd": measure["sd"]}
        told.append(row | {"n": len({seed for one in group for seed in one.seeds})})
    return told
