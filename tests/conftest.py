"""Strict numbers in every test, and small agents to try things on."""

import importlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import jax
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from platformdirs import user_cache_dir

from sleeprun.cli.folder import conf_dir
from sleeprun.config.plain import plain
from sleeprun.protocol.events import Event
from sleeprun.runs import memory
from sleeprun.spiking.drives import DRIVES
from sleeprun.subjects.forager.experiment import AgentExperiment
from sleeprun.subjects.forager.phases import Sleep
from sleeprun.subjects.parse import parse

Kind = TypeVar("Kind", bound=Event)

jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_num_cpu_devices", 2)
# Many tests compile the same program, also in processes of their own, which keep it in this place.
jax.config.update("jax_compilation_cache_dir", user_cache_dir("sleeprun"))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
# Here compiling takes longer than computing. XLA reads its flags once: they are not for processes
# that a test begins, which compile as a user's do.
with pytest.MonkeyPatch.context() as patched:
    patched.setenv(
        "XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=0"
    )
    jax.devices()

OmegaConf.register_new_resolver("sleeprun.folder", lambda *_: "unused", replace=True)
OmegaConf.register_new_resolver("sleeprun.record", lambda *_: None, replace=True)


@pytest.fixture(autouse=True)
def room_for_programs() -> None:
    """The tests of one process compile more programs than it may hold."""
    memory.forget_programs_if_crowded()


@pytest.fixture(scope="module")
def scripts() -> Iterator[Callable[[str], Any]]:
    """Imports a module of scripts/ by its name."""
    folder = str(Path(__file__).parents[1] / "scripts")
    sys.path.insert(0, folder)
    yield importlib.import_module
    sys.path.remove(folder)


def composed(*overrides: str) -> dict[str, Any]:
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = compose("config", overrides=list(overrides))
    return plain(config)


def configured(*overrides: str) -> AgentExperiment:
    return parse(composed(*overrides))


def asleep(
    cycles: int,
    plastic: tuple[str, ...] = (),
    drive: str = "rate_matched",
    kick: float = 0.025,
    reward: float = 0.5,
) -> Sleep:
    """A sleep of agents whose hidden neurons are driven."""
    driven = DRIVES.section(drive)(kind=drive, population="hidden", kick=kick)
    return Sleep(driven, reward, cycles=cycles, plastic=plastic)


def of_kind(events: Iterable[Event], kind: type[Kind]) -> list[Kind]:
    return [event for event in events if isinstance(event, kind)]


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., AgentExperiment]:
    """A config whose every phase takes a few cycles, plus overrides."""

    def make(*overrides: str) -> AgentExperiment:
        return configured(
            "name=tiny",
            "network.populations.hidden.size=[6,6]",
            "tasks.unsupervised=0.1",
            "tasks.train=0.2",
            "tasks.test=0.05",
            "tasks.alternate=4",
            "sleep.length=3",
            "runtime.chunk_cycles=5",
            "runtime.progress=false",
            "runtime.report=false",
            "tracking.mode=disabled",
            *overrides,
        )

    return make
