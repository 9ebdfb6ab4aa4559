"""`python -m fuzzing.kills 100`: so many runs killed, each at another file operation, and resumed.

What each comes to is compared, bit for bit, with a run that nobody disturbed. Exits with 1 where
one differs.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from fuzzing.bases import AGENTS, IMAGES, QUIET
from fuzzing.ends import end_of
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
        wrong = fault_of(whole.words, ended)
        if wrong or ended.code != 0:
            return f"exit {ended.code} at {at}: {wrong} {ended.err}"
        found = end_of(here)
    differs = [key for key in whole.end | found if whole.end.get(key) != found.get(key)]
    return f"differs at {at}: {differs}" if differs else f"{outcome} to the same bits"


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
