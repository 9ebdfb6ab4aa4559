"""Which checkpoints a run directory keeps, and in which order they are tried."""

from pathlib import Path

import jax.numpy as jnp
import pytest

from sleeprun.directory import checkpoints
from sleeprun.directory.files import DamagedFile
from sleeprun.directory.store import RunDirectory


def save(folder: RunDirectory, kind: str, phase: int, done: int = 0) -> Path:
    name = {"boundary": f"boundary-{phase:02d}", "cycle": f"cycle-{phase:04d}-{done:010d}"}[kind]
    return folder.save(name, {"phase": phase, "done": done}, jnp.zeros(1))


def names(paths: list[Path]) -> list[str]:
    return [path.stem for path in paths]


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        ("boundary", ["boundary-101", "boundary-100"]),
        ("cycle", ["cycle-0101-0000000000", "cycle-0100-0000000000"]),
    ],
)
def test_the_furthest_checkpoints_are_kept(tmp_path: Path, kind: str, kept: list[str]) -> None:
    folder = RunDirectory(tmp_path, keep_boundaries=False)
    for phase in range(97, 102):
        assert save(folder, kind, phase).exists()
    assert names(folder.furthest()) == kept


def test_positions_longer_than_their_names_provide_for(tmp_path: Path) -> None:
    folder = RunDirectory(tmp_path)
    for phase, done in [(9999, 10**10 - 1), (9999, 10**10), (10000, 0), (10000, 5)]:
        assert save(folder, "cycle", phase, done).exists()
    assert names(folder.furthest()) == ["cycle-10000-0000000005", "cycle-10000-0000000000"]


def test_boundaries_are_kept_where_wanted_whatever_lies_between(tmp_path: Path) -> None:
    folder = RunDirectory(tmp_path)
    for phase in range(98, 102):
        save(folder, "cycle", phase, 7)
        save(folder, "boundary", phase + 1)
    assert names(folder.furthest("boundary")) == [f"boundary-{k}" for k in (102, 101, 100, 99)]
    assert names(folder.furthest())[:3] == ["boundary-102", "cycle-0101-0000000007", "boundary-101"]


def test_damaged_checkpoints_do_not_push_out_the_one_just_saved(tmp_path: Path) -> None:
    folder = RunDirectory(tmp_path)
    for phase in (5, 6):
        save(folder, "cycle", phase).write_bytes(b"damaged")
    saved = save(folder, "cycle", 3)
    assert saved in folder.furthest()


def test_a_checkpoint_is_read_that_calls_its_marks_what_they_were_called(tmp_path: Path) -> None:
    header = {"phase": 3, "done": 7, "eaten": [[4, 0], [1, 2]]}
    path = tmp_path / "earlier.ckpt"
    checkpoints.write(path, header, b"", b"")
    assert checkpoints.read_header(path)["marks"] == header["eaten"]
    path.write_bytes(path.read_bytes().replace(b"[[4, 0]", b"[[5, 0]"))
    with pytest.raises(DamagedFile):
        checkpoints.read_header(path)
