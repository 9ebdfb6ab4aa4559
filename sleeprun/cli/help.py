"""The help."""

import itertools
import re
from pathlib import Path

COMMANDS = """\
sleeprun: how does sleep keep neural networks from forgetting?

  sleeprun +experiment=NAME [key=value ...]       run an experiment
  sleeprun +experiment=NAME dry_run=true          print its protocol and stop
  sleeprun +experiment=NAME --cfg job             print its whole config: every key can be given
  sleeprun +experiment=NAME protocol.scale=0.1 seeds=4
  sleeprun +experiment=src_quick arms=none learner=ewc    another method on images
  sleeprun -m +experiment=NAME sleep.reward=0,0.5,1        sweep; called again, it goes on
  sleeprun resume=RUN_DIR                         go on with a run that was broken off
  sleeprun +experiment=NAME from=RUN_DIR          begin at a boundary of that run, not from birth
  sleeprun --config-dir DIR +experiment=MINE      experiments of your own, in DIR/experiment/
  eval "$(sleeprun -sc install=bash)"             tab completion (also zsh, fish)
  sleeprun --hydra-help                           Hydra's own flags

experiments
"""


def print_help(conf: Path, arguments: list[str]) -> None:
    print(COMMANDS, end="")
    folders = [conf, *config_dirs(arguments)]
    for folder in folders:
        for name, line in experiments(folder / "experiment"):
            print(f"  {name:38s}  {line}")


def experiments(folder: Path) -> list[tuple[str, str]]:
    """Every experiment's name and the comment that its file begins with."""
    found = []
    for path in sorted(folder.rglob("*.yaml")):
        lines = path.read_text("utf-8", errors="replace").splitlines()
        comments = [line[1:].strip() for line in lines if re.match(r"# (?!@)", line)]
        found.append((str(path.relative_to(folder).with_suffix("")), (comments or [""])[0]))
    return found


def config_dirs(arguments: list[str]) -> list[Path]:
    """A user's own, as the command line names them."""
    joined = [a.split("=", 1)[1] for a in arguments if re.match(r"(--config-dir|-cd)=", a)]
    flags = ("--config-dir", "-cd")
    apart = [b for a, b in itertools.pairwise(arguments) if a in flags]
    return [Path(folder) for folder in joined + apart]
