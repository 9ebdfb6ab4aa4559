"""Sleeps of classifiers by config alone: after any stage, of any length, several in a row."""

from pathlib import Path

import jax
import numpy as np
import pytest
from classifiers import carried_out, images, run_of, tiny
from conftest import of_kind

from sleeprun.config import ConfigError
from sleeprun.protocol.events import Begun, Progress, Scored
from sleeprun.protocol.phases import Live, Protocol, Score
from sleeprun.protocol.seen import Carried
from sleeprun.tasks.images.cutting import ImageTask
from sleeprun.tasks.images.datasets import DataSet
from sleeprun.tasks.images.sequence import ImageTasks

TWO_TASKS = ("tasks.groups=[[0,1],[2,3]]", "tasks.count=2", "training.epochs=3")
AGAIN = "sleep.also=[{length: 20, longer: 5}]"


def lived(protocol: Protocol) -> list[tuple[str, int]]:
    return [(phase.title, phase.cycles) for phase in protocol if isinstance(phase, Live)]


def boundaries(protocol: Protocol) -> list[tuple[int, str, str, str | None]]:
    rows = dict.fromkeys(phase.boundary for phase in protocol if isinstance(phase, Score))
    return [(row.index, row.name, row.phase, row.task) for row in rows]


def test_two_sleeps_in_a_row_after_each_task() -> None:
    protocol = tiny(*TWO_TASKS, AGAIN).phases()
    assert lived(protocol) == [
        ("0-1", 15), ("sleep", 150), ("sleep", 20), ("2-3", 15), ("sleep", 190), ("sleep", 25),
    ]  # fmt: skip
    assert boundaries(protocol) == [
        (0, "untrained", "start", None),
        (1, "0-1", "wake", "0-1"),
        (2, "0-1, slept", "sleep", "0-1"),
        (3, "0-1, slept 2", "sleep", "0-1"),
        (4, "2-3", "wake", "2-3"),
        (5, "2-3, slept", "sleep", "2-3"),
        (6, "2-3, slept 2", "sleep", "2-3"),
    ]
    assert [phase.task for phase in protocol if isinstance(phase, Score)] == ["0-1", "2-3"] * 7


@pytest.mark.parametrize("stages", ["[2]", "['2-3']"])
def test_a_sleep_only_after_the_second_task(stages: str) -> None:
    protocol = tiny(f"sleep.stages={stages}").phases()
    asleep = [(place, phase) for place, phase in enumerate(lived(protocol)) if phase[0] == "sleep"]
    assert asleep == [(2, ("sleep", 150))]
    names = [name for _, name, *_ in boundaries(protocol)]
    assert names == ["untrained", "0-1", "2-3", "2-3, slept", "4-5"]


def test_each_sleep_has_its_own_stages_and_numbers() -> None:
    """By what differs from the first one, which itself may never be slept."""
    also = "[{stages: later, drive: {max_rate: 50.0}}, {stages: [2], plasticity: false, inc: 0.5}]"
    config = tiny(*TWO_TASKS, "sleep.stages=[1]", f"sleep.also={also}")
    first, second, third = (phase for phase in config.phases() if phase.kind == "sleep")
    assert [first.cycles, second.cycles, third.cycles] == [150, 150, 150]
    assert [each.drive.max_rate for each in (first, second, third)] == [400.0, 50.0, 400.0]
    assert [each.plastic for each in (first, second, third)] == [("weights",), ("weights",), ()]
    assert third.title == "sleep without plasticity"
    assert (third.replay.inc, first.replay.inc) == (0.5, config.sleep.inc)

    late = "[{schedule: after, stages: [2], length: 30}]"
    config = tiny(*TWO_TASKS, "sleep.schedule=never", f"sleep.also={late}")
    assert lived(config.phases()) == [("0-1", 15), ("2-3", 15), ("sleep", 30)]
    assert config.bound is None  # it is no run without sleep
    assert tiny("sleep.schedule=never").bound == "naive"


