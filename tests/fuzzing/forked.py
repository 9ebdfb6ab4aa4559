"""The `sleeprun` command called many times a second: a process that has loaded all, and forks.

As `python -m fuzzing.forked` it reads a `Call` a line from its standard input, as JSON, and
answers each with an `Ended`. A child that dies of a signal takes nobody with it.
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import NamedTuple, NoReturn

from fuzzing.bases import BASES
from fuzzing.killing import die

GIGABYTE = 2**30
PATIENCE = 5  # times longer than the processor has for it, beside other work


class Call(NamedTuple):
    words: list[str]
    here: str | None  # the folder that it is called in; none: a new one, removed afterwards
    dies_at: int | None  # of its file operations in there, from 1 on; 0: they are counted
    env: dict[str, str]  # beside what there is; JAX has read its own


class Ended(NamedTuple):
    """How a call came to its end, and which files it left where there were none."""

    code: int  # negative: the signal that it died of
    out: str
    err: str
    logs: str  # what its log files say
    left: list[str]
    hung: bool
    operations: int


class Forked:
    """A process that carries out one call at a time, each with so much of processor and memory."""

    def __init__(self, seconds: float = 60, gigabytes: float = 12):
        limits = [str(seconds), str(gigabytes)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fuzzing.forked", *limits],
            cwd=Path(__file__).parent.parent,
            env=os.environ | {"JAX_PLATFORMS": "cpu"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(
        self, *words: str, here: Path | None = None, dies_at: int | None = None, **env: str
    ) -> Ended:
        assert self.process.stdin
        assert self.process.stdout
        call = Call(list(words), here and str(here), dies_at, env)
        self.process.stdin.write(json.dumps(call) + "\n")
        self.process.stdin.flush()
        return Ended(*json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        self.process.communicate()


def _serve(seconds: float, gigabytes: float) -> None:
    _load()
    for line in sys.stdin:
        ended = _ended(Call(*json.loads(line)), seconds, gigabytes)
        print(json.dumps(ended), flush=True)


def _load() -> None:
    """Import the package and parse its larger configs; JAX's backend is left to the children."""
    import sleeprun

    package = Path(sleeprun.__file__).parent
    for path in package.rglob("*.py"):
        name = ".".join(path.relative_to(package.parent).with_suffix("").parts)
        importlib.import_module(name.removesuffix(".__init__"))
    for experiment, *words in BASES:
        sleeprun.compose(experiment.partition("=")[2], *words)
    from jax._src import xla_bridge

    assert not xla_bridge.backends_are_initialized()
    gc.freeze()  # or the children copy all of it


def _ended(call: Call, seconds: float, gigabytes: float) -> Ended:
    place = Path(tempfile.mkdtemp(prefix="fuzzing-"))
    for name in ("here", "tmp"):
        (place / name).mkdir()
    child = os.fork()
    if child == 0:
        _child(call, place, seconds, gigabytes)
    end = os.pidfd_open(child)
    ended, _, _ = select.select([end], [], [], PATIENCE * seconds)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # and what it has left running
    os.close(end)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    told = {name: _read(place / name) for name in ("out", "err", "operations")}
    logs = sorted((Path(call.here) if call.here else place / "here").rglob("*.log"))
    files = (path for path in place.glob("*/**/*") if not path.is_dir())
    left = sorted(str(path.relative_to(place)) for path in files)
    left += [f"{path.relative_to(place)}/" for path in place.glob("*/*") if path.is_dir()]
    said = "".join(map(_read, logs))
    shutil.rmtree(place)
    hung = not ended or -code == signal.SIGXCPU
    return Ended(code, told["out"], told["err"], said, left, hung, int(told["operations"] or 0))


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def _child(call: Call, place: Path, seconds: float, gigabytes: float) -> NoReturn:
    code, death = 1, None
    try:
        os.setpgid(0, 0)
        here = Path(call.here) if call.here else place / "here"
        os.chdir(here)
        os.environ |= {"TMPDIR": str(place / "tmp")} | call.env
        tempfile.tempdir = os.environ["TMPDIR"]
        most = int(gigabytes * GIGABYTE)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 1))
        for stream, name in ((sys.stdout, "out"), (sys.stderr, "err")):
            file = os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, stream.fileno())
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.argv = ["sleeprun", *call.words]
        death = die(here, call.dies_at) if call.dies_at is not None else None
        from sleeprun.__main__ import main

        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        if death:
            (place / "operations").write_text(str(death.count))
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(*map(float, sys.argv[1:]))
