"""The help."""

import itertools
from pathlib import Path

from sleeprun.cli.choices import CONFIG_DIR, config_dirs, experiments
from sleeprun.cli.codes import MISTAKE, OK, say

COMMANDS = """\
sleeprun: how does sleep keep neural networks from forgetting?

  sleeprun +experiment=NAME [key=value ...]       run an experiment
  sleeprun +experiment=NAME dry_run=true          print its protocol and stop
  sleeprun +experiment=NAME --cfg job             print its whole config: every key can be given
  sleeprun +experiment=foraging_quick protocol.scale=0.1 seeds=4   shorter: agents
  sleeprun +experiment=src_quick training.epochs=2 seeds=2         shorter: images
  sleeprun +experiment=src_quick arms=none learner=ewc    another method on images
  sleeprun -m +experiment=NAME sleep.reward=0,0.5,1        sweep; called again, it goes on
  sleeprun resume=RUN_DIR                         go on with a run that was broken off
  sleeprun +experiment=NAME from=RUN_DIR          begin at a boundary of that run, not from birth
  sleeprun-report RUN_DIR [RUN_DIR ...]           one HTML file of runs beside each other
  sleeprun --config-dir DIR +experiment=MINE      experiments of your own, in DIR/experiment/
  eval "$(sleeprun -sc install=bash)"             tab completion (also zsh, fish)
  sleeprun --help TOPIC                           every key of: config, network, tasks, neuron, ...
  sleeprun --hydra-help                           Hydra's own flags

experiments
"""


def print_help(conf: Path, arguments: list[str]) -> int:
    """All commands and experiments; or, where a topic is named, what can be said of it."""
    if topic := _topic(arguments):
        return _print_topic(conf, topic)
    print(COMMANDS, end="")
    folders = [conf, *config_dirs(arguments)]
    for folder in folders:
        for name, line in experiments(folder / "experiment"):
            print(f"  {name:38s}  {line}")
    return OK


def _topic(arguments: list[str]) -> str | None:
    """A word that is no option, no option's value and no override."""
    pairs = itertools.pairwise(["", *arguments])
    words = [word for flag, word in pairs if flag not in CONFIG_DIR and word[:1] not in "-+~"]
    return next((word for word in words if "=" not in word), None)


def _print_topic(conf: Path, topic: str) -> int:
    from rich.console import Console
    from rich.markdown import Markdown

    from sleeprun.cli import reference
    from sleeprun.config.spelling import nearest

    if not (parts := [*reference.section(conf, topic)]):
        allowed = nearest(topic, list(dict.fromkeys([*reference.topics(conf), *reference.keys()])))
        return say(MISTAKE, f"--help {topic}: no such topic{allowed}")
    Console().print(Markdown("\n\n".join(parts)))
    return OK