def test_arms_sleep_at_other_stages() -> None:
    arms = "{late: {sleep: {stages: [2]}}, twice: {sleep: {also: [{length: 20}]}}}"
    config = tiny(*TWO_TASKS, "~arms", f"+arms={arms}")
    assert lived(config.arm("late").phases()) == [("0-1", 15), ("2-3", 15), ("sleep", 150)]
    twice = [phase for phase in lived(config.arm("twice").phases()) if phase[0] == "sleep"]
    assert [length for _, length in twice] == [150, 20, 190, 60]


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (("sleep.stages=[1,7]",), "sleep.stages=7: no such one of 3 stages; choose 1 to 3"),
        (
            ("sleep.also=[{stages: ['2-4']}]",),
            "sleep.also.0.stages='2-4': no such stage; did you mean '2-3'? Allowed: 0-1, 2-3, 4-5",
        ),
        (
            ("sleep.scale=carried", "sleep.stages=[2]"),
            "sleep.scale='carried': needs a sleep after 0-1, which takes its activations; "
            "must be every_sleep or first_sleep",
        ),
        (
            ("sleep.stages=[1]", "sleep.also=[{stages: [3], scale: carried}]"),
            "sleep.also.0.scale='carried': needs a sleep after 2-3, which takes its activations; "
            "must be every_sleep or first_sleep",
        ),
    ],
)
def test_stages_that_do_not_fit_are_told_by_key(overrides: tuple[str, ...], told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        tiny(*overrides).phases()
    assert str(raised.value) == told


@pytest.mark.parametrize("also", ["{stages: [1], length: 20}", "{stages: [3], length: 20}"])
def test_a_carried_scale_needs_one_sleep_a_stage(also: str) -> None:
    config = tiny("sleep.scale=carried", f"sleep.also=[{also}]")
    assert sum(title == "sleep" for title, _ in lived(config.phases())) == 4


def test_a_second_sleep_goes_on_from_the_first_with_noise_of_its_own(tmp_path: Path) -> None:
    """Where weights stay, it differs from the first by its noise alone."""
    config = tiny(*TWO_TASKS, "sleep.stages=[2]", "sleep.plasticity=false", "sleep.longer=0",
                  "sleep.also=[{}]", "runtime.chunk_steps=1000", "seeds=1")  # fmt: skip
    run = run_of(config, tmp_path)
    events = carried_out(run)
    first, second = (
        event.summary.spikes for event in of_kind(events, Progress) if event.kind == "sleep"
    )
    assert all(sum(counts) > 0 for counts in first.values())
    assert first["hidden 1"] != second["hidden 1"]
    scores = {(event.boundary.name, event.task): event.score for event in of_kind(events, Scored)}
    assert len(scores) == 5 * 2
    for task in ("0-1", "2-3"):
        awake, *slept = (scores[f"2-3{name}", task] for name in ("", ", slept", ", slept 2"))
        assert slept == [awake, awake]
    # The sleeps' mean image, and all images of the tasks trained so far, for their scales.
    carried = [event.bytes for event in of_kind(events, Carried)]
    assert carried == [64 * 4 * (1 + 60 * tasks) for tasks in (0, 1, 2, 2, 2)]


def test_a_run_broken_off_in_its_second_sleep_ends_as_the_whole_one(tmp_path: Path) -> None:
    config = tiny(*TWO_TASKS, "sleep.stages=[2]", AGAIN, "seeds=1")
    whole, broken = (run_of(config, tmp_path / name) for name in ("whole", "broken"))
    carried_out(whole)
    before = None
    events = broken.events()
    while sum(phase.kind == "sleep" for phase in broken.protocol[: broken.phase]) < 1:
        next(events)
    while not (isinstance(event := next(events), Progress) and event.kind == "sleep"):
        if isinstance(event, Begun):
            before = [np.asarray(layer.weights) for layer in broken.state.layers]
    assert 0 < broken.done < 20
    assert before is not None
    now = [np.asarray(layer.weights) for layer in broken.state.layers]
    assert any((early != late).any() for early, late in zip(before, now, strict=True))
    broken.save()
    again = run_of(config, tmp_path / "broken")
    carried_out(again)
    jax.tree.map(np.testing.assert_array_equal, again.state, whole.state)


def test_what_is_never_slept_need_not_fit(tmp_path: Path) -> None:
    config = tiny("sleep.schedule=never", "sleep.drive.patch=30", "sleep.threshold=[1.0,1.0]")
    assert run_of(config, tmp_path).state.step.tolist() == [0, 0]


class Plus(ImageTasks):
    """Tasks that are called 0+1, 2+3, ..."""

    def cut_up(self, sets: list[DataSet], order_seed: int | None) -> tuple[ImageTask, ...]:
        tasks = super().cut_up(sets, order_seed)
        return tuple(task._replace(name=task.name.replace("-", "+")) for task in tasks)


def test_a_task_is_not_called_as_several_are_together() -> None:
    plus = images("+experiment=src_quick", "tasks/data=digits", f"tasks.kind={__name__}.Plus")
    with pytest.raises(ConfigError, match=r"^tasks: the task '0\+1': must have no \+"):
        plus.phases()
