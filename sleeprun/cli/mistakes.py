"""A mistake before or in a run, put plainly: the errors of Hydra, OmegaConf and the system."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sleeprun.cli.choices import config_dirs, experiments
from sleeprun.cli.folder import conf_dir
from sleeprun.cli.foreign import explain_argument, explain_group

# Of Hydra's plugins, what is said where they are missing.
FOREIGN = {
    "hydra/sweeper/optuna": "hydra/sweeper=optuna: a search takes the sweeper that is there, with "
    "hydra.sweeper.n_trials=...",
    "hydra/launcher/joblib": "hydra/launcher=joblib: needs hydra-joblib-launcher; "
    "pip install 'sleeprun[parallel]'",
}
# What is wanted where OmegaConf refuses a value, by its own words for that.
WANTED = {
    r"Cannot assign .* to Dict|Invalid type assigned": "a mapping, {key: value}",
    r"Cannot assign .* to List|Invalid value assigned": "a list, [...]",
    r"Cannot convert .* to string": "a text",
    r".* is not a valid bool": "true or false",
    r".* could not be converted to Integer": "a whole number",
}


def explain_hydra(error: BaseException) -> str:
    """One of Hydra's or OmegaConf's errors, naming the key and the nearest spelling."""
    from sleeprun.config.spelling import nearest

    if ours := _ours(error):
        return str(ours)
    text = str(error)
    if override := getattr(error, "override", None):
        return _no_key(override) or _unquoted(override) or _unreadable(override, text)
    if key := re.search(r"Could not (?:override|append to config.*?key) '([^']+)'", text):
        return _explain_key(error, key.group(1).split("@")[0])
    if merged := re.match(r"Error merging override ([^=]+=.*)", text):
        return f"{merged.group(1)}: {_unmergeable(error.__cause__)}"
    if choice := re.search(
        r"Could not find '([^']+)'\s+Available options in '([^']+)':(.*)", text, re.S
    ):
        wanted, group, options = choice.groups()
        name = wanted.removeprefix(f"{group}/")
        names = re.findall(r"^\t(\S+)$", options.split("\nConfig search path")[0], re.M)
        if told := FOREIGN.get(wanted):
            return told
        if group == "experiment" or not names:
            names = _names_in(group)
        return f"{group}={name}: no such {group}{nearest(name, names)}"
    if lost := re.match(r"In '([^']+)': Could not (?:load|find) '([^']+)/([^'/]+)'", text):
        file, group, name = lost.groups()
        near = nearest(name, names) if (names := _names_in(group)) else ""
        return f"{file}.yaml: no {group}/{name}{near}"
    if given := re.search(r"Ambiguous value for argument '(.*)'", text):
        return _ambiguous(given.group(1))
    if (full := getattr(error, "full_key", None)) and (told := getattr(error, "msg", None)):
        return f"{full}{_raw(error)}: {told.splitlines()[0]}"
    return _in_two_lines(text)


def _names_in(group: str) -> list[str]:
    """The configs of a group, shipped or in folders that the command names."""
    folders = [conf_dir(), *config_dirs(sys.argv[1:])]
    return [name for folder in folders for name, _ in experiments(folder / group)]


def _unmergeable(cause: BaseException | None) -> str:
    """Why a value can't be laid over what is there: OmegaConf's error says what that is."""
    if isinstance(cause, IndexError):
        return "the list is not that long; give the whole list"
    told = str(getattr(cause, "msg", cause)).splitlines()[0]
    if told.startswith("Cannot merge"):  # a list and a mapping
        there = getattr(cause, "object_type", None)
        return f"must be {'a list, [...]' if there is list else 'a mapping, {key: value}'}"
    wanted = (what for words, what in WANTED.items() if re.match(words, told))
    return next((f"must be {what}" for what in wanted), told)


def _ours(error: BaseException | None) -> BaseException | None:
    """The mistake that a resolver of the package told, which OmegaConf's error came of."""
    from sleeprun.config import ConfigError

    while error is not None and not isinstance(error, ConfigError):
        error = error.__cause__ or error.__context__
    return error


def _in_two_lines(text: str) -> str:
    plain = re.sub(r"(See )?https?://\S+", "", text)
    return " ".join(line.strip() for line in plain.splitlines()[:2])


def _raw(error: BaseException) -> str:
    """`=VALUE` of the key that an error of OmegaConf's is about, as it was given."""
    from omegaconf import OmegaConf

    parent, key = getattr(error, "parent_node", None), getattr(error, "key", None)
    try:
        return f"={OmegaConf.to_container(parent, resolve=False)[key]}"  # type: ignore[index, arg-type]
    except (LookupError, TypeError, ValueError):
        return ""


