"""From names and overrides to a typed config, as the command does it, for Python."""

from pathlib import Path

import hydra
from omegaconf import DictConfig

from sleeprun.cli.folder import conf_dir
from sleeprun.cli.mistakes import explain_other, mistakes_told
from sleeprun.config import ConfigError
from sleeprun.config.plain import plain
from sleeprun.config.promise import Broken
from sleeprun.runs.devices import refuse_absent
from sleeprun.subjects.experiment import Experiment
from sleeprun.subjects.parse import parse


def compose(experiment: str, *overrides: str, config_dir: str | Path | None = None) -> Experiment:
    """The config of an experiment with overrides as on the command line, `seeds=4` or the like.

    `config_dir` is a folder of a user's own configs. Raises ConfigError with a line for every
    mistake.
    """
    if flags := [one for one in overrides if one.startswith("-")]:
        raise ConfigError(f"{flags[0]}: is a flag of the command; here it is config_dir=FOLDER")
    given = [f"+experiment={experiment}", *overrides]
    if config_dir is not None:
        given.append(f"hydra.searchpath=[file://{Path(config_dir).absolute()}]")
    try:
        with mistakes_told(), hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
            return typed(hydra.compose("config", overrides=given))
    except ConfigError:
        raise
    except Exception as error:
        if told := explain_other(error, given):
            raise ConfigError(told) from error
        raise


def typed(cfg: DictConfig) -> Experiment:
    """A composed config, every key of it checked."""
    whole = plain(cfg)
    if "experiment" in whole:
        raise ConfigError("experiment: its file must begin with the line: # @package _global_")
    try:
        return parse(whole)
    except ConfigError as error:
        if isinstance(error.__cause__, Broken):  # it may have computed, for which JAX starts
            refuse_absent()
        raise
