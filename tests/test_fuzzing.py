"""Whatever is asked of the command, it answers with exit 0, or exit 2 and a line a mistake.

`make fuzz` asks thousands of times, `make kills` kills a hundred runs.
"""

import sys
from collections.abc import Iterator

import pytest
from fuzzing.bases import Line
from fuzzing.forked import Forked
from fuzzing.judged import fault
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
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(line=lines())
def test_any_line_is_carried_out_or_answered_with_its_mistakes(call: Forked, line: Line) -> None:
    found, ended = fault(line, call)
    assert not found, f"{found}\n{ended.out}{ended.err}"


@pytest.mark.parametrize(("kind", "share"), [("agents' arms", 0.6), ("a sweep", 0.7)])
def test_a_killed_run_comes_to_the_same_end(call: Forked, kind: str, share: float) -> None:
    whole = undisturbed(kind, call)
    outcome = killed(whole, int(share * whole.operations), call)
    assert outcome == "goes on to the same bits"
