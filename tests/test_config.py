"""Every experiment composes, what it plans is what was published, and every mistake is named."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import jax.numpy as jnp
import pytest
from conftest import asleep
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sleeprun.cli.folder import conf_dir
from sleeprun.cli.mistakes import explain_hydra
from sleeprun.config import ConfigError, Role
from sleeprun.protocol.describe import describe, shared_prefix
from sleeprun.protocol.phases import Interleave, Phase, Protocol, Score, interleaved
from sleeprun.spiking.build import build
from sleeprun.subjects.forager.experiment import AgentExperiment
from sleeprun.subjects.forager.phases import Freeze, Lesion, Sleep, Wake
from sleeprun.subjects.parse import parse
from sleeprun.subjects.plans import arms_of

EXPERIMENTS = sorted(
    str(path.relative_to(conf_dir() / "experiment").with_suffix(""))
    for path in (conf_dir() / "experiment").rglob("*.yaml")
)
PUBLISHED = [name for name in EXPERIMENTS if name.startswith("golden2022/")]
AEON = 100
LEARNED = ("hidden_output",)
JARGON = re.compile(
    r"https?:|pydantic|Config\b|NoneType|instance of|extract fields|after validation|"
    r"validation error|Input should|input_value|_type\b|union|literal|Traceback",
    re.IGNORECASE,
)


@pytest.fixture(scope="module", autouse=True)
def _hydra() -> Iterator[None]:
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        yield


@cache
def composed(*overrides: str) -> DictConfig:
    return compose("config", overrides=list(overrides))


def read(*overrides: str) -> AgentExperiment:
    told = OmegaConf.to_container(composed(*overrides), resolve=True, throw_on_missing=True)
    return parse(told)


def complaint(*overrides: str) -> str:
    """What the command says to a bad configuration; fails where it is taken."""
    with pytest.raises((ConfigError, HydraException, OmegaConfBaseException)) as caught:
        read(*overrides)
    error = caught.value
    return str(error) if isinstance(error, ConfigError) else explain_hydra(error)


def only_protocol(*overrides: str) -> Protocol:
    (protocol,) = arms_of(read(*overrides)).values()
    return protocol


def published(name: str, *overrides: str) -> Protocol:
    return only_protocol(f"+experiment=golden2022/{name}", *overrides)


def stages(protocol: Protocol) -> list[Phase]:
    """The phases of training and sleep, without tests and interventions."""
    return [phase for phase in protocol if isinstance(phase, Wake | Sleep | Interleave)]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_is_planned_and_described(name: str) -> None:
    shipped = []
    if name.startswith("src2022/"):
        shipped = [
            "tasks/data=digits",
            "tasks=class_incremental",
            "sleep.drive.patch=8",
        ]  # no files needed
    if name == "src2022/search":
        shipped += ["tasks.validation=10"]
    config = read(f"+experiment={name}", *shipped)
    assert config.name == name
    for protocol in arms_of(config).values():
        lines = describe(protocol, config.unit)
        assert len(lines) == len(protocol)
        assert [int(line.split()[0]) for line in lines] == list(range(len(protocol)))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_can_be_had_without_arms(name: str) -> None:
    assert not composed(f"+experiment={name}", "arms=none").arms


def test_the_published_experiments_are_there() -> None:
    assert {name.removeprefix("golden2022/") for name in PUBLISHED} == {
        "task1",
        "sequential",
        "interleaved_tasks",
        "interleaved_sleep",
        "interleaved_sleep_control",
        "interleaved_quiet_wake",
        "task2",
        "sequential_then_sleep",
    }


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_lengths(name: str) -> None:
    config = read(f"+experiment={name}")
    (protocol,) = arms_of(config).values()
    unsupervised, *training = stages(protocol)
    assert config.seeds == list(range(10))
    assert (config.variant, config.protocol.scale) == (None, 1.0)
    assert config.tasks.aeon == AEON
    assert config.network.cycle_steps == 600
    assert unsupervised == Wake(
        None, cycles=100_000 * AEON, plastic=("input_hidden", "hidden_output")
    )
    assert [phase.cycles for phase in training] == [50_000 * AEON] * len(config.tasks.stages)
    tests = [phase for phase in protocol if isinstance(phase, Score)]
    assert {phase.cycles for phase in tests} == {10_000 * AEON}


@pytest.mark.parametrize("name", PUBLISHED)
def test_both_tasks_are_tested_at_every_boundary(name: str) -> None:
    tests = [phase for phase in only_protocol(f"+experiment={name}") if isinstance(phase, Score)]
    assert [phase.task for phase in tests] == ["task1", "task2"] * (len(tests) // 2)
    assert [phase.boundary.index for phase in tests] == [i // 2 for i in range(len(tests))]
    assert tests[0].boundary.phase == "start"
    assert tests[2].boundary.phase == "unsupervised"


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_input_weights_are_frozen_once_after_the_unsupervised_phase(name: str) -> None:
    protocol = only_protocol(f"+experiment={name}")
    freezes = [index for index, phase in enumerate(protocol) if isinstance(phase, Freeze)]
    assert [protocol[index] for index in freezes] == [Freeze("input_hidden", 100.0)]
    assert stages(protocol[: freezes[0]]) == stages(protocol)[:1]


def test_the_tasks_of_the_published_protocols() -> None:
    cycles = 50_000 * AEON
    task1, task2 = (Wake(task, cycles=cycles, plastic=LEARNED) for task in ("task1", "task2"))
    turns = tuple(Wake(task, cycles=AEON, plastic=LEARNED) for task in ("task1", "task2"))
    rounds = cycles // 200
    again = interleaved((turns[0], asleep(100, LEARNED)), rounds)
    assert stages(published("task1"))[1:] == [task1]
    assert stages(published("sequential"))[1:] == [task1, task2]
    assert stages(published("interleaved_tasks"))[1:] == [task1, interleaved(turns, rounds)]
    assert stages(published("sequential_then_sleep"))[1:] == [task1, task2, again]


def test_interleaved_sleep_alternates_100_cycles_awake_and_100_asleep() -> None:
    *_, last = stages(published("interleaved_sleep"))
    turn = (Wake("task2", cycles=100, plastic=LEARNED), asleep(100, LEARNED))
    assert last == interleaved(turn, 50_000 * AEON // 200)


def test_the_control_wakes_alike_and_sleeps_with_nothing_plastic() -> None:
    *before, slept = stages(published("interleaved_sleep"))
    *same, control = stages(published("interleaved_sleep_control"))
    assert same == before
    assert isinstance(slept, Interleave)
    assert isinstance(control, Interleave)
    assert control.rounds == slept.rounds
    assert control.phases == (slept.phases[0], asleep(100, ()))


def test_scale_shortens_all_phases_alike() -> None:
    full = published("sequential_then_sleep")
    short = published("sequential_then_sleep", "protocol.scale=0.01")
    assert [type(phase) for phase in short] == [type(phase) for phase in full]
    assert [100 * phase.cycles for phase in short] == [phase.cycles for phase in full]


def test_scale_leaves_the_turns_of_interleaved_phases_as_they_are() -> None:
    full = stages(published("interleaved_sleep"))[-1]
    short = stages(published("interleaved_sleep", "protocol.scale=0.01"))[-1]
    assert isinstance(full, Interleave)
    assert short == interleaved(full.phases, full.rounds // 100)


def test_no_phase_is_scaled_away() -> None:
    short = published("interleaved_sleep", "protocol.scale=1e-6")
    assert all(phase.cycles > 0 for phase in short if not isinstance(phase, Freeze))


def test_sleep_after_every_stage_is_tested_before_and_after() -> None:
    protocol = only_protocol("sleep=after", "sleep.length=2000", "tasks.stages=[task1,task2]")
    _, *rest = stages(protocol)
    assert [type(phase) for phase in rest] == [Wake, Sleep, Wake, Sleep]
    assert rest[1] == asleep(20 * AEON, LEARNED)
    rows = dict.fromkeys(phase.boundary for phase in protocol if isinstance(phase, Score))
    names = [row.name for row in rows]
    assert names[2:] == ["task1", "task1, slept", "task2", "task2, slept"]


def test_sleep_begins_with_its_first_stage() -> None:
    early = stages(only_protocol("sleep=after", "tasks.stages=[task1,task2]"))
    late = stages(only_protocol("sleep=after", "sleep.stages=later", "tasks.stages=[task1,task2]"))
    assert [type(phase) for phase in early] == [Wake, Wake, Sleep, Wake, Sleep]
    assert [type(phase) for phase in late] == [Wake, Wake, Wake, Sleep]


def test_each_sleep_may_be_longer_than_the_one_before() -> None:
    three = "tasks.stages=[task1,task2,task1]"
    grown = only_protocol("sleep=after", "sleep.length=300", "sleep.longer=100", three)
    lengths = [phase.cycles for phase in grown if isinstance(phase, Sleep)]
    assert lengths == [300, 400, 500]
    late = only_protocol(
        *("sleep=after", "sleep.length=300", "sleep.longer=100", three, "sleep.stages=later")
    )
    assert [phase.cycles for phase in late if isinstance(phase, Sleep)] == [300, 400]
    short = only_protocol(
        *("sleep=after", "sleep.length=300", "sleep.longer=100", three, "protocol.scale=0.1")
    )
    assert [phase.cycles for phase in short if isinstance(phase, Sleep)] == [30, 40, 50]


def test_several_sleeps_in_a_row() -> None:
    """Each of `also` says only in what it differs, and grows by itself."""
    protocol = only_protocol(
        *("sleep=after", "sleep.length=300", "sleep.longer=100", "sleep.reward=0.25"),
        "sleep.also=[{length: 50, plasticity: false, drive: {kind: poisson}}, {stages: [2]}]",
        "tasks.stages=[task1,task2]",
    )
    _, task1, *first, task2, second, again, third = stages(protocol)
    assert [type(phase) for phase in (task1, task2)] == [Wake, Wake]
    assert first == [
        asleep(300, LEARNED, reward=0.25),
        asleep(50, drive="poisson", reward=0.25),
    ]
    assert [second, again, third] == [
        asleep(400, LEARNED, reward=0.25),
        asleep(150, drive="poisson", reward=0.25),
        asleep(300, LEARNED, reward=0.25),
    ]
    rows = dict.fromkeys(phase.boundary for phase in protocol if isinstance(phase, Score))
    assert [row.name for row in rows][2:] == [
        *("task1", "task1, slept", "task1, slept 2"),
        *("task2", "task2, slept", "task2, slept 2", "task2, slept 3"),
    ]
    assert [row.index for row in rows] == list(range(len(rows)))


def test_an_arm_s_further_sleeps_differ_from_its_own_sleep() -> None:
    also = "sleep.also=[{schedule: after, length: 40}, {plasticity: true}]"
    config = read("+experiment=foraging_quick", also)
    slept = {
        name: [one.plasticity for one in config.arm(name).sleep.sleeps] for name in config.arms
    }
    assert slept == {
        "sequential": [True] * 3, "sleep": [True] * 3, "control": [False, False, True],
    }  # fmt: skip
    quiet = read("+experiment=foraging_quick", "sleep.also=[{schedule: after, length: 40}]")
    assert quiet.arm("control").role is Role.CONTROL


def test_sleep_in_turns_with_training_and_another_after_it() -> None:
    protocol = only_protocol(
        *("sleep=interleaved", "tasks.stages=[task1,task2]", "tasks.train=10"),
        "sleep.also=[{schedule: after, stages: all, length: 40}, {length: 50}]",
    )
    turns = Wake("task2", cycles=100, plastic=LEARNED), asleep(100, LEARNED), asleep(50, LEARNED)
    assert stages(protocol)[1:] == [
        Wake("task1", cycles=1000, plastic=LEARNED),
        asleep(40, LEARNED),
        interleaved(turns, 4),
        asleep(40, LEARNED),
    ]


@pytest.mark.parametrize(
    ("chosen", "slept"),
    [
        ("all", [0, 1, 2, 3]),
        ("later", [1, 2, 3]),
        ("[1,3]", [0, 2]),
        ("[task1]", [0]),
        ("['task1#2',task1+task2]", [2, 3]),
        ("[1,task2]", [0, 1]),
    ],
)
def test_sleep_at_chosen_stages(chosen: str, slept: list[int]) -> None:
    """By number or by name."""
    protocol = only_protocol(
        *("sleep=after", f"sleep.stages={chosen}"),
        "tasks.stages=[task1,task2,task1,[task1,task2]]",
    )
    _, *rest = stages(protocol)
    kinds = "".join("s" if isinstance(phase, Sleep) else "w" for phase in rest)
    assert kinds == "".join("ws" if stage in slept else "w" for stage in range(4))


def test_arms_share_what_comes_before_they_part() -> None:
    config = read("+experiment=foraging_quick")
    arms = arms_of(config)
    assert list(arms) == ["sequential", "sleep", "control"]
    prefix = shared_prefix(list(arms.values()))
    assert stages(prefix)[-1] == Wake(
        "task1", cycles=round(config.tasks.train) * AEON, plastic=LEARNED
    )
    for protocol in arms.values():
        assert protocol[: len(prefix)] == prefix
        assert len(stages(protocol[len(prefix) :])) == 1


def test_the_shared_prefix_of_one_protocol_is_all_of_it() -> None:
    protocol = published("sequential")
    assert shared_prefix([protocol]) == protocol
    assert shared_prefix([protocol, protocol[1:]]) == ()


def test_interventions_come_where_they_are_asked_for() -> None:
    protocol = only_protocol("+experiment=smoke", "~arms.after", "~arms.control")
    kinds = [type(phase) for phase in protocol]
    partial = Freeze("hidden_output", 10.0)
    assert partial in protocol
    assert protocol.index(partial) < kinds.index(Interleave)
    assert protocol[kinds.index(Lesion)] == Lesion("hidden", 20.0)
    assert kinds[kinds.index(Lesion) + 1 :] == [Score, Score]


GOOD = [
    ["network.populations.hidden.size=100"],
    ["network.populations.hidden.size=[10,20]"],
    ["network.projections.input_hidden.wiring.fan_in=4"],
    ["network.projections.input_hidden.wiring.fan_in=49"],
    ["network.populations.hidden.neuron=lif"],
    ["network.populations.hidden.neuron=lif", "network.populations.output.neuron=lif"],
    ["network.projections.hidden_output.plasticity=null"],
    ["network.populations.hidden.homeostasis=null"],
    ["sleep.drive.kind=poisson"],
    ["sleep=after", "sleep.length=500"],
    ["tasks.stages=[[task1,task2],task1]"],
    ["tasks.unsupervised=0"],
    ["seeds=[3,1,2]"],
    ["+arms.awake.sleep.schedule=never", "+arms.slept.sleep.schedule=after"],
    ["+runtime.require.accuracy=0.6"],
]


@pytest.mark.parametrize("overrides", GOOD, ids=" ".join)
def test_good_configs(overrides: list[str]) -> None:
    config = read(*overrides)
    assert all(describe(protocol, config.unit) for protocol in arms_of(config).values())


def test_what_is_changed_is_what_is_meant() -> None:
    config = read(
        "network.populations.hidden.size=[10,20]",
        "network.populations.hidden.neuron=lif",
        "seeds=3",
    )
    assert config.network.populations["hidden"].count == 200
    assert config.network.neurons[config.network.populations["hidden"].neuron].kind == "lif"
    assert config.seeds == [0, 1, 2]


def test_an_arm_says_only_in_what_it_differs_from_sleep() -> None:
    config = read("sleep.reward=0.25", "+arms.slept.sleep.schedule=after")
    assert config.arms["slept"].sleep == config.sleep.model_copy(update={"schedule": "after"})


def test_a_projection_that_is_not_learned_is_plastic_in_no_phase() -> None:
    protocol = only_protocol("network.projections.hidden_output.plasticity=null")
    assert [phase.plastic for phase in stages(protocol)] == [("input_hidden",), ()]


def spelled(word: str) -> str:
    return f"did you mean '{word}'?"


INPUT, OUTPUT = "network.projections.input_hidden", "network.projections.hidden_output"
HIDDEN = "network.populations.hidden"
INHIBITION = "network.projections.hidden_output_inhibition"
EXCEPTION = "interventions=[{after: task1, %s}]"
FIRST = "interventions.0"
STEPPED = "+network.neurons.adex={kind: adex, current_decay: 0.98, step_ms: 0.5}"
UNKNOWN_KEYS = [
    (STEPPED, "network.neurons.adex.step_ms", "belongs further up, to network.step_ms"),
    (f"+{INPUT}.synapse.step_ms=0.5", f"{INPUT}.synapse.step_ms", "up, to network.step_ms"),
    ("sed=3", "sed", spelled("seeds")),
    ("+sed=3", "sed", spelled("seeds")),
    ("++runtime.chunk_cycle=3", "runtime.chunk_cycle", spelled("chunk_cycles")),
    ("hidden=5", "hidden", "unknown key"),
    ("network.populations.hiden.size=5", "network.populations.hiden", spelled("hidden")),
    (f"{HIDDEN}.sizes=5", f"{HIDDEN}.sizes", spelled("size")),
    ("+network.populations.hidden.sizes=5", f"{HIDDEN}.sizes", spelled("size")),
    (f"+{INPUT}.wiring.fanin=3", f"{INPUT}.wiring.fanin", spelled("fan_in")),
    ("+network.rules.rewarded.gane=1", "network.rules.rewarded.gane", spelled("gain")),
    ("+network.neurons.lif.taau=9", "network.neurons.lif.taau", spelled("tau")),
    ("+tasks.goals.task1.rewardd=a", "tasks.goals.task1.rewardd", spelled("rewarded")),
    ("+arms.a.sleep.scheduel=never", "arms.a.sleep.scheduel", spelled("schedule")),
    ("+arms.a.slep.schedule=never", "arms.a.slep", spelled("sleep")),
    (EXCEPTION % "frees: hidden_output", f"{FIRST}.frees", spelled("freeze")),
    ("network.projections.input_hiden.synapse.jitter=0", "input_hiden", spelled("input_hidden")),
    ("~tasks.train", "tasks.train", "missing"),
]
WRONG_TYPES = [
    ("network.rules.rewarded.clip=abc", "network.rules.rewarded.clip", "number"),
    ("tasks.size=50.5", "tasks.size", "integer"),
    (
        f"{HIDDEN}.spike_capacity=99999999",
        f"{HIDDEN}.spike_capacity",
        "less than or equal",
    ),
    ("name=''", "name=''", "letters"),
    ("name=../up", "name='../up'", "letters"),
    ("+runtime.require.intransigence=0.1", "runtime.require.intransigence", "joint"),
    (
        f"{HIDDEN}.spike_capacity=1e3",
        f"{HIDDEN}.spike_capacity",
        "integer",
    ),
    (f"{HIDDEN}.size=2.5", f"{HIDDEN}.size", "integer"),
    ("seeds=1.5", "seeds", "integer"),
    ("seeds=true", "seeds", "integer"),
    ("seeds=[1,a]", "seeds.1", "integer"),
    ("tasks.train=true", "tasks.train", "number"),
    ("tasks.train=[1,2]", "tasks.train", "number"),
    ("tasks.train={a: 1}", "tasks.train", "number"),
    ("tasks.train=null", "tasks.train", "number"),
    ("dry_run=1", "dry_run", "boolean"),
    ("name=[a]", "name", "string"),
    ("tasks.stages=[1]", "tasks.stages.0", "string"),
    ("tasks.stages=task1", "tasks.stages", "list"),
    ("tasks.freeze=input_hidden", "tasks.freeze", "list"),
    ("+arms.slept=3", "arms.slept", "mapping"),
    (f"{HIDDEN}=5", HIDDEN, "mapping"),
    (f"{OUTPUT}.plasticity=true", f"{OUTPUT}.plasticity", "string"),
    ("network.rules.rewarded=true", "network.rules.rewarded", "mapping"),
    ("sleep.drive=rate_matched", "sleep.drive", "mapping"),
    ("network.neurons.lif.kind=3", "network.neurons.lif.kind", "name of a neuron"),
    ("sleep.also=3", "sleep.also", "list"),
    ("sleep.also=[3]", "sleep.also.0", "mapping"),
    ("sleep.stages=2", "sleep.stages", "list"),
    ("sleep.stages=task2", "sleep.stages", "must be a list of stages, [task2], or a word; allowed"),
    ("sleep.stages=[]", "sleep.stages", "to stay awake, sleep.schedule=never"),
    ("sleep.also={stages: [2]}", "sleep.also", "must be a list, [...]"),
    ("sleep.drive=[1]", "sleep.drive", "must be a mapping, {key: value}"),
    ("+tasks.stages.7=[task1]", "tasks.stages.7", "give the whole list"),
]
OUT_OF_RANGE = [
    ("tasks.test=-1", "tasks.test", "greater than 0"),
    ("protocol.scale=0", "protocol.scale", "greater than 0"),
    ("protocol.scale=inf", "protocol.scale", "finite"),
    ("protocol.scale=1e-30", "protocol.scale", "one cycle of tasks.test=10000; must be at least"),
    ("seeds=20231126", "seeds", "did you mean seeds=[20231126]?"),
    ("seeds=2147483647", "seeds", "did you mean seeds=[2147483647]?"),
    ("tasks.train=nan", "tasks.train", "finite"),
    ("sleep.reward=-inf", "sleep.reward", "finite"),
    ("network.neurons.rulkov.alpha=1e39", "network.neurons.rulkov.alpha", "too large for float32"),
    ("protocol.scale=1e-300", "protocol.scale", "too small for float32"),
    ("sleep.length=2147483648", "sleep.length", "2147483647"),
    ("runtime.cores=2147483648", "runtime.cores", "too large for int32"),
    ("sleep.drive.kick=-0.1", "sleep.drive.kick", "greater than or equal to 0"),
    (f"{INPUT}.synapse.jitter=-0.1", f"{INPUT}.synapse.jitter", "greater than or equal to 0"),
    (f"{INPUT}.synapse.jitter=1.5", f"{INPUT}.synapse.jitter", "than or equal to 1"),
    (
        f"{HIDDEN}.size=-3",
        f"{HIDDEN}.size",
        "greater than or equal to 1",
    ),
    (
        f"{HIDDEN}.size=[6,0]",
        f"{HIDDEN}.size.1",
        "greater than or equal to 1",
    ),
    (f"{HIDDEN}.size=[2,3,4]", f"{HIDDEN}.size", "at most 2"),
    (
        f"{HIDDEN}.homeostasis.target=-1",
        "hidden.homeostasis.target",
        "or equal to 0",
    ),
    ("network.neurons.lif.current_decay=1", "neurons.lif.current_decay", "less than 1"),
    ("runtime.chunk_cycles=0", "runtime.chunk_cycles", "greater than or equal to 1"),
    ("runtime.checkpoint_minutes=0", "runtime.checkpoint_minutes", "greater than 0"),
    ("runtime.cores=-1", "runtime.cores", "greater than or equal to 0"),
    ("tasks.size=3", "tasks.size", "greater than or equal to 4"),
    ("tasks.particles.task=0", "tasks.particles.task", "greater than or equal to 1"),
    ("seeds=0", "seeds", "1"),
    ("seeds=[-1]", "seeds.0", "greater than or equal to 0"),
    ("seeds=[]", "seeds", "at least 1"),
    ("tasks.stages=[]", "tasks.stages", "at least 1"),
    ("tasks.stages=[[]]", "tasks.stages.0", "at least 1"),
    ("sleep.length=0", "sleep.length", "greater than or equal to 1"),
    ("sleep.longer=-1", "sleep.longer", "greater than or equal to 0"),
    (f"+{OUTPUT}.sign=inhibitory", f"{OUTPUT}.plasticity", "must be null"),
    ("sleep.stages=[0]", "sleep.stages", "by number from 1 on or by name"),
    (EXCEPTION % "freeze: hidden_output, percent: 150", f"{FIRST}.percent", "equal to 100"),
    (EXCEPTION % "lesion: hidden, percent: 0", f"{FIRST}.percent", "greater than 0"),
]
UNKNOWN_NAMES = [
    ("+experiment=golden2022/sequental", "experiment", spelled("golden2022/sequential")),
    ("network=golden", "network", spelled("golden2022")),
    ("sleep=intereaved", "sleep", spelled("interleaved")),
    ("tasks=task1", "tasks", "foraging"),
    ("tasks=forraging", "tasks", spelled("foraging")),
    ("tasks.kind=forraging", "tasks.kind", spelled("foraging")),
    ("tasks.stages=[tsk1]", "tasks.stages.0", spelled("task1")),
    ("tasks.stages=[task1,[task1,taks2]]", "tasks.stages.1", spelled("task2")),
    (f"{HIDDEN}.neuron=rulkof", f"{HIDDEN}.neuron", spelled("rulkov")),
    ("network.neurons.lif.kind=liff", "network.neurons.lif.kind", spelled("lif")),
    ("network.rules.rewarded.kind=sdtp", "network.rules.rewarded.kind", spelled("stdp")),
    (f"{OUTPUT}.plasticity=reward", f"{OUTPUT}.plasticity", spelled("rewarded")),
    (f"{INPUT}.synapse.kind=curent", f"{INPUT}.synapse.kind", spelled("current")),
    ("tasks.sees=inptu", "tasks.sees", spelled("input")),
    ("tasks.moves=outptu", "tasks.moves", spelled("output")),
    ("sleep.stages=latter", "sleep.stages", spelled("later")),
    ("sleep.schedule=interleave", "sleep.schedule", spelled("interleaved")),
    ("sleep.drive.kind=rate_match", "sleep.drive.kind", spelled("rate_matched")),
    ("runtime.simulate=by_layers", "runtime.simulate", spelled("by_layer")),
    ("tracking.mode=on-line", "tracking.mode", spelled("online")),
    ("+arms.a.sleep.schedule=nevr", "arms.a.sleep.schedule", spelled("never")),
    (f"{INPUT}.wiring.kind=fixed_fanin", f"{INPUT}.wiring.kind", spelled("fixed_fan_in")),
    (f"{INPUT}.weights.kind=coin", f"{INPUT}.weights.kind", spelled("coins")),
    (f"{INPUT}.pre=inptu", f"{INPUT}.pre", spelled("input")),
    (f"{INHIBITION}.weights.of=hidden_outpt", "weights.of", spelled("hidden_output")),
    ("tasks.freeze=[hiden_output]", "tasks.freeze", spelled("hidden_output")),
    ("tasks.goals.task1.rewarded=vertikal", "task1.rewarded", spelled("vertical")),
    ("interventions=[{after: tsk1, lesion: hidden}]", FIRST, spelled("task1")),
    (EXCEPTION % "freeze: hidden_otput", f"{FIRST}.freeze", spelled("hidden_output")),
    (EXCEPTION % "lesion: hiden", f"{FIRST}.lesion", spelled("hidden")),
]
WITHIN = (
    "+network.projections.within={pre: output, post: output, plasticity: null, "
    "wiring: {kind: fixed_fan_in, fan_in: %d}, weights: {kind: constant, value: 0.001}, "
    "synapse: {kind: current, jitter: 0.0}}"
)
CONTRADICTIONS = [
    (
        WITHIN.replace("within", "hidden") % 2,
        "network.projections.hidden",
        "a population is named so, too; choose another name",
    ),
    (
        "interventions=[{after: task1, lesion: hidden, percent: 20}, "
        "{after: task1, lesion: hidden, percent: 20}]",
        "interventions.1.percent=20",
        "20 % of hidden are cut before; give more, in all",
    ),
    (f"{INPUT}.wiring.fan_in=50", f"{INPUT}.wiring.fan_in", "choose 1 to 49"),
    (WITHIN % 8, "projections.within.wiring.fan_in=8", "only 7 other neurons; choose 1 to 7"),
    ("network.rules.unsupervised.weight_min=0.5", "rules.unsupervised", "above weight_max=0.012"),
    (f"~{OUTPUT}", f"{INHIBITION}.weights.of", "mirrored"),
    (f"{INHIBITION}.weights.of=input_hidden", "weights.of", "same two populations"),
    (
        f"{INHIBITION}.plasticity=${{{OUTPUT}.plasticity}}",
        f"{INHIBITION}.plasticity",
        "must be null",
    ),
    (f"{INPUT}.wiring.kind=all_to_all", f"{INPUT}.wiring.fan_in", "all_to_all"),
    ("network.populations.output.size=9", "tasks.moves", "must be 8"),
    ("network.populations.input.size=[6,6]", "tasks.sees", "odd"),
    ("network.populations.input.size=49", "tasks.sees", "two odd numbers"),
    ("network.populations.input.size=[7,51]", "tasks.sees", "tasks.size=50"),
    ("tasks.sees=hidden", "tasks.sees", "[28, 28]"),
    ("tasks.moves=hidden", "tasks.moves", "784 neurons"),
    ("tasks.particles.task=500", "tasks.particles.task", "do not touch"),
    ("tasks.size=20", "tasks.particles.unsupervised", "do not touch"),
    ("tasks.food.vertical=[[0,0],[3,0]]", "tasks.food.vertical", "within 3 x 3"),
    ("tasks.food.vertical=[[0,0],[0,1],[0,0]]", "tasks.food.vertical", "twice"),
    ("tasks.food.vertical=[[5,0],[4,0]]", "tasks.food.vertical", "looks like horizontal"),
    ("tasks.food.vertical=[1,0]", "tasks.food.vertical", "list"),
    ("tasks.goals.task1.punished=horizontal", "tasks.goals.task1.punished", "rewarded"),
    ("seeds=[4,2,4]", "seeds", "has 4 twice"),
    ("+arms.late={sleep: {schedule: after, stages: [7]}}", "arms.late.sleep.stages", "1 stage"),
    (EXCEPTION % "freeze: hidden_output, lesion: hidden", FIRST, "either"),
    (EXCEPTION % "percent: 5", FIRST, "either"),
    ("tasks.stages=[[task1,task1]]", "tasks.stages.0", "twice"),
    ("+tasks.goals={x+y: ${tasks.goals.task1}}", "tasks", "'x+y': must have no +"),
    ("+runtime.require.acuracy=0.5", "runtime.require.acuracy", spelled("accuracy")),
    ("tasks.train=1e12", "tasks", "more cycles than can be counted"),
    ("tasks.train=1e30", "tasks", "more cycles than can be counted"),
    ("protocol.scale=1e30", "tasks", "more cycles than can be counted"),
    ("name=???", "name", "issing"),
    ("name=${nowhere}", "name", "nowhere"),
]
BAD = UNKNOWN_KEYS + WRONG_TYPES + OUT_OF_RANGE + UNKNOWN_NAMES + CONTRADICTIONS


OWN = """
import jax.numpy as jnp

