"""Weights kept within phases: when, of whom, without a change to the run, and gone on with."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import of_kind
from folded import carry_out, run_of, start_of

import sleeprun
from sleeprun.directory import snapshots
from sleeprun.directory.files import DamagedFile
from sleeprun.protocol.events import Progress, Scored
from sleeprun.protocol.seen import Kept

pytestmark = pytest.mark.slow

SHORT = (
    "tracking.mode=disabled", "runtime.progress=false", "runtime.figures=false",
    "runtime.report=false", "seeds=[3,5]",
    "network.populations.hidden.size=[6,6]", "tasks.stages=[task1,task2]", "arms=none",
    "tasks.unsupervised=0.1", "tasks.train=0.2", "tasks.test=0.1", "tasks.alternate=4",
    "sleep.schedule=interleaved", "sleep.stages=later", "sleep.length=3",
)  # fmt: skip
KEPT = "runtime.weights_every=8"


def lived(folder: Path, *overrides: str) -> sleeprun.LoadedRun:
    sleeprun.run(sleeprun.compose("foraging_quick", *SHORT, *overrides), folder)
    return sleeprun.load(folder)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> sleeprun.LoadedRun:
    return lived(tmp_path_factory.mktemp("kept") / "whole", KEPT)


def test_they_are_kept_at_birth_in_between_and_at_the_end_of_phases(
    whole: sleeprun.LoadedRun,
) -> None:
    told = whole.snapshots
    # 10 cycles unsupervised, 20 of task 1, then rounds of 4 and 3, each a unit that is not parted
    assert told.cycle.tolist() == [0, 8, 10, 18, 26, 30, 37, 44, 51]
    assert told.name.tolist()[1:4] == ["unsupervised", "unsupervised", "task1"]
    assert {path.name for path in (whole.folder / "weights").iterdir()} == {
        f"cycle-{cycle:012d}.npz" for cycle in told.cycle
    }


def test_they_are_the_weights_that_were_there(whole: sleeprun.LoadedRun) -> None:
    for boundary, cycle in {"untrained": 0, "unsupervised": 10, "task1": 30, "task2": 51}.items():
        kept, saved = whole.weights(cycle=cycle), whole.weights(boundary)
        assert set(kept) == {"input_hidden", "hidden_output"}  # which learn
        for name, weights in kept.items():
            np.testing.assert_array_equal(weights, saved[name])
    moved = whole.weights(cycle=10)["input_hidden"] - whole.weights(cycle=8)["input_hidden"]
    assert np.abs(moved).max() > 0


def test_they_change_nothing_else(whole: sleeprun.LoadedRun, tmp_path: Path) -> None:
    without = lived(tmp_path / "without")
    np.testing.assert_array_equal(without.R, whole.R)
    assert without.snapshots.empty
    assert not (without.folder / "weights").exists()
    with pytest.raises(
        sleeprun.ConfigError, match="no weights are kept of cycle 8; there are none"
    ):
        without.weights(cycle=8)


def test_who_is_kept_is_chosen_by_name(tmp_path: Path) -> None:
    found = lived(tmp_path / "one", KEPT, "runtime.weights_of=[hidden_output]")
    assert set(found.weights(cycle=8)) == {"hidden_output"}
    with pytest.raises(sleeprun.ConfigError, match=r"runtime.weights_of='hiden_output': .*mean"):
        lived(tmp_path / "none", KEPT, "runtime.weights_of=[hiden_output]")


def test_more_than_the_disk_is_given_is_refused(tmp_path: Path) -> None:
    told = (
        r"runtime.weights_every=1: keeps 52 times .* kB, .* weights_every must be at least about \d"
    )
    with pytest.raises(sleeprun.ConfigError, match=told):
        lived(tmp_path / "many", "runtime.weights_every=1", "runtime.weights_limit=0.2")


def test_a_branch_has_those_of_its_own_seeds(whole: sleeprun.LoadedRun, tmp_path: Path) -> None:
    overrides = (f"from={whole.folder}/checkpoints/boundary-02.ckpt", "seeds=[5]", KEPT)
    branch = lived(tmp_path / "branch", *overrides)
    assert branch.snapshots.cycle.tolist() == whole.snapshots.cycle.tolist()
    for cycle in (0, 18, 30, 51):
        for name, weights in branch.weights(cycle=cycle).items():
            np.testing.assert_array_equal(weights, whole.weights(cycle=cycle)[name][1:])


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_one_that_was_cut_off_is_told_in_a_line(
    whole: sleeprun.LoadedRun, share: float, tmp_path: Path
) -> None:
    kept = whole.folder / "weights" / "cycle-000000000018.npz"
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes(kept.read_bytes()[: int(kept.stat().st_size * share)])
    with pytest.raises(DamagedFile, match=r"damaged\.npz is damaged: \w") as raised:
        snapshots.read(damaged)
    assert len(str(raised.value).splitlines()) == 1


def test_one_with_a_byte_that_was_changed_is_told_in_a_line(
    whole: sleeprun.LoadedRun, tmp_path: Path
) -> None:
    content = bytearray((whole.folder / "weights" / "cycle-000000000018.npz").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "damaged.npz").write_bytes(content)
    with pytest.raises(DamagedFile, match=r"damaged\.npz is damaged: \w"):
        snapshots.read(tmp_path / "damaged.npz")


def test_an_interrupted_run_ends_with_the_same(tmp_path: Path) -> None:
    config = sleeprun.compose("foraging_quick", *SHORT, KEPT, "runtime.chunk_cycles=3")
    run: Any = run_of(config, tmp_path / "whole")  # type: ignore[arg-type]
    carry_out(run)
    told = of_kind(run.folder.events(), Kept)
    broken: Any = run_of(config, tmp_path / "broken")  # type: ignore[arg-type]
    broken.folder.write(start_of(broken))
    for event in broken.events():
        broken.folder.write(event)
        if isinstance(event, Progress) and event.end >= 21:
            broken.save()
        if isinstance(event, Progress) and event.end >= 27:
            break
    again: Any = run_of(config, tmp_path / "broken")  # type: ignore[arg-type]
    assert list(again.resume()) == []
    carry_out(again)
    assert of_kind(again.folder.events(), Kept) == told
    assert of_kind(again.folder.events(), Scored) == of_kind(run.folder.events(), Scored)
    for kept in told:
        ours, theirs = (snapshots.read(tmp_path / each / kept.file) for each in ("whole", "broken"))
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name])
