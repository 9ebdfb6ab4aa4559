"""Every experiment composes, what it plans is what was published, and every mistake is named."""

import re
from collections.abc import Iterator

import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sleeprun.cli.folder import conf_dir
from sleeprun.cli.help import explain_hydra
from sleeprun.config import ConfigError
from sleeprun.protocol.describe import Protocol, cycles_of, describe, shared_prefix
from sleeprun.protocol.phases import Interleave, Phase, Score
from sleeprun.subjects.forager.phases import Freeze, Lesion, Sleep, Wake
from sleeprun.subjects.forager.schema import Config
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


def read(*overrides: str) -> Config:
    composed = compose("config", overrides=list(overrides))
    return parse(OmegaConf.to_container(composed, resolve=True, throw_on_missing=True))


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
    assert not compose("config", overrides=[f"+experiment={name}", "arms=none"]).arms


def test_the_published_experiments_are_there() -> None:
    assert {name.removeprefix("golden2022/") for name in PUBLISHED} == {
        "task1",
        "sequential",
        "interleaved_tasks",
        "interleaved_sleep",
        "interleaved_sleep_control",
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
    assert [cycles_of(phase) for phase in training] == [50_000 * AEON] * len(config.tasks)
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
    asleep = asleep(100, LEARNED)
    rounds = cycles // 200
    again = interleaved((Wake("task1", cycles=100, plastic=LEARNED), asleep), rounds)
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
    assert [100 * cycles_of(phase) for phase in short] == [cycles_of(phase) for phase in full]


def test_scale_leaves_the_turns_of_interleaved_phases_as_they_are() -> None:
    full = stages(published("interleaved_sleep"))[-1]
    short = stages(published("interleaved_sleep", "protocol.scale=0.01"))[-1]
    assert isinstance(full, Interleave)
    assert short == interleaved(full.phases, full.rounds // 100)


def test_no_phase_is_scaled_away() -> None:
    short = published("interleaved_sleep", "protocol.scale=1e-9")
    assert all(cycles_of(phase) > 0 for phase in short if not isinstance(phase, Freeze))


def test_sleep_after_every_stage_is_tested_before_and_after() -> None:
    protocol = only_protocol("sleep=after", "sleep.aeons=20", "tasks.stages=[task1,task2]")
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
    ["sleep=after", "sleep.aeons=5"],
    ["tasks.stages=[[task1,task2],task1]"],
    ["tasks.unsupervised=0"],
    ["seeds=[3,1,2]"],
    ["+arms.awake.schedule=never", "+arms.slept.schedule=after"],
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
    assert config.network.populations.hidden.count == 200
    assert config.network.neurons[config.network.populations.hidden.neuron].model == "lif"
    assert config.seeds == [0, 1, 2]


def test_an_arm_says_only_in_what_it_differs_from_sleep() -> None:
    config = read("sleep.reward=0.25", "+arms.slept.schedule=after")
    assert config.arms["slept"] == config.sleep.model_copy(update={"schedule": "after"})


def test_a_projection_that_is_not_learned_is_plastic_in_no_phase() -> None:
    protocol = only_protocol("network.projections.hidden_output.plasticity=null")
    assert [phase.plastic for phase in stages(protocol)] == [("input_hidden",), ()]


def spelled(word: str) -> str:
    return f"did you mean '{word}'?"


INPUT, OUTPUT = "network.projections.input_hidden", "network.projections.hidden_output"
INHIBITION = "network.projections.hidden_output_inhibition"
EXCEPTION = "interventions=[{after: task1, %s}]"
FIRST = "interventions.0"
UNKNOWN_KEYS = [
    ("sed=3", "sed", spelled("seeds")),
    ("+sed=3", "sed", spelled("seeds")),
    ("++runtime.chunk_cycle=3", "runtime.chunk_cycle", spelled("chunk_cycles")),
    ("hidden=5", "hidden", "unknown key"),
    ("network.hiden.size=5", "network.hiden", spelled("hidden")),
    ("network.populations.hidden.sizes=5", "network.populations.hidden.sizes", spelled("size")),
    ("+network.populations.hidden.sizes=5", "network.populations.hidden.sizes", spelled("size")),
    (f"+{INPUT}.wiring.fanin=3", f"{INPUT}.wiring.fanin", spelled("fan_in")),
    (f"+{OUTPUT}.plasticity.gane=1", f"{OUTPUT}.plasticity.gane", spelled("gain")),
    ("+network.neurons.lif.taau=9", "network.neurons.lif.taau", spelled("tau")),
    ("+tasks.goals.task1.rewardd=a", "tasks.goals.task1.rewardd", spelled("rewarded")),
    ("+arms.a.scheduel=never", "arms.a.scheduel", spelled("schedule")),
    (EXCEPTION % "frees: hidden_output", f"{FIRST}.frees", spelled("freeze")),
    ("network.projections.input_hiden.synapse.jitter=0", "input_hiden", spelled("input_hidden")),
    ("~tasks.train", "tasks.train", "missing"),
]
WRONG_TYPES = [
    (f"{OUTPUT}.plasticity.clip=abc", f"{OUTPUT}.plasticity.clip", "number"),
    ("tasks.size=50.5", "tasks.size", "integer"),
    (
        "network.populations.hidden.spike_capacity=99999999",
        "network.populations.hidden.spike_capacity",
        "less than or equal",
    ),
    ("name=''", "name=''", "letters"),
    ("name=../up", "name='../up'", "letters"),
    ("+runtime.require.intransigence=0.1", "runtime.require.intransigence", "joint"),
    (
        "network.populations.hidden.spike_capacity=1e3",
        "network.populations.hidden.spike_capacity",
        "integer",
    ),
    ("network.populations.hidden.size=2.5", "network.populations.hidden.size", "integer"),
    ("seeds=1.5", "seeds", "integer"),
    ("seeds=true", "seeds", "integer"),
    ("seeds=[1,a]", "seeds.1", "integer"),
    ("tasks.train=true", "tasks.train", "number"),
    ("tasks.train=[1,2]", "tasks.train", "number"),
    ("tasks.train={a: 1}", "tasks.train", "number"),
    ("tasks.train=null", "tasks.train", "number"),
    ("dry_run=1", "dry_run", "boolean"),
    ("name=[a]", "name", "string"),
    ("tasks.stages=[1]", "tasks.0", "string"),
    ("tasks=task1", "tasks", "list"),
    ("tasks.freeze=input_hidden", "tasks.freeze", "list"),
    ("+arms.slept=3", "arms.slept", "dictionary"),
    ("network.hidden=5", "network.hidden", "dictionary"),
    (f"{OUTPUT}.plasticity=true", f"{OUTPUT}.plasticity", "dictionary"),
]
OUT_OF_RANGE = [
    ("tasks.test=-1", "tasks.test", "greater than 0"),
    ("protocol.scale=0", "protocol.scale", "greater than 0"),
    ("protocol.scale=inf", "protocol.scale", "finite"),
    ("tasks.train=nan", "tasks.train", "finite"),
    ("sleep.reward=-inf", "sleep.reward", "finite"),
    ("sleep.drive.kick=-0.1", "sleep.drive.kick", "greater than or equal to 0"),
    (f"{INPUT}.jitter=-0.1", f"{INPUT}.jitter", "greater than or equal to 0"),
    (f"{INPUT}.jitter=1.5", f"{INPUT}.jitter", "less than or equal to 1"),
    (
        "network.populations.hidden.size=-3",
        "network.populations.hidden.size",
        "greater than or equal to 1",
    ),
    (
        "network.populations.hidden.size=[6,0]",
        "network.populations.hidden.size.1",
        "greater than or equal to 1",
    ),
    ("network.populations.hidden.size=[2,3,4]", "network.populations.hidden.size", "at most 2"),
    (
        "network.populations.hidden.homeostasis.target=-1",
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
    ("tasks.stages=[]", "tasks", "at least 1"),
    ("tasks.stages=[[]]", "tasks.0", "at least 1"),
    (EXCEPTION % "freeze: hidden_output, percent: 150", f"{FIRST}.percent", "equal to 100"),
    (EXCEPTION % "lesion: hidden, percent: 0", f"{FIRST}.percent", "greater than 0"),
]
UNKNOWN_NAMES = [
    ("+experiment=golden2022/sequental", "experiment", spelled("golden2022/sequential")),
    ("network=golden", "network", spelled("golden2022")),
    ("sleep=intereaved", "sleep", spelled("interleaved")),
    ("tasks.stages=[tsk1]", "tasks.0", spelled("task1")),
    ("tasks.stages=[task1,[task1,taks2]]", "tasks.1", spelled("task2")),
    (
        "network.populations.hidden.neuron=rulkof",
        "network.populations.hidden.neuron",
        spelled("rulkov"),
    ),
    ("network.neurons.lif.model=liff", "network.neurons.lif.model", spelled("lif")),
    ("sleep.schedule=interleave", "sleep.schedule", spelled("interleaved")),
    ("sleep.drive=rate_match", "sleep.drive", spelled("rate_matched")),
    ("runtime.simulate=by_layers", "runtime.simulate", spelled("by_layer")),
    ("tracking.mode=on-line", "tracking.mode", spelled("online")),
    ("+arms.a.schedule=nevr", "arms.a.schedule", spelled("never")),
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
CONTRADICTIONS = [
    (f"{INPUT}.wiring.fan_in=50", f"{INPUT}.wiring.fan_in", "choose 1 to 49"),
    (f"{INPUT}.plasticity.weight_min=0.5", f"{INPUT}.plasticity", "above weight_max=0.012"),
    (f"~{OUTPUT}", f"{INHIBITION}.weights.of", "mirrored"),
    (f"{INHIBITION}.weights.of=input_hidden", "weights.of", "same two populations"),
    (f"{INHIBITION}.plasticity=${{{OUTPUT}.plasticity}}", INHIBITION, "must be null"),
    (f"{INPUT}.wiring.kind=all_to_all", f"{INPUT}.wiring.fan_in", "all_to_all"),
    ("network.populations.output.size=9", "network.populations.output.size", "must be 8"),
    ("network.populations.input.size=[6,6]", "network.populations.input.size", "odd"),
    ("network.populations.input.size=49", "network.populations.input.size", "two odd numbers"),
    ("network.populations.input.size=[7,51]", "network.populations.input.size", "tasks.size=50"),
    ("tasks.particles.task=500", "tasks.particles.task", "do not touch"),
    ("tasks.size=20", "tasks.particles.unsupervised", "do not touch"),
    ("tasks.food.vertical=[2,0]", "tasks.food.vertical", "neighbouring"),
    ("tasks.goals.task1.punished=horizontal", "tasks.goals.task1.punished", "rewarded"),
    ("seeds=[4,2,4]", "seeds", "same seed twice"),
    ("+arms.late={schedule: after, first_stage: 7}", "arms.late.first_stage", "1 stage"),
    (EXCEPTION % "freeze: hidden_output, lesion: hidden", FIRST, "either"),
    (EXCEPTION % "percent: 5", FIRST, "either"),
    ("tasks.stages=[[task1,task1]]", "tasks.0", "twice"),
    ("+runtime.require.acuracy=0.5", "runtime.require.acuracy", spelled("accuracy")),
    ("tasks.train=1e12", "protocol", "more cycles"),
    ("name=???", "name", "issing"),
    ("name=${nowhere}", "name", "nowhere"),
]
BAD = UNKNOWN_KEYS + WRONG_TYPES + OUT_OF_RANGE + UNKNOWN_NAMES + CONTRADICTIONS


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
    assert message.startswith("sleep.stages=later: ")
    assert "tasks" in message


def test_every_mistake_is_told_at_once() -> None:
    message = complaint("seeds=[0,0]", "tasks.test=-1", "+sleep.drvie=none")
    assert_plain(message, mistakes=3)
    assert sorted(line.split(":")[0] for line in message.splitlines()) == [
        "tasks.test=-1",
        "seeds=[0, 0]",
        "sleep.drvie",
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
    message = complaint("network.populations.hidden.size=[6,6")
    assert "[6,6" in message
    assert_plain(message)
