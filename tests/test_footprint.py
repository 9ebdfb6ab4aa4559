"""How much memory a run is said to need, and what cannot fit."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import jax
import pytest
from classifiers import tiny
from command import forked
from conftest import configured

from sleeprun.cli.dry_run import print_protocol
from sleeprun.config import ConfigError
from sleeprun.runs import memory
from sleeprun.subjects.expected import expected_bytes, largest, refuse_too_large
from sleeprun.subjects.seeds import over_seeds

AGENTS = ("+experiment=foraging_quick", "arms=none")
IMAGES = (
    "+experiment=src_quick",
    "arms=none",
    "tasks/data=digits",
    "network.hidden=[16]",
    "sleep.threshold=[1,1]",
    "sleep.drive.patch=null",
)


SEQUENCES = ("+experiment=gonzalez2020/sequences_quick", "arms=none")
BY_SYNAPSES = (*SEQUENCES, "runtime.simulate=by_layer")


@pytest.mark.parametrize("given", [AGENTS, (*IMAGES, "learner=derpp"), SEQUENCES, BY_SYNAPSES])
def test_a_footprint_is_the_size_of_the_state_that_is_born(given: tuple[str, ...]) -> None:
    config = configured(*given, "seeds=2")
    state = config.subject(1, over_seeds).birth()
    if hasattr(state, "layers"):
        state = state.layers, state.momentum, state.memory
    born = sum(leaf.nbytes for leaf in jax.tree.leaves(state))
    assert sum(config.footprint().states.values()) == born


PEAK = """\
import sys, sleeprun
from sleeprun.subjects.expected import expected_bytes, largest

if __name__ == "__main__":
    config = sleeprun.compose(*sys.argv[2:])
    sleeprun.run(config, sys.argv[1])
    (peak,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(int(peak.split()[1]) * 1024, expected_bytes(largest(config)))
"""
QUIET = (
    "tracking=disabled",
    "runtime.figures=false",
    "runtime.report=false",
    "runtime.cores=1",
    "arms=none",
)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell")
@pytest.mark.parametrize(
    "given",
    [
        ("foraging_quick", *QUIET, "protocol.scale=0.0003", "seeds=6"),
        ("src_quick", *QUIET, "~probes", "training.epochs=1", "sleep.length=30", "seeds=3"),
    ],
)
def test_a_run_takes_about_as_much_as_is_expected(given: tuple[str, ...], tmp_path: Path) -> None:
    """Within a half and twice: what compiled programs take differs from one machine to another."""
    command = [sys.executable, "-c", PEAK, str(tmp_path / "run"), *given]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    peak, expected = map(int, done.stdout.split()[-2:])
    assert expected / 2 < peak < 2 * expected


def test_parts_are_told_by_the_keys_that_they_depend_on() -> None:
    small, large = (
        configured(*AGENTS, "seeds=3", f"tasks.size={size}").footprint().states
        for size in (100, 200)
    )
    assert large["tasks"] - small["tasks"] == 3 * 4 * (200**2 - 100**2)
    assert large.keys() == small.keys()
    assert all(large[key] == small[key] for key in small if key != "tasks")


def test_a_buffer_counts_by_its_images() -> None:
    few, more = (
        configured(*IMAGES, "seeds=3", "learner=derpp", f"learner.capacity={n}").footprint().states
        for n in (100, 200)
    )
    assert more["learner"] - few["learner"] == 3 * 100 * 4 * (64 + 10 + 1)  # pixels, outputs, label


@pytest.mark.parametrize("learner", ["rehearsal", "agem", "icarl"])
def test_a_buffer_that_fills_counts_as_it_will_be(learner: str) -> None:
    wanted = (*IMAGES, "seeds=3", f"learner={learner}", "learner.capacity=40")
    assert configured(*wanted).footprint().states["learner"] == 3 * 40 * 4 * (64 + 1 + 1)  # a rank


def test_what_exceeds_memory_by_a_byte_is_refused() -> None:
    config = configured(*AGENTS, "seeds=3")
    least = config.footprint().least
    refuse_too_large(largest(config), 3, least, 10**12)
    with pytest.raises(ConfigError, match=r"^network\.rules\.unsupervised: takes \d+% of"):
        refuse_too_large(largest(config), 3, least - 1, 10**12)


def test_what_half_of_the_estimate_shows_to_exceed_all_memory_is_refused() -> None:
    config = configured(*AGENTS, "network.rules.rewarded.lifetime=2000000000", "seeds=1")
    found = largest(config)
    expected = expected_bytes(found)
    assert expected is not None
    free = found.least  # which that alone would fit into
    refuse_too_large(found, 1, free, expected // 2)
    told = r"^network\.rules\.rewarded: takes 100% of the .* needed at least for .*, and there are"
    with pytest.raises(ConfigError, match=told):
        refuse_too_large(found, 1, free, expected // 2 - 1)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((*AGENTS, "tasks.size=40000"), "tasks: takes 100% of"),
        ((*AGENTS, "tasks.size=100000"), "tasks.size=100000: "),
        (
            (*AGENTS, "network.rules.rewarded.lifetime=2147483647"),
            "network.rules.rewarded: takes 100% of",
        ),
        ((*AGENTS, "network.populations.hidden.size=[100000,100000]"), "more pairs than can be"),
        ((*IMAGES, "learner=derpp", "learner.capacity=1000000000"), "learner: takes 100% of"),
    ],
)
def test_what_cannot_fit_is_refused(given: tuple[str, ...], told: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(told)):
        refuse_too_large(largest(configured(*given)), 6, 20_000_000_000, 10**12)


@pytest.mark.parametrize("more", [["dry_run=true"], []])
def test_it_is_refused_before_anything_is_run(tmp_path: Path, more: list[str]) -> None:
    done = forked(*AGENTS, "network.rules.rewarded.lifetime=2147483647", *more, cwd=tmp_path)
    assert done.code == 2
    assert "network.rules.rewarded: takes 100% of" in done.err
    assert "Traceback" not in done.err
    assert not list(tmp_path.iterdir())


def test_a_dry_run_tells_how_much_memory_is_needed(tmp_path: Path) -> None:
    done = forked(*AGENTS, "dry_run=true", cwd=tmp_path)
    assert re.search(r"about .* on \d+ cores?, \d+\.\d MB of memory$", done.out.strip())


def test_more_memory_than_is_free_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(memory, "of_devices", lambda: 10**8)
    print_protocol(tiny())
    assert re.search(r"\d MB of memory, and 100.0 MB are free$", capsys.readouterr().out.strip())


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library can't")
def test_what_was_freed_is_given_back() -> None:
    pages, size = Path("/proc/self/statm"), os.sysconf("SC_PAGE_SIZE")
    pieces = [bytes(2000) for _ in range(50_000)]  # too small to be mapped on their own
    held = pieces[-1]  # nor do those below it go back by themselves
    pieces.clear()
    before = int(pages.read_text().split()[1]) * size
    memory.give_back()
    assert int(pages.read_text().split()[1]) * size < before - 80_000_000
    assert len(held) == 2000
