"""Whatever is asked of the command, it answers with exit 0, or exit 2 and a line a mistake.

`make fuzz` asks thousands of times, `make kills` kills a hundred runs.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzzing.bases import Line
from fuzzing.ends import end_of
from fuzzing.forked import Ended, Forked
from fuzzing.judged import answer, fault_of, is_small
from fuzzing.kills import killed, undisturbed
from fuzzing.lines import lines
from hypothesis import HealthCheck, Phase, given, settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="waits for its children as Linux does"),
]


@pytest.fixture(scope="module")
def call() -> Iterator[Forked]:
    forked = Forked()
    yield forked
    forked.close()


@pytest.mark.filterwarnings("ignore:Do not use the `random` module")  # as what is imported does
@settings(
    max_examples=30,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(line=lines())
def test_any_line_is_carried_out_or_answered_with_its_mistakes(call: Forked, line: Line) -> None:
    _, ended, wrong = answer(line, call)
    assert not wrong, f"{wrong}\n{ended.out}{ended.err}{ended.logs}"


@pytest.mark.parametrize(
    ("kind", "share"),
    [pytest.param("agents' arms", 0.6, marks=pytest.mark.long), ("a sweep", 0.7)],
)
def test_a_killed_run_comes_to_the_same_end(call: Forked, kind: str, share: float) -> None:
    whole = undisturbed(kind, call)
    outcome = killed(whole, int(share * whole.operations), call)
    assert outcome == "goes on to the same bits"


RUN, SWEEP = ("+experiment=smoke",), ("-m", "+experiment=smoke")
LOGGED = "Traceback (most recent call last)\n  File \"a/b.py\", line 3\nKeyError: 'x'\n"
RAISED = "a traceback a/b.py 3 KeyError: 'x'"


def ended(code: int, out: str = "", err: str = "", logs: str = "") -> Ended:
    return Ended(code, out, err, logs, left=[], hung=False, operations=0)


@pytest.mark.parametrize(
    ("line", "answered", "wrong"),
    [
        (RUN, ended(0), None),
        (RUN, ended(0, logs=LOGGED), RAISED),
        (RUN, ended(1), "exit code 1"),
        (RUN, ended(2), "exit code 2 without a word"),
        (RUN, ended(3), "exit code 3"),
        (RUN, ended(3, err="runtime.require.accuracy=1: the run reached only 0.1"), None),
        (SWEEP, ended(1), "exit code 1"),
        (SWEEP, ended(1, "not done, see runs/a"), None),
        (SWEEP, ended(1, "not done, see runs/a", logs=LOGGED), RAISED),
        ((*SWEEP, "dry_run=true"), ended(1, "not done, see runs/a"), "exit code 1"),
    ],
)  # fmt: skip
def test_what_is_a_fault(line: Line, answered: Ended, wrong: str | None) -> None:
    assert fault_of(line, answered) == wrong


@pytest.mark.parametrize(
    ("told", "carried_out"),
    [
        ("about 20 s on 1 core, 1.2 GB of memory", True),
        ("at least 3 s on 2 cores", True),
        ("about 21 s on 1 core", False),
        ("at least 2 min 05 s on 1 core", False),
        ("about 3 s on 1 core, 5.0 GB of memory", False),
        ("about 3 s on 1 core, 12.5 GB of memory", False),
        ("", False),
    ],
)
def test_what_is_small_is_carried_out(told: str, carried_out: bool) -> None:
    assert is_small(ended(0, told)) == carried_out


@pytest.mark.parametrize(
    ("name", "same", "other"),
    [
        ("sweep.csv", "job,accuracy,wall_seconds\n{here}/a,0.5,{time}\n",
         "job,accuracy\n{here}/a,1"),
        ("results.json", '{{"accounts": {{"a": {{"x": 1, "wall_seconds": {time}}}}}}}',
         '{{"accounts": {{"a": {{"x": 2}}}}}}'),
        ("events.jsonl", '{{"event": "carried", "bytes": 3}}\n{{"event": "end", "wall_seconds": '
         '{time}}}', '{{"event": "carried", "bytes": 4}}\n{{"event": "end"}}'),
        ("protocol.txt", "2 stages", "3 stages"),
    ],
)  # fmt: skip
def test_which_ends_are_the_same(tmp_path: Path, name: str, same: str, other: str) -> None:
    ends = []
    for folder, content in (("a", same), ("b", same), ("c", other)):
        here = tmp_path / folder
        here.mkdir()
        (here / name).write_text(content.format(here=here, time=len(ends)))
        ends.append(end_of(here))
    assert ends[0] == ends[1] != ends[2]
