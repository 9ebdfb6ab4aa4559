"""Networks that learn sequences and sleep: what is planned, recorded, resumed and refused."""

from typing import Any

import jax
import numpy as np
import pytest
from conftest import composed

from sleeprun.config import ConfigError
from sleeprun.protocol.phases import Score
from sleeprun.subjects.parse import parse
from sleeprun.subjects.plans import arms_of
from sleeprun.subjects.sleeper.phases import Settle, Sleep, Train
from sleeprun.subjects.sleeper.sleeper import Sleeper

SMALL = [
    "+experiment=gonzalez2020/sequences_quick",
    "network.populations.pyramidal.size=60",
    "network.populations.interneuron.size=12",
    "network.populations.relay.size=12",
    "network.populations.reticular.size=12",
    "network.projections.pyramidal_pyramidal.wiring.radius=6.0",
    "~tasks.sequences.S2",
    "tasks.sequences.S1={cells: [10, 14, 18], train: 0.2}",
    "tasks.sequences.S1_reversed={cells: [18, 14, 10], train: 0.1}",
    "tasks.group=4",
    "tasks.stimulus.period=100.0",
    "tasks.recall.window=60.0",
    "tasks.settle=0.1",
    "tasks.cues=2",
    "sleep.length=10",
    "seeds=2",
]


def small(*overrides: str) -> Any:
    return parse(composed(*SMALL, *overrides))


def test_it_settles_trains_sleeps_and_tests_all_sequences_at_every_boundary() -> None:
    protocols = arms_of(small())
    assert set(protocols) == {"naive", "n3", "control"}
    lives = [phase for phase in protocols["n3"] if not isinstance(phase, Score)]
    assert [type(phase) for phase in lives] == [Settle, Train, Train, Sleep]
    assert [phase.cycles for phase in lives] == [10, 20, 10, 10]
    assert [bool(phase.plastic) for phase in lives] == [False, True, True, True]
    (asleep,) = (phase for phase in protocols["control"] if isinstance(phase, Sleep))
    assert asleep.plastic == ()
    assert asleep.title == "n3 without plasticity"
    tests = [phase for phase in protocols["n3"] if isinstance(phase, Score)]
    assert [test.task for test in tests] == ["S1", "S1_reversed"] * 4
    assert {test.cycles for test in tests} == {30}  # a period before two cues


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("tasks.stages=[S2]", r"tasks.stages.0='S2': no such sequence"),
        ("tasks.group=50", r"tasks.sequences.S1.cells: a group of 50 from 18 on"),
        ("tasks.population=cortex", "tasks.population='cortex': no such population"),
        (
            "tasks.projection=pyramidal_relay",
            "tasks.projection='pyramidal_relay': none that learns",
        ),
        ("tasks.recall.window=200.0", "tasks.recall.window=200.0: longer"),
        ("runtime.simulate=native", "runtime.simulate='native': no such network"),
        ("interventions=[{after: S1, lesion: relay, percent: 1.0}]", "interventions: are for"),
        ("sleep.schedule=interleaved", "sleep.schedule='interleaved'"),
        ("+sleep.levels.n3.projections.none.gain=1.0", "levels.n3.projections.none: no such part"),
    ],
)
def test_what_does_not_fit_is_refused(override: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        small(override)


@pytest.mark.slow
@pytest.mark.long
def test_it_goes_on_bit_for_bit_from_what_was_saved_and_a_test_changes_nothing() -> None:
    config = small("arms=none", "seeds=1")
    whole, halves = Sleeper(config, 1), Sleeper(config, 1)
    protocol = config.phases()
    (train, *_), (test, *_), (asleep,) = (
        [phase for phase in protocol if isinstance(phase, kind)] for kind in (Train, Score, Sleep)
    )
    born = whole.birth()
    name = config.sequences.projection
    state, report = whole.advance(train, 6, whole.begin(train, born))
    cut, _ = halves.advance(train, 2, halves.begin(train, halves.birth()))
    cut, rest = halves.advance(train, 4, halves.padded(halves.unpadded(cut)))
    jax.tree.map(np.testing.assert_array_equal, state, cut)
    assert report.spikes["pyramidal"] >= rest.spikes["pyramidal"] > 0
    assert (whole.weights(state)[name] != whole.weights(born)[name]).any()
    assert whole.weights(state)[name].shape == (1, 60, 60)

    tested = whole.begin(test, state)
    for _ in range(test.cycles // whole.chunk(test)):
        tested, report = whole.advance(test, whole.chunk(test), tested)
    np.testing.assert_array_equal(tested.network.weights[name], state.network.weights[name])
    assert report.answers[0, ..., 0].sum() > 0  # of who is cued
    assert whole.marks(report).shape == (2, 1)

    slept, _ = whole.advance(asleep, 3, whole.begin(asleep, state))
    assert np.isfinite(whole.weights(slept)[name]).all()
    assert slept.since.tolist() == [3]
    found = {event.tag: event for event in whole.seen_at(test.boundary, born)}
    along = found["directions"].values
    assert set(along) == {"S1", "S1_reversed", "within groups", "others"}
    assert all(0.8 < mean < 1.2 for (mean,) in along.values())


def test_chance_is_that_of_orders_by_chance() -> None:
    assert small().sequences.chance == pytest.approx(1 / 6)  # of three groups; a swap is 4 / 6
    whole = parse(composed("+experiment=gonzalez2020/sequences_quick"))
    assert whole.sequences.chance == pytest.approx(5 / 120)  # and that of two neighbours is 0.8
