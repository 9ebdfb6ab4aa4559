"""What the user reads before a run: the help, and the protocol."""

import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sleeprun.config import Common
    from sleeprun.protocol.phases import Protocol

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
    from sleeprun.protocol.describe import describe, shortening
    from sleeprun.runs.devices import prepare_jax
    from sleeprun.subjects.plans import arms_of, trunk

    prepare_jax(config.devices)  # how fast it is, and what a state fits, depends on the device
    protocols = arms_of(config)
    prefix = trunk(config, list(protocols.values()))
    short = shortening(config.shortened, config.protocol.scale)
    print(", ".join(filter(None, [f"{config.name}: {plural(len(config.seeds), 'seed')}", short])))
    behind = _phases_behind(config, prefix)
    total = sum(phase.cycles for phase in prefix[behind:])
    if len(protocols) > 1:
        print("\nshared by all arms")
        print("\n".join(describe(prefix[behind:], config.unit, first=behind)))
    for name, protocol in protocols.items():
        rest = protocol[len(prefix) if len(protocols) > 1 else behind :]
        if len(protocols) > 1:
            print(f"\narm {name}")
            total += sum(phase.cycles for phase in rest)
        print("\n".join(describe(rest, config.unit, first=len(protocol) - len(rest))))
    print(f"\n{_how_long(config, total)}")


def plural(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _how_long(config: "Common", cycles: int) -> str:
    from sleeprun.subjects.plans import expected_seconds

    told = f"{cycles:,d} {config.unit} a seed{', in all arms together' * bool(config.arms)}"
    if not config.timed:
        return told
    speed = config.runtime.expected_cycles_per_second / config.slower()
    seconds = expected_seconds(config, cycles)
    cores = plural(config.devices, "core")
    return f"{told}; about {duration(seconds)} on {cores} at {speed:g} cycles/s a core"


def _phases_behind(config: "Common", protocol: "Protocol") -> int:
    """How many phases another run has done for this one; says which."""
    if config.origin is None or config.resume:
        return 0
    from sleeprun.runs import branch

    found = branch.find(config.origin, config, protocol)
    print(f"begins after '{found.boundary}' from {found.checkpoint}; what is left:")
    return found.phases


def duration(seconds: float) -> str:
    """`2 hours`, in the unit that leaves one or two digits."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
