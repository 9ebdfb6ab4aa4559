"""Networks that learn sequences and sleep: what is planned, recorded, resumed and refused."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import composed
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

import sleeprun
from sleeprun import noise
from sleeprun.cli.folder import conf_dir
from sleeprun.config import ConfigError
from sleeprun.config.runtime import Engine
from sleeprun.protocol.packed import unpacked
from sleeprun.protocol.phases import Interleave, Quiet, Score, chunks
from sleeprun.spiking import native
from sleeprun.spiking.edges import in_pairs
from sleeprun.spiking.modulation import modulated
from sleeprun.spiking.network import Clock
from sleeprun.subjects.parse import parse
from sleeprun.subjects.plans import arms_of
from sleeprun.subjects.sleeper import windows
from sleeprun.subjects.sleeper.build import build, newborns
from sleeprun.subjects.sleeper.cycles import driven
from sleeprun.subjects.sleeper.directions import along
from sleeprun.subjects.sleeper.legs import Leg, leg_of
from sleeprun.subjects.sleeper.phases import Settle, Sleep, Train
from sleeprun.subjects.sleeper.record import Directions
from sleeprun.subjects.sleeper.sleeper import Sleeper
from sleeprun.subjects.sleeper.state import SleeperState, Stimulated
from sleeprun.subjects.sleeper.windows import Window

CYCLES = 5

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
    assert set(protocols) == {"naive", "sleep", "control"}
    lives = [phase for phase in protocols["sleep"] if not isinstance(phase, Score)]
    assert [type(phase) for phase in lives] == [Settle, Train, Train, Sleep]
    assert [phase.cycles for phase in lives] == [10, 20, 10, 10]
    assert [bool(phase.plastic) for phase in lives] == [False, True, True, True]
    (asleep,) = (phase for phase in protocols["control"] if isinstance(phase, Sleep))
    assert asleep.plastic == ()
    assert asleep.title == "n3 without plasticity"
    assert small("protocol.scale=0.5").shortened
    assert not small().shortened
    tests = [phase for phase in protocols["sleep"] if isinstance(phase, Score)]
    assert [test.task for test in tests] == ["S1", "S1_reversed"] * 4
    assert {test.cycles for test in tests} == {30}  # a period before two cues


@pytest.mark.parametrize(
    ("sleep", "course"),
    [("n2", ["n2"]), ("n3", ["n3"]), ("rem", ["rem"]), ("nrem_cycle", ["n2", "n3", "n2"])],
)
def test_any_sleep_can_be_chosen_for_what_is_shipped(sleep: str, course: list[str]) -> None:
    """It is itself, without plasticity in its control; asleep, steps of STDP are smaller."""
    for name in ("sequences", "sequences_quick"):
        config = parse(composed(f"+experiment=gonzalez2020/{name}", f"sleep={sleep}"))
        slept = {
            arm: [phase for phase in phases if isinstance(phase, Sleep)]
            for arm, phases in arms_of(config).items()
        }
        assert [arm for arm, each in slept.items() if not each] == [
            arm for arm in ("naive", "awake") if arm in slept
        ]
        for arm, wanted in {"sleep": course, "control": course, "n2": ["n2"]}.items():
            for phase in slept.get(arm, []):
                assert phase.sleep.course == wanted
                assert bool(phase.plastic) == (arm != "control")
        levels = [config.sleep.levels[each] for each in course]
        rules = [level["projections"]["pyramidal_pyramidal"]["rule"] for level in levels]
        assert rules == [{"gain": 0.75}] * len(course)


AWAKE = "+arms.awake={sleep: {levels: {rest: {}}, course: [rest], shares: [1.0]}}"


def test_a_sleep_that_changes_nothing_of_the_network_is_quiet_wake() -> None:
    config = small(AWAKE)
    awake, control = (config.arm(name) for name in ("awake", "control"))
    (phase,) = (phase for phase in awake.phases() if isinstance(phase, Quiet))
    (asleep,) = (phase for phase in control.phases() if isinstance(phase, Sleep))
    assert not any(isinstance(each, Sleep) for each in awake.phases())
    assert (phase.kind, phase.title, phase.cycles) == ("quiet wake", "quiet wake", asleep.cycles)
    assert phase.plastic == config.network.plastic
    last = awake.phases()[-1].boundary
    assert (last.name, last.after_rest, last.after_sleep) == ("S1_reversed, awake", True, False)
    assert (awake.role, control.role, config.arm("sleep").role) == ("quiet", "control", "sleep")
    partly = small(AWAKE.replace("[rest]", "[rest, n3]").replace("[1.0]", "[1.0, 1.0]"))
    assert partly.arm("awake").role == "sleep"


@pytest.mark.slow
def test_quiet_wake_is_told_as_that(tmp_path: Path, capsys: Any) -> None:
    config = small(AWAKE, "seeds=1", "tracking=disabled", "tasks.oscillation.skip=0.0")
    results = sleeprun.run(config, tmp_path)
    told, shown = sleeprun.load(tmp_path), capsys.readouterr().out
    assert "awake: quiet" in shown
    assert results["roles"]["awake"] == "quiet"
    arms = {name: arm.results for name, arm in told.arms.items()}
    assert [one["name"] for one in arms["awake"]["boundaries"]][-1] == "S1_reversed, awake"
    assert [arms[name]["sleep_steps"] for name in ("naive", "awake", "sleep")] == [0, 0, 2000]
    assert arms["awake"]["training_steps"] == arms["naive"]["training_steps"]
    assert (tmp_path / "arms" / "awake" / "protocol.txt").read_text().count("quiet wake") == 2
    assert (tmp_path / "figures" / "arms.png").exists()


TURNS = "sleep.schedule=interleaved", "sleep.length=6", "tasks.alternate=0.05", "arms=none"


def test_training_takes_turns_with_an_interleaved_sleep_and_is_as_long_as_without() -> None:
    config = small(*TURNS, "protocol.scale=2")
    settle, first, turns = (phase for phase in config.phases() if not isinstance(phase, Score))
    assert (type(settle), type(first), first.cycles) == (Settle, Train, 40)
    assert isinstance(turns, Interleave)
    assert [(type(part), part.cycles) for part in turns.phases] == [(Train, 5), (Sleep, 6)]
    assert (turns.rounds, turns.cycles, turns.title) == (4, 44, "S1_reversed / n3")


def test_whole_turns_that_train_for_another_time_are_told() -> None:
    assert not list(small(*TURNS).cautions())
    ((key, told),) = small(*TURNS, "tasks.alternate=0.03").cautions()
    assert key == "tasks.alternate=0.03"
    assert told.startswith("trains S1_reversed for 0.09 s in whole turns, not 0.1 s: arms are not")


@pytest.mark.slow
def test_interleaved_phases_are_lived_in_turns_listened_to_or_not() -> None:
    config = small(*TURNS, "seeds=1")
    (turns,) = (phase for phase in config.phases() if isinstance(phase, Interleave))
    subject, counts = Sleeper(config, 1), []
    wanted = born = subject.birth()
    for part in 2 * turns.phases:
        wanted, tally = subject.advance(part, part.cycles, subject.begin(part, wanted))
        counts += unpacked(subject.summary(tally).activity["pyramidal"][0]).tolist()
    state, first = subject.advance(turns, 1, subject.begin(turns, born))
    state, second, told = subject.listen(turns, 1, state)
    jax.tree.map(np.testing.assert_array_equal, state, wanted)
    summary = subject.summary(first).plus(subject.summary(second))
    assert unpacked(summary.activity["pyramidal"][0]).tolist() == counts
    assert summary.spikes["pyramidal"] == [sum(counts)]
    assert sum(counts) > 0
    assert [event.kind for event in told] == ["train"] * 5 + ["sleep"] * 6


def test_an_untrained_network_can_sleep_as_well_and_need_not_be_trained() -> None:
    config = small(
        "arms=none",
        "tasks.stages=[]",
        "sleep=n2",
        "sleep.stages=[untrained]",
        "+sleep.also=[{course: [n3]}]",
    )
    protocol = config.phases()
    lives = [phase for phase in protocol if not isinstance(phase, Score)]
    assert [phase.title for phase in lives] == ["settle", "n2", "n3"]
    names = {phase.boundary.name: phase.boundary for phase in protocol if isinstance(phase, Score)}
    assert list(names) == ["untrained", "untrained, slept", "untrained, slept 2"]
    assert [boundary.tasks for boundary in names.values()] == [(), (), ()]
    trained = small("arms=none", "sleep.stages=[untrained,S1]").phases()
    slept = [phase.title for phase in trained if not isinstance(phase, Score)]
    assert slept == ["settle", "n3", "S1", "n3", "S1_reversed"]


@pytest.mark.parametrize(("step", "turns"), [(0.02, 1), (0.05, 2), (0.1, 3)])
def test_another_step_is_of_the_same_experiment(step: float, turns: int) -> None:
    """All times are as long; the soma's gates take steps of 0.02 to 0.035 ms."""
    shipped, found = (
        parse(composed("+experiment=gonzalez2020/sequences", *given))
        for given in ((), (f"network.step_ms={step}",))
    )
    assert arms_of(found) == arms_of(shipped)
    assert found.cycle_ms == pytest.approx(10)
    rule = found.network.rules["stdp"].make(step_ms=step)
    assert int(rule.reach) * step == pytest.approx(200)
    soma = found.network.neurons["pyramidal"].make(step_ms=step).soma_substeps
    assert (soma, found.in_steps(found.sequences.recall.bin)) == (turns, pytest.approx(1 / step))
    halved = found.network.neurons["pyramidal"].model_copy(update={"substeps": 2})
    assert halved.make(step_ms=step).soma_substeps == (2 if step == 0.1 else 1)


