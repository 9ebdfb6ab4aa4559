"""Imports run downwards only, and each foreign library is known in one place."""

import ast
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import sleeprun

PACKAGE = Path(sleeprun.__file__).parent
# From the bottom up. What stands together does not import each other, but for what is below.
ROOMS = [
    ["noise", "together", "measures", "version"],
    ["config"],
    ["spiking", "tasks"],
    ["gradient"],
    ["protocol"],
    ["report", "subjects", "tracking"],
    ["analyses"],
    ["directory"],
    ["reading"],
    ["runs"],
    ["sweeps"],
    ["hydra_plugins"],
    ["cli"],
    ["__main__"],
]
HOME = {
    "hydra": {"__main__", "cli", "sweeps"},
    "wandb": {"tracking"},
    "matplotlib": {"report", "sweeps"},
    "pandas": {"analyses", "reading"},
    "plotly": {"report"},
    "jinja2": {"report"},
}
# Who loads some modules when they are needed: help, completion, messages and the composing of a
# sweep do without JAX, a run without Matplotlib to its end, other engines than one without Pallas.
ON_DEMAND = {"", "__main__", "cli.foreign", "cli.help", "cli.mistakes", "sweeps"}
ON_DEMAND |= {"runs.one", "reading.reported", "spiking.engines", "spiking.simulate"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """`spiking.native`, of the file or folder of that name."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


NAMES = {name_of(path) for path in MODULES}


def room(path: Path) -> str:
    return name_of(path).split(".")[0]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(nodes: Iterable[ast.AST]) -> set[str]:
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own_imports(path: Path, *, at_once: bool = False) -> set[str]:
    """The package's own modules that one imports, in functions and for types alone as well."""
    found, tree = set(), parsed(path)
    for name in imports(tree.body if at_once else ast.walk(tree)):
        parts = name.split(".")
        if parts[0] == "sleeprun":
            tried = (".".join(parts[1:end]) for end in range(len(parts), 1, -1))
            found.add(next((name for name in tried if name in NAMES), ""))
    return found - {""}


def level(room: str) -> int:
    return next(i for i, rooms in enumerate(ROOMS) if room in rooms)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downwards(path: Path) -> None:
    here = room(path)
    for name in own_imports(path):
        other = name.split(".")[0]
        if here not in ("", other):
            assert level(other) < level(here), f"{name_of(path)} imports {name}"


def test_no_module_imports_itself_by_others() -> None:
    TopologicalSorter({name_of(path): own_imports(path) for path in MODULES}).prepare()


def test_only_what_is_slow_to_load_is_loaded_on_demand() -> None:
    late = {path for path in MODULES if own_imports(path) != own_imports(path, at_once=True)}
    assert not [str(path) for path in late if not ON_DEMAND & {room(path), name_of(path)}]


@pytest.mark.parametrize(("library", "rooms"), HOME.items())
def test_foreign_libraries_have_one_home(library: str, rooms: set[str]) -> None:
    users = {
        room(path)
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any(
            name.split(".")[0] == library
            for name in (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
            )
        )
    }
    assert users <= rooms


def test_a_run_starts_without_what_it_needs_at_its_end() -> None:
    code = "import sys, sleeprun.runs.job; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert "jax" in loaded
    assert not {
        "matplotlib",
        "plotly",
        "jinja2",
        "wandb",
        "pandas",
        "scipy.stats",
        "scipy.ndimage",
    } & set(loaded)


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.rglob("test_*.py")), ids=str)
def test_tests_do_not_import_each_other(path: Path) -> None:
    """What they share is in modules beside them that hold no tests."""
    assert not {name for name in imports(parsed(path).body) if name.startswith("test_")}
