"""The `sleeprun` command: from the command line to a typed config, and from errors to exit codes.

Exit codes: 0 done, 1 a job failed, 2 a mistake in the configuration, 3 a required measure was
not reached, 130 interrupted. JAX and W&B are imported inside the job alone, so that help,
completion and a config error come at once.
"""

import logging
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from sleeprun.config import AnyConfig
    from sleeprun.host import Host

log = logging.getLogger("sleeprun")
PACKAGE = Path(__file__).parent
OK, FAILED, MISTAKE, UNMET, INTERRUPTED = 0, 1, 2, 3, 130


def conf_dir() -> Path:
    """`conf/` inside an installed package, or beside it in a checkout."""
    inside = PACKAGE / "conf"
    return inside if inside.is_dir() else PACKAGE.parent / "conf"


def main() -> None:
    if "--version" in sys.argv[1:]:
        from importlib.metadata import version

        print(f"sleeprun {version('sleeprun')}")
        sys.exit(OK)
    if len(sys.argv) == 1 or {"--help", "-h"} & set(sys.argv[1:]):
        from sleeprun.help import print_help

        print_help(conf_dir(), sys.argv[1:])
        sys.exit(OK)
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # let errors reach `_explained`
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(_explained())


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _explained() -> int:
    """Run Hydra and turn whatever goes wrong into a message and an exit code."""
    import hydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    from sleeprun import launcher, sweep
    from sleeprun.config import ConfigError
    from sleeprun.help import explain_group, explain_hydra

    OmegaConf.register_new_resolver("sleeprun.folder", _folder, replace=True)
    OmegaConf.register_new_resolver("sleeprun.record", _record, replace=True)
    OmegaConf.register_new_resolver("sleeprun.identity", sweep.identity, replace=True)
    launcher.register()
    try:
        hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(_job)()
        if _failures:
            raise _failures[0]
        return OK
    except ConfigError as error:
        return _say(FAILED if sweep.begun() else MISTAKE, str(error))
    except Unmet as error:
        return _say(FAILED if sweep.begun() else UNMET, str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except YAMLError as error:
        return _say(MISTAKE, " ".join(str(error).split()))
    except (HydraException, OmegaConfBaseException) as error:
        return _say(MISTAKE, explain_hydra(error))
    except Exception as error:
        if mistake := explain_group(error):
            return _say(MISTAKE, mistake)
        if not getattr(error, "told", False):
            log.exception("failed")
        return FAILED
    finally:
        sweep.conclude()
        shutil.rmtree(_scratch(), ignore_errors=True)


class Unmet(Exception):
    """A measure stayed below what `runtime.require` asks for."""


def _say(code: int, message: str) -> int:
    print(f"sleeprun: {message}", file=sys.stderr)
    return code


def _scratch() -> Path:
    return Path(tempfile.gettempdir()) / f"sleeprun-{os.getpid()}"


def _folder(resume: str | None, dry_run: bool, default: str) -> str:
    """The run directory: the resumed one's; nowhere that lasts where nothing is run."""
    if resume and (Path(resume) / ".hydra").is_dir():
        return resume
    return str(_scratch()) if resume or dry_run else default


def _record(resume: str | None) -> str | None:
    """Where Hydra writes the config; a resumed run keeps the one that it has."""
    return None if resume else ".hydra"


_failures: list[Exception] = []


def _job(cfg: "DictConfig", host: "Host | None" = None) -> float | None:
    """`job`, its failure kept for `_explained`, before which Hydra would print a line."""
    try:
        return job(cfg, host)
    except Exception as error:
        if _mode() == "MULTIRUN":
            raise
        _failures.append(error)
        return None


def job(cfg: "DictConfig", host: "Host | None" = None) -> float | None:
    """One run: returns the objective, the mean final score over the trained tasks."""
    from hydra.core.hydra_config import HydraConfig

    from sleeprun.config import ConfigError

    folder = Path(HydraConfig.get().runtime.output_dir)
    try:
        return _carry_out(cfg, folder, host)
    except (ConfigError, Unmet) as error:
        if _mode() == "MULTIRUN":
            log.error("%s", error)
        begun = cfg.resume or (folder / "events.jsonl").exists()
        if not begun and _mode() == "RUN":
            _remove(folder)
        raise
    except Exception as error:
        log.exception("failed; what was recorded is in %s", folder)
        error.told = True  # type: ignore[attr-defined]
        raise


def _remove(folder: Path) -> None:
    """Take back what Hydra wrote where nothing was begun, and the folders made for it."""
    shutil.rmtree(folder / ".hydra", ignore_errors=True)
    (folder / "sleeprun.log").unlink(missing_ok=True)
    for left in (folder, *folder.parents):
        if Path.cwd() not in left.absolute().parents or any(left.iterdir()):
            break
        left.rmdir()


def _carry_out(cfg: "DictConfig", folder: Path, host: "Host | None") -> float | None:
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import OmegaConf

    from sleeprun.config import parse

    if cfg.get("resume"):
        cfg = _resumed_config(cfg, HydraConfig.get().overrides.task)
    container: Any = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
    config = parse(container)
    if config.dry_run:
        from sleeprun.help import print_protocol

        print_protocol(config)
        return None
    if _mode() == "MULTIRUN":
        config = _of_a_sweep(config, folder)
    from sleeprun.job import carry_out

    results = carry_out(config, folder, host)
    arms = results.get("arms") or {"": results["metrics"]}
    unmet = [
        f"runtime.require.{name}={least}: {arm or 'the run'} reached only {metrics[name]['mean']}"
        for arm, metrics in arms.items()
        for name, least in config.runtime.require.items()
        if name in metrics  # which the bounds lack
        and (metrics[name]["mean"] is None or metrics[name]["mean"] < least)
    ]
    if unmet:
        raise Unmet("\n".join([*unmet, f"see {folder}"]))
    means = [metrics["accuracy"]["mean"] for metrics in arms.values()]
    return None if None in means else sum(means) / len(means)


def _of_a_sweep(config: "AnyConfig", folder: Path) -> "AnyConfig":
    """W&B groups a sweep's jobs; and what an earlier call of the sweep left is gone on with."""
    from hydra.core.hydra_config import HydraConfig

    tracking = config.tracking
    if tracking.group is None:
        tracking = tracking.model_copy(update={"group": Path(HydraConfig.get().sweep.dir).name})
    begun = str(folder) if (folder / "events.jsonl").exists() else None
    return config.model_copy(update={"tracking": tracking, "resume": begun})


def _mode() -> str:
    from hydra.core.hydra_config import HydraConfig

    mode = HydraConfig.get().mode
    return mode.name if mode else "RUN"


def _resumed_config(cfg: "DictConfig", given: list[str]) -> "DictConfig":
    """The config that the run was begun with; only runtime and tracking may be given anew."""
    from omegaconf import OmegaConf, open_dict

    from sleeprun.config import ConfigError

    record = Path(cfg.resume) / ".hydra"
    if not record.is_dir():
        raise ConfigError(f"resume='{cfg.resume}': no run directory (it has no .hydra/)")
    stored: Any = OmegaConf.load(record / "config.yaml")
    begun_with = OmegaConf.load(record / "overrides.yaml")
    for override in given:
        section = override.lstrip("+").split(".")[0].split("=")[0]
        if section in ("resume", "dry_run") or override in begun_with:
            continue
        if section not in ("runtime", "tracking"):
            raise ConfigError(
                f"resume='{cfg.resume}': {override} was not part of that run; only runtime and "
                "tracking can be changed"
            )
        key = override.lstrip("+").split("=")[0]
        with open_dict(stored):
            OmegaConf.update(stored, key, OmegaConf.select(cfg, key))
    with open_dict(stored):
        stored.resume, stored.dry_run = cfg.resume, cfg.dry_run
    return stored


if __name__ == "__main__":
    main()
