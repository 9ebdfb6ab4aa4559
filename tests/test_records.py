"""Records of long runs stay small without losing a count; results are what they add up to."""

import itertools
from dataclasses import replace

from conftest import of_kind

from sleeprun.directory.results import results_of
from sleeprun.directory.thinning import thinned
from sleeprun.protocol.events import Begun, Event, Progress, Scored, Start
from sleeprun.protocol.family import Summary
from sleeprun.protocol.lines import row_of
from sleeprun.protocol.phases import Boundary
from sleeprun.protocol.seen import Carried
from sleeprun.subjects.classifier.record import Answered, ImageFacts, Trained
from sleeprun.subjects.forager.record import Foraged, ForagingFacts

FACTS = {"tasks": ["a", "b"], "chance": 0.5, "scale": 1.0, "shortened": False}
IMAGES = ImageFacts(**FACTS, data="digits", scenario="class", classes=[])
START = Start(
    resumed=False, time="", name="x", variant=None, seeds=[0], facts=IMAGES, device="", versions={}
)


def progress(phase: int, start: int) -> Progress:
    told = Foraged(
        awake=10, asleep=0, rewarded=[1, 2], punished=[0, 1], neutral=[0, 0],
        spikes={"hidden": [3, 4]},
    )  # fmt: skip
    return Progress(phase=phase, kind="wake", name="a", begin=start, end=start + 10, summary=told)


def test_thinning_merges_neighbours_of_a_phase_and_keeps_all_else() -> None:
    events: list[Event] = [START]
    for phase in range(3):
        events += [progress(phase, 10 * k) for k in range(100)]
        events.append(Begun(index=phase, kind="wake", name="a", cycle=0))
    thin = thinned(iter(events), most=10)
    assert [event.tag for event in thin if not isinstance(event, Progress)] == [
        "start", *["phase"] * 3
    ]  # fmt: skip
    merged = of_kind(thin, Progress)
    assert 3 <= len(merged) <= 20
    for phase in range(3):
        own = [event for event in merged if event.phase == phase]
        assert sum(event.summary.rewarded[1] for event in own) == 200
        assert sum(event.summary.spikes["hidden"][0] for event in own) == 300
        assert sum(event.summary.awake for event in own) == 1000
        edges = [(event.begin, event.end) for event in own]
        assert edges[0][0] == 0
        assert edges[-1][1] == 1000
        assert all(a[1] == b[0] for a, b in itertools.pairwise(edges))


def test_a_short_run_is_left_alone() -> None:
    events = [progress(0, 10 * k) for k in range(5)]
    assert thinned(events) == events


def step(kind: str, begin: int, end: int, told: Summary) -> Progress:
    return Progress(phase=0, kind=kind, name=kind, begin=begin, end=end, summary=told)


def scored(place: Boundary, task: str) -> Scored:
    return Scored(boundary=place, task=task, score=[0.5], marks=Answered(right=[1], wrong=[1]))


def test_results_count_steps_and_what_goes_into_a_later_task() -> None:
    rows = [("start", ()), ("wake", ("a",)), ("sleep", ("a",)), ("wake", ("b",)), ("sleep", ("b",))]
    places = [Boundary(index, kind, kind, tasks) for index, (kind, tasks) in enumerate(rows)]
    nothing = Trained(loss=[0.0], spikes={})
    steps = [("wake", 0, 30), ("sleep", 30, 130), ("wake", 130, 160)]
    events: list[Event] = [START, *(step(*each, nothing) for each in steps)]
    for place, carried in zip(places, (0, 90, 40, 80, 80), strict=True):
        events += [scored(place, task) for task in ("a", "b")]
        events.append(Carried(boundary=place, bytes=carried))
    found = results_of(events)
    assert (found["training_steps"], found["sleep_steps"]) == (60, 100)
    assert found["carried_bytes"] == 40  # after the sleep of a; what follows b, nobody needs
    assert (found["data"], found["boundaries"][2]) == ("digits", row_of(places[2]))


def test_of_phases_in_turn_each_part_is_counted() -> None:
    facts = ForagingFacts(**FACTS, cycle_steps=600, shape={})
    eaten = Foraged(awake=20, asleep=10, rewarded=[], punished=[], neutral=[], spikes={})
    untrained = Boundary(0, "untrained", "start")
    events = [replace(START, facts=facts), scored(untrained, "a"), step("interleave", 0, 30, eaten)]
    found = results_of(events)
    assert (found["training_steps"], found["sleep_steps"]) == (12000, 6000)
    assert (found["carried_bytes"], found["data"]) == (None, None)
