"""`python -m fuzzing.kills 100`: so many runs killed, each at another file operation, and resumed.

What each comes to is compared, bit for bit, with a run that nobody disturbed: results, record, the
states that were saved, and which files there are. Exits with 1 where one differs.
"""

import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from fuzzing.bases import AGENTS, IMAGES, QUIET
from fuzzing.forked import Forked
from fuzzing.judged import fault_of
from fuzzing.killing import NEVER

OFTEN = ("runtime.checkpoint_minutes=1e-5", "runtime.keep_boundaries=true")
RUN = ("hydra.run.dir=run",)
ARMS = ("+arms.awake.sleep.schedule=never", "+arms.asleep={}")
SWEEP = ("-m", "sleep.inc=0.01,0.03", "hydra.launcher.at_once=1", "hydra.sweep.dir=run")
KINDS = {
    "agents": (*AGENTS, *QUIET, *OFTEN, *RUN),
    "agents' arms": (*AGENTS, *QUIET, *OFTEN, *RUN, *ARMS),
    "perceptrons": (*IMAGES, *QUIET, "~probes", "runtime.figures=true", *OFTEN, *RUN),
    "a sweep": (*SWEEP, *IMAGES, *QUIET, "~probes", *OFTEN),
}
TOLD = ("progress", "score", "curve", "weights", "fields", "raster")
ASIDE = ("wall_seconds", "steps_per_second", "accounts", "branched_from")  # times, and a path


class Whole(NamedTuple):
    """An undisturbed run."""

    words: tuple[str, ...]
    operations: int
    end: dict[str, Any]


def undisturbed(kind: str, call: Forked) -> Whole:
    with tempfile.TemporaryDirectory() as here:
        ended = call(*KINDS[kind], here=Path(here), dies_at=NEVER)
        assert ended.code == 0, ended.err
        return Whole(KINDS[kind], ended.operations, end_of(Path(here)))


def killed(whole: Whole, at: int, call: Forked) -> str:
    """What came of a run that was killed at an operation."""
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        died = call(*whole.words, here=here, dies_at=at)
        assert died.code == -9, f"{died.code} {died.err}"
        outcome = "goes on"
        ended = call(*(whole.words if "-m" in whole.words else ["resume=run"]), here=here)
        if ended.code == 2 and not fault_of(whole.words, ended):
            outcome, ended = "begins anew", call(*whole.words, here=here)
        if ended.code != 0:
            return f"exit {ended.code} at {at}: {fault_of(whole.words, ended)} {ended.err}"
        found = end_of(here)
    differs = [key for key in whole.end | found if whole.end.get(key) != found.get(key)]
    return f"differs at {at}: {differs}" if differs else f"{outcome} to the same bits"


def end_of(here: Path) -> dict[str, Any]:
    """All that a finished run, its arms or its jobs leave, but for what tells the time.

    Which checkpoints between boundaries are still there depends on when it was killed.
    """
    return dict(_end(here))


def _end(here: Path) -> Iterator[tuple[str, Any]]:
    calls = sorted(path.parent for path in here.rglob("jobs.jsonl"))  # each of them begins anew
    for path in sorted(here.rglob("*")):
        if {path, *path.parents} & set(calls[:-1]) or path.name.startswith("cycle-"):
            continue
        name = re.sub(r"\d{4}-\d\d-\d\d_[\d-]+", "a call", str(path.relative_to(here)))
        if path.name == "events.jsonl":
            events = map(json.loads, path.read_text().splitlines())
            yield name, [event for event in events if event["event"] in TOLD]
        elif path.name == "results.json":
            results = json.loads(path.read_text())
            yield name, {key: value for key, value in results.items() if key not in ASIDE}
        elif path.suffix == ".ckpt":
            with path.open("rb") as file:
                yield name, json.loads(file.readline())["sha256"]
        else:
            yield name, path.is_dir()


def main(count: int) -> int:
    call = Forked()
    outcomes: Counter[str] = Counter()
    for kind in KINDS:
        whole, share = undisturbed(kind, call), count // len(KINDS)
        print(f"{kind}: {share} kills among {whole.operations} file operations", flush=True)
        for place in range(share):
            outcome = killed(whole, 1 + place * whole.operations // share, call)
            outcomes[outcome] += 1
            print(f"  {outcome}", flush=True)
    call.close()
    print(f"\n{outcomes.total()} kills:")
    for outcome, times in outcomes.most_common():
        print(f"{times:6d}  {outcome}")
    return 0 if all(outcome.endswith("to the same bits") for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
