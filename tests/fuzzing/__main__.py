"""`python -m fuzzing 2000 [SEED]`: so many command lines, counted by exit code.

Of each fault the shortest line is told. Exits with 1 where there was a fault.
"""

import shlex
import sys
import time
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings

from fuzzing.bases import BASES, Line
from fuzzing.forked import Forked
from fuzzing.judged import DRY, answer, shortest
from fuzzing.lines import lines


def drawn(count: int, first: int) -> list[Line]:
    """So many lines, all different; `first` seeds the draw."""
    found: dict[Line, None] = {}
    only = {"database": None, "deadline": None, "phases": [Phase.generate]}

    while len(found) < count:

        @seed(first + len(found))
        @settings(max_examples=count, suppress_health_check=list(HealthCheck), **only)
        @given(lines())
        def keep(line: Line) -> None:
            found[line] = None

        keep()
    return list(found)[:count]


def told(line: Line) -> str:
    """Without what its base says."""
    own = {word for base in BASES if base[0] in line for word in base[1:]}
    return shlex.join(word for word in line if word not in own)


def main(count: int, first: int = 0) -> int:
    call, began = Forked(), time.monotonic()
    codes: Counter[str] = Counter()
    faults: dict[str, Line] = {}
    for number, line in enumerate(drawn(count, first)):
        if number % 100 == 0:
            print(f"{number} lines, {len(faults)} faults", flush=True)
        asked, ended, found = answer(line, call)
        codes[f"{'dry' if DRY in asked else 'run'} {ended.code}"] += 1
        if found and (found not in faults or len(line) < len(faults[found])):
            print(f"{found}: {told(line)}", flush=True)
            faults[found] = line
    faults = {found: shortest(line, found, call) for found, line in faults.items()}
    call.close()
    print(f"\n{count} lines from seed {first} in {time.monotonic() - began:.0f} s; by exit code:")
    for code, times in sorted(codes.items()):
        print(f"{times:6d}  {code}")
    print(f"\n{len(faults)} faults, each by its shortest line (beside what a tiny base says):")
    for found, line in faults.items():
        print(f"{found}:\n    sleeprun {told(line)}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
