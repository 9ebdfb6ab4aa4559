"""A sleep in which weights only decay: exactly as far as it says, and nothing else happens."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from classifiers import carried_out, images, run_of
from conftest import configured, of_kind

from sleeprun import noise
from sleeprun.config import ConfigError
from sleeprun.gradient.perceptron import starting_layers
from sleeprun.protocol.events import Progress, Scored
from sleeprun.protocol.phases import Decay, Interleave
from sleeprun.protocol.seen import Carried
from sleeprun.spiking.build import starting_weights
from sleeprun.spiking.synapses.weights import minus_row_mean
from sleeprun.subjects.forager.forager import Forager
from sleeprun.subjects.forager.phases import Wake
from sleeprun.subjects.forager.record import Foraged
from sleeprun.subjects.seeds import over_seeds

pytestmark = pytest.mark.slow

DIGITS = ("+experiment=src_quick", "tasks/data=digits", "arms=none", "~probes", "sleep=decay")
SMALL = ("network.hidden=[24,16]", "tasks.samples=60", "training.epochs=2", "seeds=2")
PATCH = ("sleep.drive.patch=4",)
SIZES = (64, 24, 16, 10)


@pytest.fixture
def without_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever draws or asks for a stream fails."""

    def refuse(*_: object) -> None:
        raise AssertionError("asked for random numbers")

    monkeypatch.setattr(noise, "uniform", refuse)
    monkeypatch.setattr(noise, "stream", refuse)


def decays(start: np.ndarray, weights: np.ndarray, share: float, times: int) -> np.ndarray:
    """What is left of the way after so many shares of it."""
    start, weights = np.asarray(start, float), np.asarray(weights, float)
    return start + (1 - share) ** times * (weights - start)


# Perceptrons


@pytest.mark.parametrize(("share", "length"), [(0.25, 1), (0.25, 3), (1.0, 1), (0.0, 2)])
def test_a_perceptron_s_weights_go_a_share_of_the_way_each_step(
    share: float, length: int, without_noise: None
) -> None:
    config = images(*DIGITS, *SMALL, f"sleep.share={share}", "network.biases=true")
    run = config.subject(1, over=_plain)
    state, born = run.birth(), [starting_layers(SIZES, 0.01, True, seed) for seed in (0, 1)]
    moved = jax.tree.map(lambda leaf: leaf + 0.5, state.layers)
    after, report = run.advance(
        Decay(share, cycles=length, plastic=("weights",)), length, state._replace(layers=moved)
    )
    for seed, layers in enumerate(born):
        for now, before, start in zip(after.layers, moved, layers, strict=True):
            wanted = decays(start.weights, before.weights[seed], share, length)
            np.testing.assert_allclose(now.weights[seed], wanted, rtol=1e-6, atol=1e-7)
            np.testing.assert_array_equal(now.bias[seed], before.bias[seed])
            if share in (0, 1):
                exact = start.weights if share else before.weights[seed]
                np.testing.assert_array_equal(now.weights[seed], exact)
    assert run.summary(report).spikes == {}  # so that nobody is told to be silent
    with pytest.raises(ValueError, match="shorter"):  # whoever spikes must tell of all layers
        run.summary(report._replace(spikes=np.zeros((2, 1))))
    untouched = state._replace(layers=None, step=None), after._replace(layers=None, step=None)
    jax.tree.map(np.testing.assert_array_equal, *untouched)


def _plain(function: Callable, devices: int) -> Callable:
    """Over seeds, compiled anew for every test, so that what is drawn is seen."""

    def run(*arguments: Any) -> Any:
        seeds = len(jax.tree.leaves(arguments[-1])[0])

        def alone(seed: int) -> Any:
            mine = [getattr(each, "tree", None) for each in arguments[:-1]]
            own = [
                shared if tree is None else jax.tree.map(lambda leaf: leaf[seed], tree)
                for shared, tree in zip(arguments, mine, strict=False)
            ]
            return function(*own, jax.tree.map(lambda leaf: leaf[seed], arguments[-1]))

        return jax.tree.map(lambda *leaves: jnp.stack(leaves), *map(alone, range(seeds)))

    return run


