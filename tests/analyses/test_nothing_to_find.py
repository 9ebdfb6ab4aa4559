"""Of weights that nothing changed, and of networks that are silent, nothing is found."""

import numpy as np
import pytest
from conftest import configured
from small_study import BOUNDARIES, MOVING, STILL, TIMES, spiked, study

from sleeprun.analyses import Analysis, Study
from sleeprun.analyses.changes import Changes
from sleeprun.analyses.distributions import Distributions
from sleeprun.analyses.fields import ReceptiveFields
from sleeprun.analyses.pruning import Pruning
from sleeprun.analyses.relevant import Relevant
from sleeprun.analyses.replay import Replay
from sleeprun.analyses.separation import Separation
from sleeprun.analyses.solutions import Solutions
from sleeprun.analyses.trajectories import Trajectories
from sleeprun.config import ConfigError
from sleeprun.config.declared import section_of
from sleeprun.protocol.phases import Boundary

OF_WEIGHTS = {
    Trajectories: "the weights are the same at all times, or at all but two",
    Solutions: "the weights are the same after task1 and after task2",
    Separation: "the weights are the same after task1 and after task2",
    Relevant: "the weights are the same at all boundaries",
    ReceptiveFields: "the weights are the same at all boundaries",
    Distributions: "the weights are the same at all boundaries",
    Changes: "the weights are the same at both times",
}
CUT = np.zeros_like(STILL)
FLAT = np.ones_like(STILL) * np.arange(1, len(TIMES) + 1)[:, None, None, None]


def made(kind: type[Analysis], **keys: float) -> Analysis:
    return section_of(kind)(**keys).make()


def refused(analysis: Analysis, of: Study) -> str:
    with pytest.raises(ConfigError) as raised:
        analysis.answer(of)
    return str(raised.value)


def found(analysis: Analysis, of: Study) -> list[str]:
    sentences = [*analysis.answer(of).sentences]
    assert not any("nan" in each for each in sentences)
    return sentences


@pytest.mark.parametrize("kind", OF_WEIGHTS)
def test_weights_that_never_change_are_refused_with_why(kind: type[Analysis]) -> None:
    assert refused(made(kind), study(STILL)).startswith(OF_WEIGHTS[kind])
    assert found(made(kind), study(MOVING))


def test_of_networks_one_of_which_never_changes_the_other_is_told() -> None:
    one = np.stack([MOVING[:, 0], STILL[:, 1]], axis=1)
    *_, left_out = found(made(Trajectories), study(one))
    assert left_out == "Left out: seeds 5, of hardly any different states."
    assert refused(made(Separation), study(one)).endswith("after task2, in all seeds but one")
    assert found(made(Solutions), study(one))


def test_three_states_have_all_their_variance_in_a_plane() -> None:
    few = np.concatenate([STILL[:6], MOVING[6:]])
    assert refused(made(Trajectories), study(few)).startswith(
        "the weights are the same at all times"
    )
    assert found(made(Trajectories), study(np.concatenate([STILL[:5], MOVING[5:]])))
    assert refused(made(Trajectories, gamma=1e-30), study(MOVING)).startswith("gamma=1e-30: ")


def test_what_has_no_synapses_has_no_weights_to_tell_of() -> None:
    for analysis in (made(Distributions), made(Changes)):
        assert refused(analysis, study(CUT)).startswith("no synapse that learns is there at ")
    (spread,) = found(made(Distributions), study(np.concatenate([MOVING[:4], CUT[4:]])))
    assert "made" in spread
    (told,) = found(made(Changes), study(np.concatenate([MOVING[:4], CUT[4:]])))
    assert told.endswith("'task2' against 'task1', no r, since at one time all are the same.")


def test_the_strongest_are_none_where_no_task_or_no_synapse_is() -> None:
    assert refused(made(Relevant, share=0.01), study(MOVING)).startswith(
        "share=0.01: is less than a "
    )
    both = [BOUNDARIES[0], *(Boundary(k, "both", "wake", ("task1", "task2")) for k in (1, 2))]
    assert refused(made(Relevant), study(MOVING, both)) == "no run has trained a task alone"


def test_one_stage_has_nothing_behind_it_that_could_change_weights() -> None:
    assert refused(made(Changes), study(MOVING, BOUNDARIES[:2])).startswith(
        "made: nothing follows its"
    )


def test_flat_fields_are_like_none() -> None:
    told = "Fields of hidden are flat: all that is seen has the same weight."
    assert found(made(ReceptiveFields), study(FLAT)) == [told]


def test_weights_that_hardly_differ_have_a_histogram() -> None:
    """By the last bit of single precision, in which no 40 bins fit."""
    ones = np.ones_like(STILL, np.float32)
    ones[4:, 0, 0] = np.nextafter(np.float32(1), np.float32(2))
    assert found(made(Distributions), study(ones, told=spiked([], [])))


def test_rates_are_told_of_networks_that_learn_nothing_and_are_silent() -> None:
    answer = made(Distributions).answer(study(STILL, told=spiked([], [])))
    rates = answer.tables[1].frame
    first = rates["low"] == 0
    assert (rates.loc[first, "share"] == 1).all()
    assert (rates.loc[~first, "share"] == 0).all()


SOME = [[0, 0], [2, 0], [7, 1]]
ALIKE = [[step, neuron] for step in (0, 7) for neuron in range(3)]


@pytest.mark.parametrize(
    ("awake", "asleep"), [([], SOME), (SOME, []), ([], []), (ALIKE, SOME), (SOME, ALIKE)]
)
def test_what_is_silent_or_all_alike_replays_nothing(awake: list, asleep: list) -> None:
    why = refused(made(Replay, bins=2), study(STILL, told=spiked(awake, asleep)))
    assert why.startswith("no population spikes both awake and asleep, or all of its neurons do th")
    assert found(made(Replay, bins=2), study(STILL, told=spiked(SOME, SOME)))


def test_what_is_not_recorded_is_told_as_that() -> None:
    awake = spiked(SOME, SOME)[:5]
    assert refused(made(Replay), study(STILL, told=awake)).startswith(
        "no run has slept after training"
    )
    short = study(STILL, told=spiked(SOME, SOME))
    assert refused(made(Replay, window=5), short).endswith(", and recorded 5 cycles of both")


def test_networks_that_never_act_have_no_curve() -> None:
    cut = [*BOUNDARIES[:2], Boundary(2, "task1, hidden lesioned", "lesion")]
    config = configured("+experiment=foraging_pruning")
    lesioned = study(STILL, cut, config=config)
    assert refused(made(Pruning), lesioned).startswith("no network has a score, whole or cut")
    whole = study(STILL)
    assert refused(made(Pruning), whole) == "made: has not come to its first lesion"
