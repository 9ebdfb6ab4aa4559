"""Up states one by one, what runs in them, and weights by direction, from a made-up record."""

from dataclasses import replace
from pathlib import Path

import pytest
import told_sleep
from conftest import composed
from told_sleep import BOUNDARIES, UP

from sleeprun.analyses import Study
from sleeprun.analyses.directions import Directions
from sleeprun.analyses.study import Lived
from sleeprun.analyses.up_states import UpStates
from sleeprun.config import ConfigError
from sleeprun.directory.results import results_of
from sleeprun.protocol.events import Event, Progress
from sleeprun.protocol.results import Results
from sleeprun.subjects.experiment import Experiment
from sleeprun.subjects.parse import parse
from sleeprun.subjects.sleeper.record import Directions as Recorded

CONFIG = parse(
    composed(
        "+experiment=gonzalez2020/dynamics", "seeds=[3,5]", "tasks.replay.sure=0.2",
        "network.populations.pyramidal.size=10", "network.populations.relay.size=4",
        "~tasks.sequences.S2", "~tasks.sequences.S1_reversed", "tasks.group=2",
        "tasks.sequences.S1.cells=[0,3,6]",
    )
)  # fmt: skip


class Told(Lived):
    """Networks of which there is a record alone."""

    folder = Path()

    def __init__(self, events: list[Event]):
        self.events = events

    @property
    def results(self) -> Results:
        return results_of(self.events)

    @property
    def config(self) -> Experiment:
        return CONFIG

    @property
    def snapshots(self):
        raise NotImplementedError

    def record(self) -> list[Event]:
        return self.events

    def weights(self, boundary=None, *, cycle=None):
        raise NotImplementedError


def directions(place: int, along: list[float]) -> Event:
    return Recorded(boundary=BOUNDARIES[place], values={"S1": along, "others": [1.0, 1.0]})


def test_each_up_state_is_told_with_what_runs_in_it() -> None:
    """Two of them are seen whole; the third goes on to the end of the sleep."""
    answer = UpStates(parts=4).answer(Study({"asleep": Told(told_sleep.run_of(12 * UP))}))
    ups, replays = (table.frame for table in answer.tables)
    assert ups["seed"].tolist() == [3, 3, 5, 5]
    assert ups["begin_s"].tolist() == pytest.approx([0.03 * UP, 0.07 * UP] * 2)
    assert ups["length_ms"].tolist() == pytest.approx([10 * UP] * 4)
    assert ups["spikes"].tolist() == pytest.approx([0.3 * UP] * 2 + [0.6 * UP] * 2)
    assert ups["part"].tolist() == [2, 3, 2, 3]
    shares = replays.set_index(["seed", "sequence", "part"])["share"].sort_index()
    assert shares[3, "S1, forward"].to_dict() == {2: 1, 3: 0}
    assert shares[3, "S1, reverse"].to_dict() == {2: 0, 3: 1}
    assert shares[5, "S1, reverse"].to_dict() == {2: 1, 3: 1}
    assert answer.sentences == [
        f"asleep, n3: 4 Up states of {10 * UP} ms; in them run S1, forward 25%; S1, reverse 75%."
    ]


def test_weights_by_direction_are_those_of_the_record() -> None:
    events = [*told_sleep.run_of(), directions(0, [1.0, 1.1]), directions(1, [1.5, 1.7])]
    answer = Directions().answer(Study({"asleep": Told(events)}))
    frame = answer.tables[0].frame
    along = frame[frame["direction"] == "S1"]
    assert along["weight"].tolist() == [1.0, 1.1, 1.5, 1.7]
    assert along["seed"].tolist() == [3, 5, 3, 5]
    assert answer.sentences == [
        "asleep ends with weights, of those at birth, along: S1 1.600; others 1.000."
    ]


def test_up_states_in_which_no_group_spikes_have_no_sequences() -> None:
    silent = [
        replace(each, summary=replace(each.summary, groups={}))
        if isinstance(each, Progress)
        else each
        for each in told_sleep.run_of(12 * UP)
    ]
    (told,) = UpStates(parts=4).answer(Study({"asleep": Told(silent)})).sentences
    assert told == f"asleep, n3: 4 Up states of {10 * UP} ms; no sequence could run in them."


def test_directions_that_have_no_synapses_are_not_told() -> None:
    nan = float("nan")
    gone = [*told_sleep.run_of(), directions(1, [nan, nan])]
    (told,) = Directions().answer(Study({"asleep": Told(gone)})).sentences
    assert told == "asleep ends with weights, of those at birth, along: others 1.000."
    with pytest.raises(ConfigError, match="no weights along sequences"):
        Directions().answer(Study({"asleep": Told(told_sleep.run_of())}))