def test_a_recorded_config_is_read_wherever_it_is(tmp_path: Path) -> None:
    """By a process that never composed one."""
    given = ["+experiment=gonzalez2020/dynamics", "network.step_ms=0.1"]
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = compose("config", overrides=given)
    (tmp_path / ".hydra").mkdir()
    OmegaConf.save(config, tmp_path / ".hydra" / "config.yaml")
    (tmp_path / "events.jsonl").touch()
    code = f"import sleeprun; print(sleeprun.load({str(tmp_path)!r}).config.network.cycle_steps)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.stdout == "100\n", told.stderr


@pytest.mark.parametrize("step", ["0.03", "0", "-0.05", ".nan", "fast", "null"])
def test_a_step_that_does_not_part_a_cycle_is_refused(step: str) -> None:
    told = r"network.step_ms=\S+: must part 10 ms into whole steps"
    with pytest.raises(ConfigError, match=told):
        sleeprun.compose("gonzalez2020/sequences", f"network.step_ms={step}")


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
        ("tasks.replay.bin=3.0", "tasks.replay.bin=3.0: must part a cycle, 10 ms, evenly"),
        ("tasks.recall.window=200.0", "tasks.recall.window=200.0: longer"),
        ("network.local_steps.length=0.12", "local_steps.length=0.12: must be some whole steps"),
        ("network.local_steps.length=20.0", "local_steps.length=20.0: must be .* than a cycle, 10"),
        ("tasks.recall.bin=3.0", "tasks.recall.bin=3.0: must part a cycle, 10 ms, evenly"),
        ("tasks.recall.bin=0.01", "tasks.recall.bin=0.01: must part a cycle"),
        ("tasks.oscillation.bin=15.0", "tasks.oscillation.bin=15.0: must be some whole cycles"),
        ("tasks.stimulus.period=133.0", "tasks.stimulus.period=133.0: must be some whole cycles"),
        ("tasks.stimulus.onset=60.0", "tasks.sequences.S1: takes 130 ms; tasks.stimulus.period"),
        ("+tasks.training.projections.pyramidal_pyramidal.rule.tau=0.0", "rule.tau=0.0: must be"),
        (
            "tasks.training.projections.pyramidal_pyramidal.rule.depression=null",
            "rule.depression=None: must be a valid number",
        ),
        (
            "sleep.levels.n3.projections.pyramidal_pyramidal.synapse.gain=-1.0",
            "sleep.levels.n3.projections.pyramidal_pyramidal.synapse.gain=-1.0: must be greater",
        ),
        ("+network.local_steps.below.cortex=-57.0", "below.cortex='cortex': no such population"),
        (
            "sleep.stages=[untraind]",
            "untraind': no such stage; did you mean 'untrained'",
        ),
        ("interventions=[{after: S1, lesion: relay, percent: 1.0}]", "interventions: are for"),
        ("+sleep.levels.n3.projections.none.gain=1.0", "levels.n3.projections.none: no such part"),
    ],
)
def test_what_does_not_fit_is_refused(override: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        small(override)


def born(config: Any, shared: Stimulated) -> SleeperState:
    return jax.tree.map(lambda leaf: leaf[0], newborns(config, shared))


@eqx.filter_jit
def live(shared: Stimulated, leg: Leg, state: SleeperState, cycles: int) -> Window:
    network = modulated(shared.network, leg.course.at(jnp.float32(1)))
    clock = Clock(state.cycle, 0, noise.stream(state.key, noise.Purpose.SYNAPSES))
    drive = {shared.population: driven(shared, leg, state.cycle)}
    whole = jnp.int32(cycles)
    return windows.live(
        shared, network, state.network, clock, whole, drive, leg.plastic, state.edges
    )


def lived(config: Any, engine: Engine, phase: Any) -> tuple[np.ndarray, np.ndarray]:
    """Spikes [spike, (cell, step)] of the first cycles of a phase in one network, and weights."""
    shared = build(config, engine)
    state, leg, found = born(config, shared), leg_of(config, shared, phase), []
    most = 1 if engine == "by_layer" else CYCLES
    for cycle in range(0, CYCLES, most):
        window = live(shared, leg, state._replace(cycle=jnp.int32(cycle)), most)
        state = state._replace(network=window.network)
        heard = window.heard[shared.population]
        listed = np.stack([heard.neuron, heard.time], axis=1)[: int(heard.length)]
        found.append(listed[listed[:, 1] >= cycle * config.network.cycle_steps])
    name = config.sequences.projection
    weights = state.network.weights[name]
    if state.edges:
        weights = in_pairs(weights, state.edges[name], 60)
    spikes = np.concatenate(found)
    return spikes[np.lexsort(spikes.T[::-1])], np.asarray(weights)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "least"), [(Train, 20), (Sleep, 200)])
