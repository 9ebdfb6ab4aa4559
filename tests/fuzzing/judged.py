"""What the command may answer, whatever it is asked: exit 0, or exit 2 with a line a mistake.

Beside these, of what is carried out: 1 of a sweep that began and says which jobs failed, and 3 of a
run that stays below what `runtime.require` asks. A traceback is wrong, in a log file too.
"""

import re
from typing import NamedTuple

from fuzzing.bases import BASES, Line
from fuzzing.forked import Ended, Forked

SHORT = 20  # seconds that a run may be expected to take, or it is not carried out
MOST_LINES = 30  # of one answer
DRY = "dry_run=true"


class Answer(NamedTuple):
    """`wrong` is what was wrong with it, the same words for the same fault."""

    asked: Line
    ended: Ended
    wrong: str | None


def answer(line: Line, call: Forked) -> Answer:
    """What is to be carried out is first asked for dryly; and left at that where it is large."""
    dry = line if DRY in line else (*line, DRY)
    first = asked(dry, call)
    return asked(line, call) if dry != line and not first.wrong and is_small(first.ended) else first


def asked(line: Line, call: Forked) -> Answer:
    ended = call(*line)
    return Answer(line, ended, fault_of(line, ended))


def is_small(ended: Ended) -> bool:
    """As a dry run tells it, which knows the memory of some families alone."""
    seconds = re.findall(r"(?:about|at least) (\d+) s on", ended.out)
    large = re.search(r"(\d\d\.\d|[5-9]\.\d) GB of memory|[TPEZY]B of memory", ended.out)
    return bool(seconds) and int(seconds[-1]) <= SHORT and not large


def fault_of(line: Line, ended: Ended) -> str | None:
    said = ended.out + ended.err + ended.logs
    if ended.hung:
        return "hangs"
    if ended.code < 0:
        return f"dies of signal {-ended.code}{_last_call(said)}"
    if "Traceback (most recent call last)" in said:
        return f"a traceback{_last_call(said)}"
    if ended.code not in (0, 2) and not _failed_rightly(line, ended):
        return f"exit code {ended.code}"
    if ended.code == 2 and (wrong := _no_line_a_mistake(ended.err)):
        return wrong
    return _left_behind(line, ended)


def _failed_rightly(line: Line, ended: Ended) -> bool:
    if DRY in line:
        return False
    several = {"-m", "hydra.mode=MULTIRUN"} & set(line)
    if ended.code == 1 and several:
        return "not done, see" in ended.out
    return ended.code == 3 and not several and "reached only" in ended.err


def _last_call(said: str) -> str:
    """Where in the code, and what it raised."""
    places = re.findall(r'File ".*?([\w-]+/[\w.-]+\.py)", line (\d+)', said)
    raised = re.findall(r"^([\w.]*(?:Error|Exception|Interrupt|Exit|Failure)\b.{0,60})", said, re.M)
    return " ".join(["", *(places[-1] if places else []), *raised[-1:]])


def _no_line_a_mistake(said: str) -> str | None:
    lines = [line for line in said.splitlines() if line.strip()]
    if not lines:
        return "exit code 2 without a word"
    if len(lines) > MOST_LINES:
        return f"exit code 2 with more than {MOST_LINES} lines"
    return None


def _left_behind(line: Line, ended: Ended) -> str | None:
    left = [name for name in ended.left if not name.endswith("/")]
    if any(name.startswith("tmp/") for name in ended.left):
        return "leaves a temporary folder"
    if ended.code == 2 and not any(name.endswith("events.jsonl") for name in left) and ended.left:
        return "exit code 2 leaves a folder"
    return "a dry run leaves a folder" if DRY in line and ended.left else None


def shortest(line: Line, wanted: str, call: Forked) -> Line:
    """The fewest words of a line that still have the same fault; those of its base stay."""
    own = {word for base in BASES if base[0] in line for word in base}
    for word in [word for word in line if word not in own]:
        fewer = tuple(other for other in line if other is not word)
        if answer(fewer, call).wrong == wanted:
            line = fewer
    return line
