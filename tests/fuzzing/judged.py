"""What the command may answer, whatever it is asked: exit 0, or exit 2 with a line a mistake."""

import re

from fuzzing.bases import BASES, Line
from fuzzing.forked import Ended, Forked

SHORT = 20  # seconds that a run may be expected to take, or it is not carried out
MOST_LINES = 30  # of one answer
DRY = "dry_run=true"


def fault(line: Line, call: Forked) -> tuple[str | None, Ended]:
    """What was wrong with the answer, the same words for the same fault; and the answer.

    What is to be carried out is first asked for dryly, and left at that where it would take long.
    """
    ended = call(*line, *([] if DRY in line else [DRY]))
    found = fault_of((*line, DRY), ended)
    if found or DRY in line or not _short(ended):
        return found, ended
    ended = call(*line)
    return fault_of(line, ended), ended


def _short(ended: Ended) -> bool:
    told = re.findall(r"about (\d+) s on", ended.out)
    return ended.code == 0 and bool(told) and all(int(seconds) <= SHORT for seconds in told)


def fault_of(line: Line, ended: Ended) -> str | None:
    said = ended.out + ended.err
    if ended.hung:
        return "hangs"
    if ended.code < 0:
        return f"dies of signal {-ended.code}{_last_call(said)}"
    if "Traceback (most recent call last)" in said:
        return f"a traceback{_last_call(said)}"
    several = {"-m", "hydra.mode=MULTIRUN"} & set(line)
    if ended.code not in ((0, 1, 2, 3) if several else (0, 2, 3)):
        return f"exit code {ended.code}"
    if ended.code == 2 and (wrong := _no_line_a_mistake(ended.err)):
        return wrong
    return _left_behind(line, ended)


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
        if fault(fewer, call)[0] == wanted:
            line = fewer
    return line