from sleeprun.config.declared import number
from sleeprun.spiking.neurons import Neuron
from sleeprun.spiking.neurons.lif import LIFState


class Steady(Neuron):
    threshold: jnp.ndarray = number("current that makes it spike", gt=0)

    def init(self, size):
        return LIFState(jnp.zeros(size), jnp.zeros(size), jnp.zeros(size))

    def step(self, state):
        return state, state.i > self.threshold


NO_CLASS = 3
"""


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a user's own module, on the path."""
    name = f"own_neurons_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(OWN)
    (tmp_path / f"{name}_broken.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    return name


def own_neuron(kind: str, **constants: object) -> tuple[str, str]:
    given = ", ".join(f"{key}: {value}" for key, value in {"kind": kind, **constants}.items())
    return f"+network.neurons.own={{{given}}}", f"{HIDDEN}.neuron=own"


def test_a_neuron_of_ones_own_is_named_by_its_path(own_module: str) -> None:
    config = read(*own_neuron(f"{own_module}.Steady", threshold=0.5))
    made = config.network.neurons["own"].make()
    assert type(made).__qualname__ == "Steady"
    _, spiked = made.step(made.init(2)._replace(i=jnp.array([0.4, 0.6])))
    assert spiked.tolist() == [False, True]
    network = build(config.network)
    assert type(network.populations["hidden"].neuron) is type(made)


@pytest.mark.parametrize(
    ("path", "constants", "key", "told"),
    [
        ("Steady", {"threshold": -1}, "network.neurons.own.threshold=-1", "greater than 0"),
        ("Steady", {}, "network.neurons.own.threshold", "missing"),
        ("Steady", {"threshold": 1, "treshold": 2}, "own.treshold", spelled("threshold")),
        ("Stedy", {}, "network.neurons.own.kind", "has no 'Stedy'"),
        ("NO_CLASS", {}, "network.neurons.own.kind", "is no neuron: must be a class derived"),
        ("LIFState", {}, "network.neurons.own.kind", "is no neuron: must be a class derived"),
    ],
)
def test_a_neuron_of_ones_own_that_is_none(
    own_module: str, path: str, constants: dict[str, float], key: str, told: str
) -> None:
    message = complaint(*own_neuron(f"{own_module}.{path}", **constants))
    assert key in message
    assert told in message
    assert_plain(message)


def test_the_cycles_of_all_sleeps_are_counted() -> None:
    """Of 2^31 at most; each sleep of these is well below."""
    two = "sleep=after", "tasks.stages=[task1,task2]", "sleep.stages=all"
    assert read(*two, "sleep.length=1000000000").sleep.length == 10**9
    longer = "sleep.length=1000000000", "sleep.longer=200000000"
    assert "can be counted" in complaint(*two, *longer)
    also = "sleep.also=[{stages: [2], length: 600000000}]"
    assert "can be counted" in complaint(*two, "sleep.length=800000000", also)
    arm = "+arms={short: {sleep: {length: 5}}, long: {sleep: {length: 1500000000}}}"
    assert complaint(*two, arm).startswith("tasks and arms.long.sleep: 3,0")


def test_who_is_driven_asleep_must_be_there_where_there_is_sleep() -> None:
    told = complaint("sleep=after", "sleep.drive.population=hiden")
    assert told.startswith("sleep.drive.population='hiden': no such population")
    assert spelled("hidden") in told
    assert read("sleep.drive.population=hiden").sleep.schedule == "never"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("nowhere_to_be_found.Neuron", "no module 'nowhere_to_be_found'"),
        ("json.JSONDecoder", "is no neuron: must be a class derived"),
        ("sleeprun.spiking.plasticity.stdp.STDP", "is no neuron: must be a class derived"),
        (".Neuron", "must be a dotted path, MODULE.CLASS"),
        ("sleeprun.", "must be a dotted path, MODULE.CLASS"),
    ],
)
def test_a_path_that_leads_nowhere(path: str, told: str) -> None:
    message = complaint(*own_neuron(f"'{path}'"))
    assert message.startswith(f"network.neurons.own.kind='{path}': ")
    assert told in message
    assert_plain(message)


