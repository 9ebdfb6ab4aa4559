"""A state that is no longer finite ends its run, and who may be to blame is named."""

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import pytest
from classifiers import tiny
from conftest import configured

from sleeprun.config import ConfigError, ExperimentConfig
from sleeprun.directory.store import RunDirectory
from sleeprun.gradient.learners import Learner
from sleeprun.runs.run import Run
from sleeprun.spiking.drives import Drive
from sleeprun.spiking.plasticity import Plasticity
from sleeprun.subjects.plans import arms_of
from sleeprun.subjects.seeds import over_seeds

pytestmark = pytest.mark.slow

AGENT = (
    "network.populations.hidden.size=[6,6]", "tasks.stages=[task1]", "seeds=[4]", "tasks.aeon=10",
    "tasks.unsupervised=0", "tasks.train=1", "tasks.test=1", "arms=none",
)  # fmt: skip
RULE = {"reach": 120, "weight_min": 0.001, "weight_max": 1.0, "normalise": "false"}


class LosesWeights(Plasticity):
    def init(self, weights: Any) -> Any:
        return ()

    def update(self, state: Any, weights: Any, event: Any) -> Any:
        return weights * jnp.nan, state


class KicksBeyond(Drive):
    def __call__(self, rates: Any, words: Any, cycle: Any, steps: int) -> Any:
        return jnp.full((1, len(rates)), jnp.nan, jnp.float32), None


class LosesLoss(Learner):
    def loss(self, network: Any, memory: Any, layers: Any, batch: Any, words: Any) -> Any:
        return super().loss(network, memory, layers, batch, words) * jnp.nan


def refusal(config: ExperimentConfig, folder: Path) -> str:
    (protocol,) = arms_of(config).values()
    run = Run(config, config.subject(1, over_seeds), protocol, RunDirectory(folder))
    with pytest.raises(ConfigError) as raised:
        for _ in run.events():
            pass
    return str(raised.value)


def as_keys(**values: object) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in values.items()) + "}"


def test_a_rule_of_ones_own_is_named_before_what_else_there_is(tmp_path: Path) -> None:
    kind = f"{__name__}.LosesWeights"
    own = f"+network.rules.mine={as_keys(kind=kind, **RULE)}"
    config = configured(*AGENT, own, "network.projections.hidden_output.plasticity=mine")
    told = refusal(config, tmp_path)
    assert told.startswith(f"network.rules.mine.kind={kind}, or network.")
    assert "of seed 4 is no longer finite (task1, by its cycle " in told


def test_a_drive_of_ones_own_is_named_in_sleep_alone(tmp_path: Path) -> None:
    kind = f"{__name__}.KicksBeyond"
    slept = ("sleep=after", f"sleep.drive.kind={kind}", "sleep.length=3")
    assert refusal(configured(*AGENT, *slept), tmp_path / "a").startswith(
        f"sleep.drive.kind={kind}"
    )
    rule = f"{__name__}.LosesWeights"
    own = f"+network.rules.mine={as_keys(kind=rule, **RULE)}"
    awake = configured(*AGENT, *slept, own, "network.projections.hidden_output.plasticity=mine")
    assert kind not in refusal(awake, tmp_path / "b")


def test_a_learner_of_ones_own_is_named_and_perceptrons_take_steps(tmp_path: Path) -> None:
    kind = f"{__name__}.LosesLoss"
    told = refusal(tiny(f"learner={{kind: {kind}}}", "seeds=[4]"), tmp_path)
    assert told.startswith(f"learner.kind={kind}, or training.rate=")
    assert "is no longer finite (0-1, by its step " in told
