"""What Hydra's own code fails on rather than refuses, told by the argument that it comes of."""

import re
import traceback
from collections.abc import Sequence

from sleeprun.cli.folder import conf_dir


def explain_group(error: Exception, words: Sequence[str]) -> str | None:
    """Hydra's plain errors: a group named by a number, a list's key that is none, -m with --cfg.

    None of an error that was not raised in Hydra's or OmegaConf's own code: it is not the user's.
    """
    from sleeprun.config.spelling import nearest

    if _origin(error) not in ("hydra", "omegaconf"):
        return None
    if part := re.search(r"int\(\) with base 10: '([^']+)'|Index '([^']+)' \(str\)", str(error)):
        named = f".{part.group(1) or part.group(2)}"
        for key in (argument.lstrip("+~").split("=")[0] for argument in words):
            if named in key:
                return (
                    f"{key}: {key.split(named)[0]} is a list here; its keys are numbers from 0 on"
                )
    if str(error).startswith("Unknown plugin class : 'hydra_plugins.sleeprun."):
        return "sweeps need sleeprun to be installed (pip install -e . in a checkout)"
    if str(error).startswith("Invalid plugin"):
        targets = [word for word in words if "_target_=" in word]
        return f"{' '.join(targets) or 'hydra'}: {error}"
    if str(error).startswith("Only one of --run, --multirun"):
        return "--cfg and --info show one job's config: leave -m out"
    if not str(error).startswith("Config group override must be a string"):
        return None
    for given in words:
        group, _, value = given.lstrip("+").partition("=")
        names = sorted(path.stem for path in (conf_dir() / group).glob("*.yaml")) if group else []
        if names and value not in names:
            return f"{group}={value}: must be the name of a file{nearest(value, names)}"
    return None


def explain_argument(error: Exception, words: Sequence[str]) -> str | None:
    """Which argument Hydra's own code fails on; none of an error after its set-up was done."""
    packages = _packages(error)
    begun = packages[packages.index("hydra") :] if "hydra" in packages else ["sleeprun"]
    if "sleeprun" in begun:
        return None
    if isinstance(error, RecursionError):
        return f"{_culprit(words)}: a config has itself among its defaults, or by another of them"
    what = " ".join([f"{type(error).__name__}:", *str(error).splitlines()[:1]])
    return f"{_culprit(words)}: Hydra cannot take it ({what})"


def _culprit(given: Sequence[str]) -> str:
    """The argument without which the others can be composed; else those that are about Hydra."""
    words = [word for word in given if not word.startswith("-")]
    if _composed(words):
        return " ".join(word for word in words if word.lstrip("+~").startswith("hydra")) or "hydra"
    alone = (word for word in words if _composed([w for w in words if w != word]))
    return next(alone, " ".join(words))


def _composed(words: Sequence[str]) -> bool:
    import hydra

    try:
        with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
            hydra.compose("config", overrides=[*words])
    except Exception:
        return False
    return True


def _origin(error: Exception) -> str | None:
    """The package that raised the error."""
    packages = _packages(error)
    return packages[-1] if packages else None


def _packages(error: Exception) -> list[str]:
    """Through which an error came, from the outermost on."""
    frames = traceback.walk_tb(error.__traceback__)
    return [frame.f_globals.get("__name__", "").split(".")[0] for frame, _ in frames]