def test_a_module_of_ones_own_that_fails_is_told_with_its_error(own_module: str) -> None:
    message = complaint(*own_neuron(f"{own_module}_broken.Steady"))
    assert "ZeroDivisionError" in message
    assert_plain(message)


def assert_plain(message: str, mistakes: int = 1) -> None:
    assert not JARGON.search(message), message
    assert 1 <= len(message.splitlines()) <= 2 * mistakes, message


@pytest.mark.parametrize(("override", "key", "fragment"), BAD, ids=[case[0] for case in BAD])
def test_bad_configs(override: str, key: str, fragment: str) -> None:
    message = complaint(override)
    assert re.search(rf"(?<![a-z_]){re.escape(key)}(?![a-z_])", message), message
    assert fragment in message
    assert_plain(message, mistakes=2 if override == "tasks.size=20" else 1)


def test_sleep_cannot_begin_after_the_last_stage() -> None:
    message = complaint("sleep=interleaved", "sleep.stages=later")
    assert message.startswith("sleep.stages='later': ")
    assert "tasks" in message


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ("[3]", "sleep.stages=3: no such one of 2 stages; choose 1 to 2"),
        ("[task1,taks2]", f"sleep.stages='taks2': no such stage; {spelled('task2')}"),
    ],
)
def test_a_stage_that_there_is_not(chosen: str, told: str) -> None:
    two = "sleep=after", "tasks.stages=[task1,task2]"
    assert complaint(*two, f"sleep.stages={chosen}").startswith(told)


