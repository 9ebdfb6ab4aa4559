"""What is warned of while a run goes on, from events that are made up."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import told_sleep
from conftest import configured

from sleeprun.protocol.events import Begun, End, Event, Progress, Scored, Start
from sleeprun.protocol.family import Facts
from sleeprun.protocol.phases import Boundary
from sleeprun.subjects.classifier.record import Answered, ImageFacts, Measured, Trained
from sleeprun.subjects.forager.record import Eaten, Foraged, ForagingFacts
from sleeprun.tracking.watch import Warnings, Watch

IMAGES = ImageFacts(
    data="", tasks=["a", "b"], chance=0.1, scale=1.0, shortened=False, scenario="class", classes=[]
)
AGENTS = ForagingFacts(
    tasks=["a", "b"], chance=0.5, scale=1.0, shortened=False, cycle_steps=100,
    shape={"input": [2], "hidden": [5, 2]},
)  # fmt: skip
PLACES = [
    Boundary(0, "untrained", "start"),
    Boundary(1, "a", "wake", ("a",)),
    Boundary(2, "a, slept", "sleep", ("a",)),
]


def start(facts: Facts) -> Start:
    return Start(
        resumed=False, time="", name="x", variant=None, seeds=[0, 1], facts=facts, device="",
        versions={},
    )  # fmt: skip


def scored(*of_a: float) -> Iterator[Event]:
    """Task a at the boundaries; task b stays at chance."""
    for boundary, score in zip(PLACES, of_a, strict=False):
        for task, mean in {"a": score, "b": 0.1}.items():
            apart = [mean - 0.02, mean + 0.02]
            marks = Answered(right=[0, 0], wrong=[0, 0])
            yield Scored(boundary=boundary, task=task, score=apart, marks=marks)


def phase(kind: str, name: str = "it", **spikes: list[int]) -> Iterator[Event]:
    """Ten cycles in two parts, all spikes in the first."""
    none = {"rewarded": [0, 0], "punished": [0, 0], "neutral": [0, 0]}
    yield Begun(index=0, kind=kind, name=name, cycle=0)
    for begin, counts in ((0, spikes), (5, {name: [0, 0] for name in spikes})):
        told = Foraged(awake=5, asleep=0, spikes=counts, **none)
        yield Progress(phase=0, kind=kind, name=name, begin=begin, end=begin + 5, summary=told)
    yield Begun(index=1, kind="score", name="next", cycle=10)


def warnings(*events: Event, warn: Warnings | None = None) -> list[str]:
    told: list[str] = []
    watch = Watch(warn or Warnings(told.append))
    for event in events:
        watch.write(event)
    return told


def test_a_task_that_is_hardly_learned() -> None:
    (told,) = warnings(start(IMAGES), *scored(0.1, 0.14))
    assert told.startswith(
        "training.epochs: a scores 0.14 just after its training (0.10 untrained)"
    )
    assert warnings(start(IMAGES), *scored(0.1, 0.15)) == []
    (told,) = warnings(start(AGENTS), *scored(0.5, 0.52))
    assert told.startswith("tasks.train: a scores 0.52")


def test_a_sleep_that_destroys_what_was_learned() -> None:
    (told,) = warnings(start(IMAGES), *scored(0.1, 0.9, 0.12))
    assert told.startswith("sleep: 'a, slept' left 0.12 of 0.90 (chance 0.10)")
    (told,) = warnings(start(IMAGES), *scored(0.1, 0.94, 0.44))  # 0.34 of 0.84 above chance
    assert told.startswith("sleep: 'a, slept' left 0.44 of 0.94 (chance 0.10): this sleep destroys")
    assert warnings(start(IMAGES), *scored(0.1, 0.94, 0.56)) == []  # 0.46 of 0.84
    assert warnings(start(IMAGES), *scored(0.1, 0.25, 0.1)) == []  # little was there


def test_a_population_that_is_silent_or_saturated() -> None:
    quiet = phase("wake", input=[30, 10], hidden=[0, 0])
    (told,) = warnings(start(AGENTS), *quiet)
    assert told == "network.populations.hidden: hidden is silent in 'it' (wake), in all seeds"
    # 10 cycles of 100 steps, 10 neurons, 2 seeds: a tenth of all steps is 2000 spikes
    (told,) = warnings(start(AGENTS), *phase("wake", hidden=[1500, 501]))
    where = "'it' (wake: its neurons spike in 10% of all steps)"
    assert told == f"network.populations.hidden: hidden is saturated in {where}"
    assert warnings(start(AGENTS), *phase("wake", hidden=[1500, 500])) == []


def test_trouble_is_told_where_it_is_first_and_at_the_end_with_all_places() -> None:
    told: list[str] = []
    warn = Warnings(told.append)
    for name in ("a", "b", "c"):
        warnings(start(AGENTS), *phase("wake", name, hidden=[0, int(name == "b")]), warn=warn)
    line = "network.populations.hidden: hidden is silent in 'a' (wake){}, in all seeds"
    assert told == [line.format("")]
    warn.end()
    assert told[1:] == [line.format(", 'c' (wake)")] == warn.lines()
    for name in ("c", "d", "e", "f", "g"):
        warnings(start(AGENTS), *phase("wake", name, hidden=[0, 0]), warn=warn)
    assert told[2:] == []
    more = ", 'c' (wake), 'd' (wake), 'e' (wake) and 2 more"
    assert warn.lines() == [line.format(more)]


def a_test(boundary: Boundary, task: str, **spikes: list[int]) -> Scored:
    marks = Eaten(rewarded=[0, 0], punished=[0, 0])
    return Scored(boundary=boundary, task=task, score=[None, None], marks=marks, spikes=spikes)


def test_a_population_that_is_silent_in_tests() -> None:
    """After a training, whichever task is tested; other networks need not fire untrained."""
    untaught = Boundary(1, "unsupervised", "unsupervised")
    quiet = [a_test(each, task, hidden=[0, 0]) for each in PLACES for task in ("a", "b")]
    loud = [a_test(each, "a", hidden=[0, 1]) for each in PLACES]
    told = Warnings(lambda _: None)
    warnings(start(AGENTS), a_test(untaught, "a", hidden=[0, 0]), *loud, *quiet, warn=told)
    where = "tests after 'a', tests after 'a, slept'"
    silent = f"network.populations.hidden: hidden is silent in {where}, in all seeds"
    assert told.lines() == [silent]


def test_of_networks_that_learn_sequences_what_is_read_must_fire() -> None:
    before, after = (replace(each, phase="train") for each in (PLACES[1], PLACES[2]))
    none, some = ({"pyramidal": spikes, "relay": [0, 0]} for spikes in ([0, 0], [0, 5]))
    facts = replace(told_sleep.start().facts, population="pyramidal")
    for quiet, places in (none, ["tests after 'a'"]), (some, []):
        told = [a_test(before, "a", **quiet), a_test(after, "a", **some)]
        silent = "network.populations.pyramidal: pyramidal is silent in {}, in all seeds"
        assert warnings(start(facts), *told) == [silent.format(each) for each in places]


def test_what_need_not_fire() -> None:
    assert warnings(start(AGENTS), *phase("sleep", input=[0, 0], hidden=[3, 0])) == []
    awake = Trained(loss=[1.0, 1.0], spikes={"output": [0, 0]})
    for kind, warned in (("wake", 0), ("sleep", 1)):
        one = Progress(phase=0, kind=kind, name="it", begin=0, end=5, summary=awake)
        last = Begun(index=1, kind="score", name="next", cycle=5)
        told = warnings(start(IMAGES), one, last)
        assert [line.split(":")[0] for line in told] == ["sleep.threshold"] * warned


def test_a_layer_that_is_saturated_asleep() -> None:
    """5 steps of 4 units, 2 seeds: a tenth is 4 spikes."""
    facts = replace(IMAGES, units={"output": 4})
    last = Begun(index=1, kind="score", name="next", cycle=5)
    for spikes, warned in ([2, 2], 0), ([2, 3], 1):
        asleep = Trained(loss=[], spikes={"output": spikes})
        one = Progress(phase=0, kind="sleep", name="it", begin=0, end=5, summary=asleep)
        told = warnings(start(facts), one, last)
        assert [line.split(" in ")[0] for line in told] == [
            "sleep.threshold: output is saturated"
        ] * warned
    assert warnings(start(IMAGES), one, last) == []


def test_each_key_is_told_of_once_whichever_arm_it_is() -> None:
    told: list[str] = []
    warn = Warnings(told.append)
    for _ in range(2):
        warnings(start(IMAGES), *scored(0.1, 0.1), *scored(0.1, 0.1), warn=warn)
        warnings(start(AGENTS), *phase("wake", input=[0, 0], hidden=[0, 0]), warn=warn)
    keys = [line.split(":")[0] for line in told]
    populations = ["network.populations.input", "network.populations.hidden"]
    assert keys == ["training.epochs", *populations]


@pytest.mark.parametrize(
    ("arms", "warned"),
    [("src_quick", []), ("src", ["the upper bound is trained otherwise: epochs=10, not 20"])],
)
def test_an_upper_bound_that_is_trained_otherwise(arms: str, warned: list[str]) -> None:
    config = configured("+experiment=src_quick", f"arms={arms}")
    assert [what for _, what in config.cautions()] == warned
    more = configured("+experiment=src_quick", "training.epochs=3").arm("joint")
    assert more.training.epochs == 3


def test_what_is_said_of_a_network_goes_with_it() -> None:
    said = "accelerated constants, not the published model"
    assert configured("+experiment=foraging_quick").notes == said
    assert configured("+experiment=foraging_quick", "variant=mine").notes == f"{said}; mine"
    published = ("network=golden2022", "tasks=foraging")
    assert configured("+experiment=foraging_quick", *published).notes is None
    images = configured("+experiment=src_quick", "tasks/data=digits", "training.epochs=2")
    assert images.notes == "digits, 2 epochs a task (published - mnist, 2)"


@pytest.mark.parametrize(
    ("given", "warned"),
    [
        (("arms=none", "sleep=never", "sleep.also=[{length: 50}]"), ["sleep.also"]),
        (("arms=none", "sleep=never", "sleep.also=[{length: 50, schedule: after}]"), []),
        (("arms=foraging", "sleep=never", "sleep.also=[{length: 50}]"), []),
    ],
)
def test_sleeps_that_never_come_are_told(given: tuple[str, ...], warned: list[str]) -> None:
    config = configured("+experiment=foraging_quick", *given)
    assert [key for key, _ in config.cautions()] == warned


def test_a_probe_that_never_has_a_value_is_told() -> None:
    nan = float("nan")
    found = [{"never": [nan, nan], "late": [nan, nan]}, {"never": [nan, nan], "late": [nan, 0.5]}]
    events = [Measured(boundary=PLACES[k + 1], values=values) for k, values in enumerate(found)]
    end = End(wall_seconds=1.0, steps_per_second=1.0)
    assert not warnings(start(IMAGES), *events)
    told = "probes.own.never: gave NaN at every boundary, in all seeds"
    assert warnings(start(IMAGES), *events, end) == [told]


@pytest.mark.parametrize(("scale", "warned"), [(0.0005, ["protocol.scale=0.0005"]), (0.01, [])])
def test_turns_that_are_longer_than_their_stage_are_told(scale: float, warned: list[str]) -> None:
    config = configured("+experiment=foraging_quick", f"protocol.scale={scale}")
    assert [key for key, _ in config.cautions()] == warned


UNFROZEN = ("+experiment=foraging_quick", "arms=none", "tasks.freeze=[]")
HIDDEN, OUTPUT = (f"network.populations.{name}.homeostasis" for name in ("hidden", "output"))
STILL = [
    f"network.projections.{name}.plasticity=null" for name in ("input_hidden", "hidden_output")
]


@pytest.mark.parametrize(
    ("given", "warned"),
    [
        ([], []),
        (STILL[:1], [HIDDEN]),
        (["+network.rules.unsupervised.normalise=false"], [HIDDEN]),
        (STILL, [HIDDEN, OUTPUT]),
    ],
)
def test_homeostasis_that_never_acts_is_told(given: list[str], warned: list[str]) -> None:
    told = dict(configured(*UNFROZEN, *given).cautions())
    assert list(told) == warned
    assert all(why.startswith("has no effect: ") for why in told.values())