def test_all_the_way_leaves_what_was_there_at_birth(tmp_path: Path) -> None:
    """The start is what is carried, and whoever does not decay carries nothing."""
    told = carried_out(run_of(images(*DIGITS, *SMALL, "sleep.share=1.0"), tmp_path / "whole"))
    scores = of_kind(told, Scored)
    untrained = {one.task: one.score for one in scores if one.boundary.name == "untrained"}
    slept = [one for one in scores if one.boundary.after_rest]
    assert len(slept) == 5 * 5
    assert {one.boundary.name for one in slept} >= {"0-1, decayed"}
    rows = of_kind(told, Progress)
    decays = [one for one in rows if one.kind == "rival"]
    assert {(one.slept, one.trained) for one in decays} == {(0, 0)}
    assert sum(one.trained for one in rows) == sum(one.cycles for one in rows if one not in decays)
    assert all(one.score == untrained[one.task] for one in slept)
    assert any(one.score != untrained[one.task] for one in scores)
    start = 4 * sum(pre * post for pre, post in pairwise(SIZES))
    assert {one.bytes for one in of_kind(told, Carried)} == {start}
    awake = (*DIGITS, *SMALL, "sleep.schedule=never")
    told = carried_out(run_of(images(*awake), tmp_path / "awake"))
    assert {one.bytes for one in of_kind(told, Carried)} == {0}