def _no_key(override: str) -> str | None:
    """That what stands before the `=` cannot be a key, whatever its value; none if it can."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    key = override.partition("=")[0]
    try:
        OverridesParser.create().parse_override(f"{key}=1")
    except HydraException:
        return f"{override}: '{key.lstrip('+~')}' is no key; a key is a.b.c, a group a/b"
    return None


def _unreadable(override: str, text: str) -> str:
    """What Hydra's grammar stumbles over, without what else it would have taken."""
    stumbled = re.search(r"^(?!Lexer|See )(\S.*? at|\w+ input|missing|Type\w+ ).*", text, re.M)
    told = f" ({stumbled.group().split(' expecting {')[0]})" if stumbled else ""
    if override in _names_in("experiment"):
        told = f"; did you mean +experiment={override}?"
    return f"{override}: cannot be read as KEY=VALUE{told}"


def _unquoted(override: str) -> str | None:
    """What to write instead of an override that only lacks quotes."""
    key, _, value = override.partition("=")
    if not value or value[0] == "'" or set(value) & set('[]{}(),"$'):
        return None
    return f"{key}={value}: must be quoted: {_argument(key, value)}"


def _ambiguous(override: str) -> str:
    key, _, value = override.partition("=")
    return (
        f"{override}: several values are a sweep, with -m; a list must be {key}=[...], and a text "
        f"with a comma quoted: {_argument(key, value)}"
    )


def _argument(key: str, value: str) -> str:
    from sleeprun.config.messages import argument

    return argument(key, value)


def explain_other(error: Exception, words: Sequence[str]) -> str | None:
    """Any other error that is the user's to mend, by what was typed; none of one that is not."""
    return explain_file(error) or explain_group(error, words) or explain_argument(error, words)


def explain_file(error: BaseException) -> str | None:
    """That a file or folder cannot be read or written; none of an error that names none."""
    if isinstance(error, UnicodeDecodeError):
        files = (path for folder in config_dirs(sys.argv[1:]) for path in folder.rglob("*.yaml"))
        return next((f"{path}: must be UTF-8 ({error})" for path in files if not _utf8(path)), None)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return None


def _utf8(path: Path) -> bool:
    try:
        path.read_text("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def explain_setting(error: Exception) -> str | None:
    """That JAX refuses what the environment says; none of an error that is about no variable."""
    for name, value in os.environ.items():
        spellings = (name, name.lower(), name.lower().replace("jax_", "jax."))
        if name.startswith("JAX_") and any(each in str(error) for each in spellings):
            return f"{name}={value}: JAX takes no such value; mend it, or unset {name}"
    return None


def _explain_key(error: BaseException, path: str) -> str:
    """A key that an override names and that the config does not have."""
    from omegaconf import OmegaConf

    from sleeprun.config import ConfigError
    from sleeprun.config.messages import has, unknown_key
    from sleeprun.config.spelling import nearest
    from sleeprun.subjects.parse import families, family_of

    if (conf_dir() / path).is_dir():
        wanted = next((word for word in sys.argv[1:] if word.startswith(f"{path}=")), f"{path}=...")
        return f"{path}: none is chosen yet; choose one with +{wanted}"
    cause = error.__cause__
    parent, full = getattr(cause, "parent_node", None), getattr(cause, "full_key", None) or path
    if path.startswith("hydra."):
        there = [str(name) for name in parent or ()]
        near = nearest(full.split(".")[-1], there) if there else f"; add it with +{full}=..."
        return f"{full}: Hydra has no such key{near}"
    if parent is None or not f"{path}.".startswith(f"{full}."[: len(path) + 1]):
        return unknown_key(path, families(), {})
    above = len(re.findall(r"[^.\[\]]+", full)) - 1  # `parent` is so deep
    whole = OmegaConf.to_container(OmegaConf.select(parent, "." * (1 + above)), resolve=False)
    try:
        known = [family_of(whole)]  # type: ignore[arg-type]
    except ConfigError:
        known = families()
    whose = [kind for kind in families() if has(kind, full)]
    if whose and not set(whose) & set(known):
        return f"{full}: only {whose[0].what} have such a key"
    new = f"+{path}={{...}}" if full.startswith(f"{path}.") else ""
    return unknown_key(full, known, whole, [str(name) for name in parent], new)


@contextmanager
def mistakes_told() -> Iterator[None]:
    """What Hydra or the system refuses is a ConfigError in a line."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from sleeprun.config import ConfigError

    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(explain_hydra(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        if (told := explain_file(error)) is None:
            raise
        raise ConfigError(told) from error
