"""What the user reads before a run: the help, and the protocol."""

import itertools
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sleeprun.config import Common
    from sleeprun.protocol.phases import Protocol

log = logging.getLogger("sleeprun")
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


def print_protocol(config: "Common") -> None:
    """The phases of every arm, and about how long they will take."""
    from sleeprun.protocol.describe import describe, duration, plural, shortening
    from sleeprun.runs.devices import prepare_jax
    from sleeprun.subjects.plans import behind, carried_out, expected_seconds

    for key, what in config.cautions():
        log.warning("%s: %s", key, what)
    prepare_jax(config.devices)  # what simulates it, and what a state fits, depend on the device
    parts = carried_out(config)
    short = shortening(config.shortened, config.protocol.scale)
    print(", ".join(filter(None, [f"{config.name}: {plural(len(config.seeds), 'seed')}", short])))
    done = _phases_behind(config, parts[""])
    cycles, seconds = 0, 0.0
    for name, protocol in parts.items():
        first = behind(config, parts[""]) if name else done
        left = protocol if name else protocol[done:]
        took = sum(expected_seconds(config.arm(name), left))
        if config.arms:
            told = f"arm {name}" if name else "run once for all arms"
            print(f"\n{told}, about {duration(took)}")
        print("\n".join(describe(left, config.unit, first)))
        cycles, seconds = cycles + sum(phase.cycles for phase in left), seconds + took
    together = ", in all arms together" * bool(config.arms)
    told = f"{cycles:,d} {config.unit} a seed{together}"
    print(f"\n{told}; about {duration(seconds)} on {plural(config.devices, 'core')}")


def _phases_behind(config: "Common", protocol: "Protocol") -> int:
    """How many phases another run has done for this one; says which."""
    if config.origin is None or config.resume:
        return 0
    from sleeprun.runs import branch

    found = branch.find(config.origin, config, protocol)
    print(f"begins after '{found.boundary}' from {found.checkpoint}; what is left:")
    return found.phases