def test_a_decay_broken_off_goes_on_and_without_plasticity_changes_nothing(tmp_path: Path) -> None:
    given = (*DIGITS, *SMALL, "sleep.length=9", "runtime.chunk_steps=4")
    whole = run_of(images(*given), tmp_path / "whole")
    carried_out(whole)
    broken = run_of(images(*given), tmp_path / "broken")
    for event in broken.events():
        if getattr(event, "kind", None) == "rival" and event.tag == "progress":
            break
    broken.save()
    assert broken.done == 4
    again = run_of(images(*given), tmp_path / "broken")
    carried_out(again)
    jax.tree.map(np.testing.assert_array_equal, again.state, whole.state)
    quiet = carried_out(run_of(images(*given, "sleep.plasticity=false"), tmp_path / "quiet"))
    scores = {(one.boundary.name, one.task): one.score for one in of_kind(quiet, Scored)}
    decayed = {(name, task) for name, task in scores if (f"{name}, decayed", task) in scores}
    assert {name for name, _ in decayed} == {"0-1", "2-3", "4-5", "6-7", "8-9"}
    assert all(scores[f"{name}, decayed", task] == scores[name, task] for name, task in decayed)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("sleep.share=1.5", "sleep.share=1.5: must be less than or equal to 1"),
        ("sleep.schedule=interleaved", "sleep.schedule='interleaved': not one of these"),
        ("+sleep.inc=0.1", "sleep.inc: 'decay' has no such key; .* choose replay, which has it"),
        ("sleep.kind=dekay", "sleep.kind='dekay': perceptrons .* have 'replay' or 'decay'"),
    ],
)
def test_what_a_decay_cannot_be(given: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        configured(*DIGITS, given)


# Agents


AGENT = ("arms=none", "sleep=decay", "sleep.share=0.25", "seeds=2", "tasks.stages=[task1,task2]")
PLASTIC = ("input_hidden", "hidden_output")


def aged(tiny: Callable, *given: str) -> tuple[Forager, Any]:
    """Agents whose weights are no longer those that they began with."""
    agents = Forager(tiny(*AGENT, *given), 1)
    state = agents.birth()
    grown = {name: 1.5 * each for name, each in state.network.weights.items()}
    return agents, state._replace(network=state.network._replace(weights=grown))


def test_an_agent_s_weights_go_a_share_of_the_way_and_nothing_else(
    tiny: Callable, request: pytest.FixtureRequest
) -> None:
    """But those of synapses that are cut or locked; those that mirror others follow them."""
    agents, state = aged(tiny)
    request.getfixturevalue("without_noise")
    weights, plastic = dict(state.network.weights), dict(state.network.plastic)
    weights["hidden_output"] = weights["hidden_output"].at[:, 0].set(0.0)  # cut
    locked = plastic["hidden_output"].locked.at[:, 1].set(True)
    plastic["hidden_output"] = plastic["hidden_output"]._replace(locked=locked)
    state = state._replace(network=state.network._replace(weights=weights, plastic=plastic))
    agents.over = _plain
    after, tally = agents.advance(Decay(0.25, cycles=2, plastic=PLASTIC), 2, state)
    for seed in (0, 1):
        start = starting_weights(agents.config.network, seed)
        for name in PLASTIC:
            before, here = weights[name][seed], after.network.weights[name][seed]
            held = np.asarray((before == 0) | plastic[name].locked[seed])
            wanted = np.where(held, before, decays(start[name], before, 0.25, 2))
            np.testing.assert_allclose(here, wanted, rtol=1e-6)
            assert 0 < held.sum() < held.size
    for name, projection in agents.loop.network.projections.items():
        if projection.mirrors:
            whole = jax.vmap(minus_row_mean)(after.network.weights[projection.mirrors])
            np.testing.assert_allclose(after.network.weights[name], whole, rtol=1e-6, atol=1e-9)
    same = {"weights": state.network.weights}
    untouched = after._replace(cycle=state.cycle, network=after.network._replace(**same))
    jax.tree.map(np.testing.assert_array_equal, untouched, state)
    assert after.cycle.tolist() == [2, 2]
    assert (tally.asleep.tolist(), tally.awake.tolist()) == ([0, 0], [0, 0])


def test_decay_in_turns_with_training_is_one_after_the_other(tiny: Callable) -> None:
    agents, state = aged(tiny)
    wake, decay = Wake("task1", cycles=3, plastic=PLASTIC), Decay(0.5, cycles=2, plastic=PLASTIC)
    turns = Interleave((wake, decay), 2, cycles=10, plastic=PLASTIC)
    together, all_told = agents.advance(turns, 2, state)
    tallies = []
    for _ in range(2):
        state, told, heard = agents.listen(turns, 1, state)
        assert {event.name for event in heard} == {"task1"}  # nobody spikes in the other
        tallies.append(told)
    jax.tree.map(np.testing.assert_array_equal, together, state)
    jax.tree.map(np.testing.assert_array_equal, all_told, jax.tree.map(np.add, *tallies))
    assert (all_told.asleep.tolist(), all_told.awake.tolist()) == ([0, 0], [6, 6])
    assert agents.heard(decay) == 0
    after, told = agents.advance(decay, 2, state)
    assert agents.summary(told).spikes == {}  # so that nobody is told to be silent
    assert (after.cycle - state.cycle).tolist() == [2, 2]


def test_agents_that_decay_live_through_their_protocol(tiny: Callable) -> None:
    config = tiny(*AGENT, "sleep.schedule=interleaved", "sleep.stages=later")
    turns = [phase for phase in config.phases() if isinstance(phase, Interleave)]
    assert [phase.title for phase in turns] == ["task2 / decay"]
    (decay,) = (part for part in turns[0].phases if isinstance(part, Decay))
    assert decay == replace(decay, share=0.25, cycles=3, plastic=("hidden_output",))
    control = tiny(*AGENT, "sleep.schedule=after", "sleep.plasticity=false").phases()
    assert {p.title for p in control if isinstance(p, Decay)} == {"decay without plasticity"}


def test_a_decay_costs_an_agent_no_steps_but_the_weights_that_it_began_with(tiny: Callable) -> None:
    turns = (*AGENT, "sleep.schedule=interleaved", "sleep.stages=later")
    config, awake = tiny(*turns), tiny(*AGENT, "sleep.schedule=never")
    agents = config.subject(1, over_seeds)
    (phase,) = (one for one in config.phases() if isinstance(one, Interleave))
    wake = sum(part.cycles for part in phase.phases if isinstance(part, Wake))
    steps = phase.rounds * wake * config.network.cycle_steps
    assert agents.steps(phase) == steps < phase.cycles * config.network.cycle_steps
    assert agents.steps(Decay(0.5, cycles=7)) == 0
    whole, decay, trained = config.expected_seconds((phase, Decay(0.5, cycles=7), phase.phases[0]))
    assert whole == pytest.approx(phase.rounds * trained)
    assert decay == 0
    more = Counter(config.footprint().states) - Counter(awake.footprint().states)
    assert more == {"sleep.kind": sum(each.nbytes for each in agents.start.values())}


def test_arms_with_a_decay_are_as_long_as_sleep_is() -> None:
    config = configured("+experiment=foraging_quick", "arms=foraging_decay", "sleep.length=50")
    assert {arm.sleep.length for arm in config.arms.values()} == {50}
    assert config.arms["decay"].sleep.kind == "decay"


@pytest.mark.parametrize(
    ("given", "role"),
    [
        (("arms=src",), "rival"),
        (("arms=src", "arms.decay.sleep.plasticity=false"), "awake"),
        (("arms=src", "arms.decay.sleep.schedule=never"), "naive"),
    ],
)
def test_a_decay_is_neither_sleep_nor_its_control(given: tuple[str, ...], role: str) -> None:
    config = configured("+experiment=src_quick", "tasks/data=digits", *given, *PATCH)
    assert config.arm("decay").role == role
    assert config.arm("src").role == "sleep"


def test_decay_in_turns_is_counted_neither_as_sleep_nor_as_training() -> None:
    none = {name: [0] for name in ("rewarded", "punished", "neutral")}
    summary = Foraged(awake=6, asleep=0, spikes={}, **none)
    turns = Progress(phase=0, kind="interleave", name="", begin=0, end=10, summary=summary)
    assert (turns.slept, turns.trained) == (0, 6)
