"""What surrounds the command: the shell's settings, folders, names of files, and encodings."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command import BIN, Ended, forked, results, sleeprun
from conftest import composed
from hydra.core.override_parser.overrides_parser import OverridesParser

from sleeprun.cli.mistakes import mistakes_told
from sleeprun.config import ConfigError
from sleeprun.config.messages import argument

TINY = (
    *("+experiment=src_quick", "arms=none", "~probes", "tasks/data=features", "seeds=2"),
    *("tasks.data.file=x.npz", "tasks.count=2", "training.epochs=2", "network.hidden=[4]"),
    *("sleep.threshold=[1,1]", "sleep.drive.patch=null", "sleep.length=20"),
    *("tracking=disabled", "runtime.figures=false", "runtime.report=false"),
)
UNLIKE = {
    "JAX_ENABLE_X64": "1",
    "JAX_DEFAULT_PRNG_IMPL": "rbg",
    "JAX_DEBUG_NANS": "1",
    "JAX_DEBUG_INFS": "1",
    "JAX_NUMPY_RANK_PROMOTION": "raise",
    "JAX_TRANSFER_GUARD": "disallow",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, whose name needs quotes everywhere."""
    folder = tmp_path_factory.mktemp("shell") / "o'd ë"
    folder.mkdir()
    X = np.random.default_rng(0).random((40, 6))
    np.savez(folder / "x.npz", X=X, y=np.arange(40) % 4)
    return folder


@pytest.fixture(scope="module")
def awake(home: Path) -> Ended:
    ended = sleeprun(*TINY, "sleep.schedule=never", "hydra.run.dir=awake", cwd=home)
    assert ended.code == 0, ended.err
    return ended


@pytest.mark.slow
def test_settings_of_jax_that_are_for_other_programs(awake: Ended, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    where = {"JAX_COMPILATION_CACHE_DIR": str(cache), "PYTHONIOENCODING": "ascii"}
    given = ("sleep.schedule=never", "hydra.run.dir=unlike", "variant='Schläfchen'")
    ended = sleeprun(*TINY, *given, cwd=awake.cwd, **UNLIKE, **where)
    assert ended.code == 0, ended.err
    assert "Schl?fchen" in ended.out
    assert results(awake.cwd / "unlike")["R"] == results(awake.cwd / "awake")["R"]
    assert any(cache.iterdir())


@pytest.mark.parametrize("reader", ["2>&1 | true", "> /dev/full 2>&1", ">&- 2>&-"])
@pytest.mark.slow
def test_nobody_reads_what_is_printed(reader: str, awake: Ended, tmp_path: Path) -> None:
    words = [*TINY, "sleep.schedule=never", f"hydra.run.dir={tmp_path}/unread"]
    command = f"{shlex.join([str(BIN / 'sleeprun'), *words])} {reader}; exit ${{PIPESTATUS[0]}}"
    assert subprocess.run(["bash", "-c", command], cwd=awake.cwd).returncode == 0
    assert results(tmp_path / "unread")["R"] == results(awake.cwd / "awake")["R"]


@pytest.mark.parametrize(
    ("experiment", "name", "dry"),
    [
        ("smoke", "JAX_PLATFORMS", "true"),
        ("smoke", "JAX_DEFAULT_DEVICE", "false"),
        ("gonzalez2020/sequences_quick", "JAX_PLATFORMS", "false"),  # which computes as it is read
    ],
)
@pytest.mark.slow
def test_a_platform_that_is_not_there(experiment: str, name: str, dry: str, tmp_path: Path) -> None:
    given = (f"+experiment={experiment}", f"dry_run={dry}")
    ended = sleeprun(*given, cwd=tmp_path, **{name: "tpu"})
    assert ended.code == 2
    told = f"sleeprun: {name}=tpu: JAX finds no such device here; must be cpu, or left out"
    assert ended.err.splitlines()[-1].startswith(told)
    assert "Traceback" not in ended.out + ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "given", ["JAX_ENABLE_X64=banana", "JAX_NUM_CPU_DEVICES=two", "JAX_DEFAULT_DEVICE=banana"]
)
def test_a_setting_that_jax_refuses(given: str, tmp_path: Path) -> None:
    name, value = given.split("=")
    ended = sleeprun("+experiment=smoke", cwd=tmp_path, **{name: value})
    told = f"sleeprun: {given}: JAX takes no such value; mend it, or unset {name}\n"
    assert (ended.code, ended.out, ended.err) == (2, "", told)
    assert list(tmp_path.iterdir()) == []


