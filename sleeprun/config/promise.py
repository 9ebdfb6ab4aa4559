"""That a class of a user's own gives what it must: found before a run, and told in a line."""

import traceback
from typing import Any

import equinox as eqx
import jax
from jaxtyping import PyTree

from sleeprun.config.error import ConfigError


def array(dtype: str, *shape: int) -> Any:
    """What stands for an array of which only the shape is known."""
    return jax.ShapeDtypeStruct(shape, dtype)


def given(owner: object, method: str, *arguments: PyTree) -> PyTree:
    """The shapes of what a method gives. Raises ConfigError where it fails; computes nothing."""
    try:
        return eqx.filter_eval_shape(getattr(owner, method), *arguments)
    except Exception as error:
        raise ConfigError(
            f"{named(owner, method)}: {told(error, type(owner).__module__)}"
        ) from error


def keeps(owner: object, method: str, arguments: tuple[PyTree, ...], *wanted: PyTree) -> None:
    """Raises ConfigError unless a method gives arrays of the shapes and types of one `wanted`.

    The package's own classes are left to its tests.
    """
    if type(owner).__module__.startswith("sleeprun."):
        return
    found = _shapes(given(owner, method, *arguments))
    right = [_shapes(one) for one in wanted]
    if found not in right:
        raise ConfigError(f"{named(owner, method)}: gives {found}; must give {' or '.join(right)}")


def named(owner: object, method: str) -> str:
    """A method, as its user would find it."""
    kind = type(owner)
    return f"{kind.__module__}.{kind.__qualname__}.{method}"


def _shapes(tree: PyTree) -> str:
    return eqx.tree_pformat(tree, width=10**6, struct_as_array=True)


def told(error: Exception, module: str) -> str:
    """An error in a line, and where in the package of a module it came from."""
    what = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
    if isinstance(error, SyntaxError):  # names its file and line
        return what
    package = module.split(".")[0]
    frames = [
        f"{frame.f_code.co_filename}, line {line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals.get("__name__", "").split(".")[0] == package
    ]
    return f"{what} ({frames[-1]})" if frames else what
