"""What the user reads before a run: the help, the protocol, and Hydra's errors put plainly."""

import itertools
import re
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from sleeprun.cli.folder import conf_dir

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
# Of Hydra's plugins, what is said where they are missing.
FOREIGN = {
    "hydra/sweeper/optuna": "hydra/sweeper=optuna: a search takes the sweeper that is there, with "
    "hydra.sweeper.n_trials=...",
    "hydra/launcher/joblib": "hydra/launcher=joblib: needs hydra-joblib-launcher; "
    "pip install 'sleeprun[parallel]'",
}


def print_help(conf: Path, arguments: list[str]) -> None:
    print(COMMANDS, end="")
    folders = [conf, *_config_dirs(arguments)]
    for folder in folders:
        for name, line in experiments(folder / "experiment"):
            print(f"  {name:38s}  {line}")


def experiments(folder: Path) -> list[tuple[str, str]]:
    """Every experiment's name and the comment that its file begins with."""
    found = []
    for path in sorted(folder.rglob("*.yaml")):
        lines = path.read_text().splitlines()
        comments = [line[1:].strip() for line in lines if re.match(r"# (?!@)", line)]
        found.append((str(path.relative_to(folder).with_suffix("")), (comments or [""])[0]))
    return found


def _config_dirs(arguments: list[str]) -> list[Path]:
    joined = [a.split("=", 1)[1] for a in arguments if re.match(r"(--config-dir|-cd)=", a)]
    flags = ("--config-dir", "-cd")
    apart = [b for a, b in itertools.pairwise(arguments) if a in flags]
    return [Path(folder) for folder in joined + apart]


def explain_hydra(error: BaseException) -> str:
    """One of Hydra's or OmegaConf's errors, naming the key and the nearest spelling."""
    from sleeprun.config.spelling import nearest

    text = str(error)
    if key := re.search(r"Could not (?:override|append to config.*?key) '([^']+)'", text):
        return _explain_key(error, key.group(1).split("@")[0])
    if choice := re.search(
        r"Could not find '([^']+)'\s+Available options in '([^']+)':(.*)", text, re.S
    ):
        wanted, group, options = choice.groups()
        name = wanted.removeprefix(f"{group}/")
        names = re.findall(r"^\t(\S+)$", options.split("\nConfig search path")[0], re.M)
        if told := FOREIGN.get(wanted):
            return told
        if group == "experiment" or not names:
            folders = [conf_dir(), *_config_dirs(sys.argv[1:])]
            names = [name for folder in folders for name, _ in experiments(folder / group)]
        return f"{group}={name}: no such {group}{nearest(name, names)}"
    if group := re.search(r"Could not find '([^'/]+)/", text):
        return f"{text.splitlines()[0]}"
    plain = re.sub(r"(See )?https?://\S+", "", text)
    return " ".join(line.strip() for line in plain.splitlines()[:2])


def explain_group(error: Exception) -> str | None:
    """Hydra's plain errors: a group named by a number, a list's key that is none, -m with --cfg.

    None of an error that was not raised in Hydra's or OmegaConf's own code: it is not the user's.
    """
    from sleeprun.config.spelling import nearest

    if _origin(error) not in ("hydra", "omegaconf"):
        return None
    if part := re.search(r"int\(\) with base 10: '([^']+)'|Index '([^']+)' \(str\)", str(error)):
        named = f".{part.group(1) or part.group(2)}"
        for key in (argument.lstrip("+~").split("=")[0] for argument in sys.argv[1:]):
            if named in key:
                return (
                    f"{key}: {key.split(named)[0]} is a list here; its keys are numbers from 0 on"
                )
    if str(error).startswith("Unknown plugin class : 'hydra_plugins.sleeprun."):
        return "sweeps need sleeprun to be installed (pip install -e . in a checkout)"
    if str(error).startswith("Only one of --run, --multirun"):
        return "--cfg and --info show one job's config: leave -m out"
    if not str(error).startswith("Config group override must be a string"):
        return None
    for given in sys.argv[1:]:
        group, _, value = given.lstrip("+").partition("=")
        names = sorted(path.stem for path in (conf_dir() / group).glob("*.yaml")) if group else []
        if names and value not in names:
            return f"{group}={value}: must be the name of a file{nearest(value, names)}"
    return str(error)


def _origin(error: Exception) -> str | None:
    """The package that raised the error."""
    frames = list(traceback.walk_tb(error.__traceback__))
    return frames[-1][0].f_globals.get("__name__", "").split(".")[0] if frames else None


def _explain_key(error: BaseException, path: str) -> str:
    """A key that an override names and that the config does not have."""
    from sleeprun.config.messages import unknown_key
    from sleeprun.subjects.parse import families

    if (conf_dir() / path).is_dir():
        return f"{path}: none is chosen yet; choose one with +{path}=..."
    cause = error.__cause__
    parent, full = getattr(cause, "parent_node", None), getattr(cause, "full_key", None)
    there = [str(name) for name in parent] if parent is not None else None
    known = families()
    if not path.startswith(full or path):
        return unknown_key(path, known)
    return unknown_key(full or path, known, there)


def print_protocol(config: "Common") -> None:
    """The phases of every arm, and about how long they will take."""
    from sleeprun.protocol.describe import describe, shortening
    from sleeprun.subjects.plans import arms_of, trunk

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
    from sleeprun.runs.devices import prepare_jax

    prepare_jax(config.devices)  # what simulates it depends on the device
    speed = config.runtime.expected_cycles_per_second / config.slower()
    seconds = expected_seconds(config, cycles)
    cores = plural(config.devices, "core")
    return f"{told}; about {duration(seconds)} on {cores} at {speed:g} cycles/s a core"


def _phases_behind(config: "Common", protocol: "Protocol") -> int:
    """How many phases another run has done for this one; says which."""
    if config.origin is None or config.resume:
        return 0
    from sleeprun.runs import branch
    from sleeprun.runs.devices import prepare_jax

    prepare_jax(config.devices)  # what a state fits depends on the device
    found = branch.find(config.origin, config, protocol)
    print(f"begins after '{found.boundary}' from {found.checkpoint}; what is left:")
    return found.phases


def duration(seconds: float) -> str:
    """`2 hours`, in the unit that leaves one or two digits."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
