"""That a class gives what it must, whoever wrote it: found before a run, and told in a line."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax.tree_util import PyTreeDef
from jaxtyping import AbstractArray, PyTree, jaxtyped

from sleeprun.config.error import ConfigError

MOST_TOLD = 200  # letters of what a method gave


class Broken(ConfigError):
    """What a class did wrong, by the class alone: `kinds.by_key` tells the key that chooses it."""

    def __init__(self, owner: type, told: str):
        super().__init__(told)
        self.owner = owner


def array(dtype: str, *shape: int) -> Any:
    """What stands for an array of which only the shape is known."""
    return jax.ShapeDtypeStruct(shape, dtype)


@contextmanager
def asking(owner: object, method: str, *meant: type[Exception]) -> Iterator[None]:
    """What a method of an object or a class raises, unless it is `meant`, names it in a line."""
    through: tuple[type[Exception], ...] = (ConfigError, *meant)
    try:
        yield
    except through:
        raise
    except Exception as error:
        raise broken(owner, method, in_a_line(error, _class_of(owner).__module__)) from error


@contextmanager
def part_of(key: str) -> Iterator[None]:
    """What is told of a class has the key of the config that chooses it behind."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"{error} ({key})") from error.__cause__


def given(owner: object, method: str, *arguments: PyTree) -> PyTree:
    """The shapes of what a method gives. Raises ConfigError where it fails; computes nothing."""
    with asking(owner, method):
        leaves, tree = jax.tree.flatten((owner, arguments))
        known = (
            array(str(leaf.dtype), *leaf.shape) if eqx.is_array(leaf) else leaf for leaf in leaves
        )
        return _given(method, tree, tuple(known))


@cache  # the jobs of a sweep ask again
def _given(method: str, tree: PyTreeDef, leaves: tuple[object, ...]) -> PyTree:
    owner, arguments = jax.tree.unflatten(tree, leaves)
    return eqx.filter_eval_shape(
        lambda owner, *arguments: getattr(owner, method)(*arguments), owner, *arguments
    )


def keeps(owner: object, method: str, arguments: tuple[PyTree, ...], *wanted: PyTree) -> None:
    """Raises ConfigError unless a method gives arrays of the shapes and types of one `wanted`."""
    gave(owner, method, given(owner, method, *arguments), *wanted)


def gave(owner: object, method: str, found: PyTree, *wanted: PyTree) -> None:
    """The same of what a method in NumPy has given."""
    here, right = _shapes(found), [_shapes(one) for one in wanted]
    if here not in right:
        raise broken(owner, method, f"gives {_short(here)}; must give {' or '.join(right)}")


def gave_fields(owner: object, method: str, found: object, wanted: type) -> None:
    """Raises ConfigError unless a method gave a NamedTuple with the arrays and other classes that
    it annotates.
    """
    if not isinstance(found, wanted):
        raise broken(owner, method, f"gives {_short(repr(found))}; must give a {wanted.__name__}")
    with jaxtyped("context"):  # axes of one name are equally long
        for name, kind in wanted.__annotations__.items():
            if isinstance(kind, type) and not isinstance(getattr(found, name), kind):
                here = _short(_shapes(getattr(found, name)))
                raise broken(owner, method, f"gives {name} {here}; must be {_class_in_words(kind)}")


def _class_in_words(kind: Any) -> str:
    of_arrays = issubclass(kind, AbstractArray)
    return f"{kind.dtype.__name__} [{kind.dim_str.strip()}]" if of_arrays else f"a {kind.__name__}"


def broken(owner: object, method: str, what: str) -> Broken:
    return Broken(_class_of(owner), f"{named(owner, method)}: {what}")


def named(owner: object, method: str) -> str:
    """A method, as its user would find it."""
    kind = _class_of(owner)
    return f"{kind.__module__}.{kind.__qualname__}.{method}"


def _class_of(owner: object) -> type:
    return owner if isinstance(owner, type) else type(owner)


def _shapes(tree: PyTree) -> str:
    def shape(leaf: object) -> object:
        return array(str(leaf.dtype), *leaf.shape) if isinstance(leaf, np.ndarray) else leaf

    return eqx.tree_pformat(jax.tree.map(shape, tree), width=10**6, struct_as_array=True)


def _short(text: str) -> str:
    return text if len(text) <= MOST_TOLD else f"{text[:MOST_TOLD]}..."


def in_a_line(error: Exception, module: str) -> str:
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