def test_the_kernel_lives_as_the_portable_path_does(kind: type, least: int) -> None:
    """For 50 ms, spike by spike: round-off may carry one over the end of a step, and change what
    it adds to a weight.
    """
    assert native.available(), "the package must be built with its kernel to be tested"
    config = small("arms=none", "seeds=1", "network.local_steps=null")
    phase = next(phase for phase in config.phases() if isinstance(phase, kind))
    (found, learned), (expected, wanted) = (
        lived(config, engine, phase) for engine in ("native", "by_layer")
    )
    assert len(expected) > least
    np.testing.assert_array_equal(found[:, 0], expected[:, 0])
    assert np.abs(found[:, 1] - expected[:, 1]).max() <= 1
    rule = config.network.rules["stdp"].numbers
    largest = rule["potentiation"] * rule["weight_max"] * wanted.max()
    np.testing.assert_allclose(learned, wanted, rtol=0, atol=0.02 * largest)


@pytest.mark.slow
def test_a_phase_that_is_listened_to_is_the_same_and_tells_every_spike() -> None:
    config = small("arms=none", "seeds=2", "runtime.spikes=12", "runtime.chunk_cycles=7")
    phase = next(phase for phase in config.phases() if isinstance(phase, Train))
    subject = Sleeper(config, 1)
    assert subject.heard(phase) == 12
    born = subject.begin(phase, subject.birth())
    state, report = subject.advance(phase, 7, born)
    other, again, told = subject.listen(phase, 4, born)
    other, then, more = subject.listen(phase, 3, other)
    jax.tree.map(np.testing.assert_array_equal, state, other)
    whole, parts = subject.summary(report), [subject.summary(each) for each in (again, then)]
    assert parts[0].plus(parts[1]).spikes == whole.spikes
    assert [event.kind for event in (*told, *more)] == ["train"] * 7
    size = {name: each.count for name, each in config.network.populations.items()}
    for name, cells in size.items():
        for seed in range(2):
            counts = unpacked(whole.activity[name][seed])
            assert counts.tolist() == [len(event.spikes[name][seed]) for event in (*told, *more)]
            assert counts.sum() == whole.spikes[name][seed]
            joint = ",".join(part.activity[name][seed] for part in parts)
            assert unpacked(joint).tolist() == counts.tolist()
            pairs = [pair for event in told for pair in event.spikes[name][seed]]
            assert all(0 <= step < 200 and 0 <= cell < cells for step, cell in pairs)
    for name, first in config.sequences.groups.items():
        counts = unpacked(whole.groups[name][1])  # in two bins a cycle
        heard = [
            len([1 for step, cell in event.spikes["pyramidal"][1]
                 if step // 100 == half and first <= cell < first + 4])
            for event in (*told, *more)
            for half in (0, 1)
        ]  # fmt: skip
        assert counts.tolist() == heard
    assert list(whole.groups) == ["S1 1", "S1 2", "S1 3"]  # which S1_reversed has as well
    assert whole.spikes["pyramidal"][0] > 20
    assert set(whole.potential) == {"pyramidal"}
    neuron = subject.shared.network.populations["pyramidal"].neuron
    last = [unpacked(row)[-1] for row in whole.potential["pyramidal"]]
    cells = state.network.neurons["pyramidal"]
    mean = jax.vmap(lambda each: neuron.potential(each).mean())(cells)
    np.testing.assert_allclose(last, 100 * np.asarray(mean), atol=0.51)


@pytest.mark.slow
def test_a_sleep_is_the_same_however_it_is_cut() -> None:
    """Within a period, while its levels go to others, and where a list of spikes runs over."""
    levels = (
        "sleep=n2",
        "sleep.course=[n2,n3,n2]",
        "sleep.shares=[1.0,2.0,1.0]",
        "sleep.ramp=0.25",
    )
    whole = small("arms=none", "seeds=1", "sleep.length=20", *levels)
    scant = small("arms=none", "seeds=1", "network.populations.pyramidal.spike_capacity=100")
    (phase,) = (phase for phase in whole.phases() if isinstance(phase, Sleep))
    ends = []
    for config, pieces in ((whole, (18,)), (whole, (5, 6, 7)), (scant, (9, 9))):
        subject, spikes = Sleeper(config, 1), 0
        assert subject.engine == "native"
        state = subject.begin(phase, subject.birth())
        for count in pieces:
            state, report = subject.advance(phase, count, state)
            spikes += report.spikes["pyramidal"][0]
        ends.append((spikes, state._replace(network=state.network._replace(spikes={}))))
    assert 100 < subject.capacity(state)["pyramidal"] < 1000
    for other in ends[1:]:
        jax.tree.map(np.testing.assert_array_equal, other, ends[0])


@pytest.mark.parametrize(
    ("override", "refused", "much"),
    [
        (
            "network.rules.stdp.normalise=true",
            "projection pyramidal_pyramidal (rule NearestSTDP)",
            "about 110 times slower",
        ),
        (
            "+network.neurons.relay.method=runge_kutta",
            "population relay (method runge_kutta)",
            "slower; not measured how much",
        ),
        (
            "network.projections.relay_reticular.synapse.jitter=0.5",
            "projection relay_reticular (jitter 0.5)",
            "slower; not measured how much",
        ),
        (
            "+sleep.levels.n3.projections.relay_reticular.synapse.jitter=0.5",
            "projection relay_reticular (jitter 0.5)",
            "slower; not measured how much",
        ),
    ],
)
def test_what_the_kernel_does_not_know_takes_the_portable_path_and_says_so(
    override: str, refused: str, much: str
) -> None:
    found = small(override).chosen
    assert (found.engine, found.refused) == ("by_layer", (refused,))
    told = f"the compiled kernel does not take {refused}: simulated by_layer, {much}"
    assert found.told == told
    for wanted in ("native", "fused"):
        with pytest.raises(ConfigError, match=f"runtime.simulate='{wanted}': the .* does not take"):
            _ = small(override, f"runtime.simulate={wanted}").chosen


def test_what_simulates_is_worked_out_once_and_anew_in_a_copy() -> None:
    config = small()
    assert config.chosen is config.chosen
    jittered = small("network.projections.relay_reticular.synapse.jitter=0.5").network
    assert config.model_copy(update={"network": jittered}).chosen.refused
    assert not config.chosen.refused


@pytest.mark.slow
def test_it_goes_on_bit_for_bit_from_what_was_saved_and_a_test_changes_nothing() -> None:
    config = small("arms=none", "seeds=1")
    whole, halves = Sleeper(config, 1), Sleeper(small("seeds=1", "runtime.chunk_cycles=10"), 1)
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

    found = []
    for subject in (whole, halves):
        tested, marks, answers = subject.begin(test, state), np.zeros((2, 1), int), []
        for count in chunks(test.cycles, subject.chunk(test)):
            tested, report = subject.advance(test, count, tested)
            marks = marks + subject.marks(report)
            answers.append(report.answers[0, :count])
        np.testing.assert_array_equal(tested.network.weights[name], state.network.weights[name])
        found.append((np.concatenate(answers), marks))
    jax.tree.map(np.testing.assert_array_equal, *found)
    assert found[0][0][whole.shared.period :, :, 0].sum() >= 8  # of the four that are cued, twice

    slept, _ = whole.advance(asleep, 3, whole.begin(asleep, state))
    assert np.isfinite(whole.weights(slept)[name]).all()
    assert slept.since.tolist() == [3]
    every = whole.seen_at(test.boundary, born)
    (seen,) = (event for event in every if isinstance(event, Directions))
    means = seen.values
    assert set(means) == {"S1", "S1_reversed", "within S1", "others"}
    assert all(0.8 < mean < 1.2 for (mean,) in means.values())


def test_weights_are_told_along_each_sequence_and_within_the_groups_of_each() -> None:
    """Those of made-up numbers: 3 along S1, 2 within it, 5 within S2, and 7 elsewhere."""
    config = small("arms=none", "seeds=1", "+tasks.sequences.S2={cells: [30, 34], train: 1.0}")
    shared = build(config, "by_step")
    group = np.full(60, -1)
    for place, first in enumerate([10, 14, 18, 30, 34]):
        group[first : first + 4] = place
    pre, post = np.meshgrid(group, group, indexing="ij")
    within, s1 = (pre == post) & (pre >= 0), (pre < 3) & (pre >= 0)
    share = np.select([within & s1, within, s1 & (post == pre + 1) & (post < 3)], [2, 5, 3], 7)
    state = newborns(config, shared)
    name = config.sequences.projection
    start = state.network.plastic[name].own.start
    weights = state.network.weights | {name: start * share[None].astype(np.float32)}
    told = along(config, shared, state._replace(network=state.network._replace(weights=weights)))
    assert {label: mean for label, (mean,) in told.items()} == {
        "S1": pytest.approx(3), "S1_reversed": pytest.approx(7), "S2": pytest.approx(7),
        "within S1": pytest.approx(2), "within S2": pytest.approx(5), "others": pytest.approx(7),
    }  # fmt: skip


@pytest.mark.slow
def test_sequences_need_not_be_of_one_length() -> None:
    config = small("arms=none", "seeds=1", "tasks.sequences.S1.cells=[10,14,18,22]")
    subject = Sleeper(config, 1)
    tests = [phase for phase in config.phases() if isinstance(phase, Score)][:2]
    told = {}
    for test in tests:
        state = subject.begin(test, subject.birth())
        _, report = subject.advance(test, test.cycles, state)
        told[test.task] = report.answers.shape[-1]
        assert report.answers[0, ..., 0].sum() > 0  # of who is cued
        assert subject.marks(report).shape == (2, 1)
    assert told == {"S1": 4, "S1_reversed": 3}


def test_chance_is_that_of_orders_by_chance() -> None:
    assert small().sequences.chance == pytest.approx(1 / 6)  # of three groups; a swap is 4 / 6
    whole = parse(composed("+experiment=gonzalez2020/sequences_quick"))
    assert whole.sequences.chance == pytest.approx(5 / 120)  # and that of two neighbours is 0.8