def test_comparing_is_told_of_such_a_setting_too(tmp_path: Path) -> None:
    command, env = [BIN / "sleeprun-compare", "a", "b"], {"JAX_ENABLE_X64": "banana"}
    ended = subprocess.run(
        command, cwd=tmp_path, env=os.environ | env, capture_output=True, text=True
    )
    told = "sleeprun-compare: JAX_ENABLE_X64=banana: JAX takes no such value; mend it, or unset "
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(told)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("resume=[1]", "resume=[1]: must be the path of a run directory"),
        ("joint=nowhere", "joint='nowhere': nowhere/results.json"),
    ],
)
def test_what_names_no_run_is_told_before_one(given: str, told: str, tmp_path: Path) -> None:
    ended = forked("+experiment=smoke", given, "dry_run=true", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"sleeprun: {told}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["precious", "sleeprun-precious"])
def test_no_folder_is_removed_that_was_not_made_by_this_process(name: str, tmp_path: Path) -> None:
    """Whatever the environment says: of another name, or of a sleeprun that started it."""
    folder, cwd = tmp_path / name, tmp_path / "cwd"
    folder.mkdir(mode=0o700)
    (folder / "kept").touch()
    cwd.mkdir()
    told = {"SLEEPRUN_SCRATCH": str(folder), "TMPDIR": str(tmp_path)}
    assert forked("+experiment=smoke", "dry_run=true", cwd=cwd, **told).code == 0
    assert sleeprun("+experiment=banana", cwd=cwd, **told).code == 2
    assert (folder / "kept").exists()
    left = [path.name for path in tmp_path.iterdir() if path.is_dir() and path != folder]
    assert [one for one in left if one.startswith("sleeprun-")] == []


@pytest.mark.skipif(sys.platform != "linux", reason="the system does not tell what is mapped")
def test_too_few_addresses_for_xla_are_a_line(tmp_path: Path) -> None:
    command = f"ulimit -v 1400000; exec {BIN}/sleeprun +experiment=smoke"
    ended = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "sleeprun: ulimit -v: leaves " in ended.stderr
    assert list(tmp_path.iterdir()) == []


SUMMED = """\
import os, sys
import jax, jax.numpy as jnp, numpy as np
from sleeprun.runs.devices import prepare_jax

os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
prepare_jax(1)
many = jnp.asarray(np.random.default_rng(0).uniform(0, 1, (49, 784)).astype(np.float32))
print(np.asarray(jax.jit(lambda x: x.sum(axis=0))(many)).tobytes().hex())
"""


@pytest.mark.skipif(
    len(getattr(os, "sched_getaffinity", lambda _: [0])(0)) < 2, reason="needs two cores"
)
@pytest.mark.parametrize(("cores", "threads"), [("1", None), ("2", "1")])
def test_a_lone_core_adds_up_in_the_order_of_several(cores: str, threads: str | None) -> None:
    def summed(cores: str, **env: str) -> str:
        command, bare = [sys.executable, "-c", SUMMED, cores], {**os.environ}
        bare.pop("NPROC", None)
        return subprocess.check_output(command, env=bare | env, text=True)

    assert summed(cores, **({"NPROC": threads} if threads else {})) == summed("2")


@pytest.mark.slow
def test_relative_paths_are_meant_from_where_a_run_began(awake: Ended, tmp_path: Path) -> None:
    given = ("sleep.schedule=after", "hydra.run.dir=asleep", "naive=awake")
    ended = sleeprun(*TINY, *given, "hydra.job.chdir=true", cwd=awake.cwd)
    assert ended.code == 0, ended.err
    again = sleeprun(*TINY, *given, cwd=awake.cwd)
    assert again.code == 2
    printed = again.err.split(" go on with it by ")[1].strip()
    command = ["bash", "-c", f"{shlex.quote(str(BIN / 'sleeprun'))} {printed}"]
    resumed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert resumed.returncode == 0, resumed.stderr
    assert list(tmp_path.iterdir()) == []


PATHS = ("runs/a", "runs", "123", "~/x.npz", "a=b.npz", "x#1.npz", "ë.npz", "a,b", "o'd x", "a\\")


@pytest.mark.parametrize("path", [*PATHS, "a\\'b", "$HOME/x", 'with "q"', "!x"])
def test_an_argument_comes_through_the_shell_and_hydra(path: str) -> None:
    typed = subprocess.check_output(
        ["bash", "-c", f"printf %s {argument('file', path)}"], text=True
    )
    assert OverridesParser.create().parse_override(typed).value() == path


@pytest.mark.parametrize("path", ["~/x.npz", "a=b.npz", "x#1.npz", "ë.npz", "o'd.npz"])
def test_a_value_that_must_be_quoted(path: str) -> None:
    with pytest.raises(ConfigError) as caught, mistakes_told():
        composed("tasks=class_incremental", f"naive={path}")
    assert str(caught.value) == f"naive={path}: must be quoted: {argument('naive', path)}"


def test_a_value_with_a_comma_is_no_sweep(tmp_path: Path) -> None:
    ended = forked("+experiment=smoke", "naive=a,b", cwd=tmp_path)
    assert ended.code == 2
    assert """a text with a comma quoted: "naive='a,b'\"""" in ended.err


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("${nothing}", "Interpolation key 'nothing' not found"),
        ("${protocol.scale}", "Recursive interpolation detected"),
    ],
)
def test_what_refers_to_nothing(value: str, told: str, tmp_path: Path) -> None:
    ended = forked("+experiment=smoke", f"protocol.scale={value}", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"sleeprun: protocol.scale={value}: {told}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_leads_out_of_the_folder_is_told_as_the_user_gave_it(tmp_path: Path) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    ended = forked("+experiment=src_quick", "name=../../x", cwd=inside)
    told = "must be letters, digits, - and _, with / between folders"
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"sleeprun: name='../../x': {told}\n"
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "a", inside]