def test_a_mistake_in_a_further_sleep_names_its_place() -> None:
    two = "sleep=after", "tasks.stages=[task1,task2]"
    wrong = {
        "stages: [7]": "sleep.also.1.stages=7: no such one of 2 stages",
        "lenght: 5": f"sleep.also.1.lenght: unknown key; {spelled('length')}",
        "length: 0": "sleep.also.1.length=0: must be greater than or equal to 1",
        "drive: {kind: poison}": "sleep.also.1.drive.kind='poison': no such drive",
        "drive: {population: hiden}": "sleep.also.1.drive.population='hiden': no such population",
        "also: [{length: 5}]": "sleep.also.1.also",
    }
    for entry, told in wrong.items():
        message = complaint(*two, f"sleep.also=[{{length: 5}}, {{{entry}}}]")
        assert message.startswith(told), message
        assert_plain(message)


def test_every_mistake_is_told_at_once() -> None:
    message = complaint("seeds=[0,0]", "tasks.test=-1", "+sleep.drvie=none")
    assert_plain(message, mistakes=3)
    assert sorted(line.split(":")[0] for line in message.splitlines()) == [
        "seeds=[0, 0]",
        "sleep.drvie",
        "tasks.test=-1",
    ]


@pytest.mark.parametrize(
    ("override", "instead"),
    [
        ("experiment=smoke", "+experiment"),
        ("runtime.require={accuracy: 0.6}", "+runtime.require"),
        (f"{INPUT}.wiring={{kind: random, probability: 0.5}}", f"+{INPUT}.wiring"),
    ],
)
def test_a_key_that_could_be_added_is_not_called_unknown(override: str, instead: str) -> None:
    message = complaint(override)
    assert "unknown key" not in message
    assert instead in message
    assert_plain(message)


def test_an_override_that_cannot_be_read_is_shown_without_an_address() -> None:
    message = complaint(f"{HIDDEN}.size=[6,6")
    assert "[6,6" in message
    assert_plain(message)
