"""The shipped experiments with networks of one's own making: the same by every path; one learns."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_rel

import sleeprun
from sleeprun.reading.loaded import LoadedRun

pytestmark = [pytest.mark.slow, pytest.mark.long]

QUIET = (
    "tracking=disabled",
    "runtime.progress=false",
    "runtime.figures=false",
    "runtime.report=false",
)
SMALL = (
    *QUIET, "seeds=2", "network.populations.hidden.size=[8,8]", "tasks.unsupervised=0.1",
    "tasks.train=0.1", "tasks.test=0.05", "runtime.spikes=10",
)  # fmt: skip
LIVELY = "network.projections.hidden_inhibition.weights.value=0.05"  # so few would not be heard


def lived(experiment: str, folder: Path, *overrides: str) -> LoadedRun:
    sleeprun.run(sleeprun.compose(experiment, *overrides), folder)
    return sleeprun.load(folder)


@pytest.mark.parametrize(
    ("experiment", "engine", "own"),
    [
        ("custom/two_hidden", "native", ("network.populations.hidden2.size=[6,6]",)),
        ("custom/inhibition", "by_layer", ("network.populations.inhibition.size=[4,4]", LIVELY)),
    ],
)
def test_the_path_taken_has_the_spikes_of_the_plain_simulation(
    experiment: str, engine: str, own: tuple[str, ...], tmp_path: Path
) -> None:
    """Of every population and seed, in all cycles awake."""
    ours = lived(experiment, tmp_path / "ours", *SMALL, *own)
    plain = lived(experiment, tmp_path / "plain", *SMALL, *own, "runtime.simulate=by_step")
    assert (ours.results["engine"], plain.results["engine"]) == (engine, "by_step")
    for phase in ("unsupervised", "task1"):
        for seed in (0, 1):
            spikes, expected = ours.spikes(phase, seed), plain.spikes(phase, seed)
            for name, there in expected.items():
                # What reaches the output is in balance at birth.
                assert len(there) or name == "output", f"{name} is silent"
                assert sorted(spikes[name].tolist()) == sorted(there.tolist())
    np.testing.assert_array_equal(ours.R, plain.R)
    for name, weights in plain.weights().items():
        np.testing.assert_allclose(ours.weights()[name], weights, rtol=1e-4, atol=1e-7)


def test_a_second_hidden_layer_learns(tmp_path: Path) -> None:
    """More is right at the end than at birth: the t interval of the networks' differences."""
    lengths = ("tasks.unsupervised=300", "tasks.train=600", "tasks.test=80", "~tasks.goals.task2")
    run = lived("custom/two_hidden", tmp_path, *QUIET, *lengths, "seeds=[60,61,62,63]")
    names = [row["name"] for row in run.results["boundaries"]]
    assert names == ["untrained", "unsupervised", "task1"]
    untrained, _, trained = run.R[:, :, 0].T
    assert ttest_rel(trained, untrained).confidence_interval(0.95).low > 0
