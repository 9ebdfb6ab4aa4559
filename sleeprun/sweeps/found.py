"""The best sleep that a search found, as a config that an experiment can use."""

import logging
from collections.abc import Mapping
from pathlib import Path

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

log = logging.getLogger("sleeprun")


class SaveFound(Callback):
    """At a search's end its best `sleep` keys are written over those that the search began with.

    They become `conf/sleep/found.yaml` in the sweep's directory, for `--config-dir`.
    """

    def on_multirun_end(self, config: DictConfig, **_: object) -> None:
        sweep = Path(config.hydra.sweep.dir)
        results = sweep / "optimization_results.yaml"
        if results.exists():
            best = OmegaConf.load(results)
            path = write_found(sweep / "conf", config.sleep, best.best_params, best.best_value)
            log.info(
                "the best sleep is %s; use it by --config-dir %s sleep=found", path, path.parents[1]
            )


def write_found(
    folder: Path, began_with: Mapping[str, object], best: Mapping[str, object], value: float
) -> Path:
    """Write `sleep/found.yaml`: all keys of the sleep, those that were searched for as found.

    What else was searched for, and is no sleep, is told in its first lines.
    """
    sleep = OmegaConf.create({"sleep": began_with}, flags={"readonly": False})
    sleeps = [key for key in best if key.startswith("sleep.")]
    for key in sleeps:
        OmegaConf.update(sleep, key, best[key])
    from sleeprun.directory.files import write_whole

    path = folder / "sleep" / "found.yaml"
    told = f"# found by a search; its objective was {value:.4f}\n"
    if others := [f"{key}={found}" for key, found in best.items() if key not in sleeps]:
        told += f"# and is so with {' '.join(others)}\n"
    write_whole(path, (told + OmegaConf.to_yaml(sleep.sleep)).encode())
    return path
