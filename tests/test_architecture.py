"""Imports run downwards only, and each foreign library is known in one place."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sleeprun

PACKAGE = Path(sleeprun.__file__).parent
LAYERS = [
    ["noise", "neurons", "homeostasis", "spikes", "stats", "datafiles", "datasets"],
    ["config", "synapses", "plasticity", "relaxation", "sleep", "phases", "metrics", "probes"],
    ["network"],
    ["native", "fused", "room", "memory"],
    ["simulate", "adapt", "replay"],
    ["networks", "tasks"],
    ["learners"],
    ["sequence"],
    ["lessons", "pupil"],
    ["cycles", "protocol", "seeds"],
    ["experiment", "lock", "records", "store", "mismatch", "stimuli"],
    ["forager", "classifier"],
    ["subject"],
    ["sheets"],
    ["image_plots", "performance_plots"],
    ["run", "branch", "bounds", "plots", "arm_plots", "sinks", "tables", "findings"],
    ["batch", "host", "overview", "rendezvous", "landscape"],
    ["job", "help", "sweep", "search", "launcher", "cluster", "entry"],
    ["__main__"],
]
HOME = {
    "hydra": {"__main__", "cluster", "entry", "help", "launcher", "sweep", "search"},
    "wandb": {"sinks"},
    "matplotlib": {
        "sheets",
        "plots",
        "performance_plots",
        "image_plots",
        "arm_plots",
        "landscape",
    },
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Modules imported when this one is; those inside functions are loaded on demand."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def level(name: str) -> int:
    return next(i for i, layer in enumerate(LAYERS) if name in layer)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downwards(path: Path) -> None:
    here = room(path)
    if here == "__init__":
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "sleeprun" and len(parts) > 1 and parts[1] != here:
            assert level(parts[1]) <= level(here), f"{here} imports {parts[1]}"
            assert {here, parts[1]} != {"networks", "tasks"}


@pytest.mark.parametrize(("library", "rooms"), HOME.items())
def test_foreign_libraries_have_one_home(library: str, rooms: set[str]) -> None:
    users = {
        room(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
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
    code = "import sys, sleeprun.job; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert "jax" in loaded
    assert not {"matplotlib", "wandb", "pandas", "scipy.stats", "scipy.ndimage"} & set(loaded)