def test_an_override_may_refer_to_another_key(tmp_path: Path) -> None:
    given = ("tasks.test=${tasks.train}", "dry_run=true")
    assert forked("+experiment=smoke", *given, cwd=tmp_path).code == 0


def test_a_config_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "conf" / "experiment" / "latin.yaml"
    path.parent.mkdir(parents=True)
    path.write_bytes("# @package _global_\n# Schläfchen\n".encode("latin-1"))
    own = ("--config-dir", "conf")
    assert "  latin  " in forked("--help", *own, cwd=tmp_path).out
    assert "did you mean 'latin'?" in forked(*own, "+experiment=latino", cwd=tmp_path).err
    ended = forked(*own, "+experiment=latin", cwd=tmp_path)
    assert ended.code == 2
    assert ended.err.startswith("sleeprun: conf/experiment/latin.yaml: must be UTF-8")


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for given in ("hydra.run.dir=file/run", "joint=file/run"):
        ended = forked("+experiment=smoke", given, cwd=tmp_path)
        assert ended.code == 2
        assert len(ended.err.splitlines()) == 1
        assert "file/run" in ended.err


def test_what_may_not_be_read_is_a_line() -> None:
    with pytest.raises(ConfigError, match=r"^x\.npz: Permission denied$"), mistakes_told():
        raise PermissionError(13, "Permission denied", "x.npz")


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f"rmdir {gone} && {shlex.quote(str(BIN / 'sleeprun'))} +experiment=smoke"
    ended = subprocess.run(["bash", "-c", command], cwd=gone, capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stderr == "sleeprun: this folder is not there any more; cd to one that is\n"
