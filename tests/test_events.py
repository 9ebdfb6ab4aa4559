"""Events are written as the lines that old records have, and read again; a family adds its own."""

import json
import subprocess
import sys
from dataclasses import dataclass, field

import pytest

from sleeprun.config import ConfigError
from sleeprun.directory.subset import of_seeds
from sleeprun.protocol.events import Begun, Event, Of, Other, Progress, Resumed, Scored, Start
from sleeprun.protocol.family import Facts, Marks, Scores, Summary, per_seed
from sleeprun.protocol.lines import BoundaryRow, as_line, boundary_of, events_of, from_json, row_of
from sleeprun.protocol.phases import Boundary, Kind
from sleeprun.protocol.seen import Found, Raster, Spiked, Weights
from sleeprun.subjects.classifier.record import Answered, ImageFacts, Robustness, Trained
from sleeprun.subjects.forager.record import Foraged, ForagingFacts
from sleeprun.subjects.sleeper import record as sleeping

BOUNDARY = '"boundary": {"index": 1, "name": "a", "phase": "wake", "task": "a"}'
STARTED = (
    '{"event": "start", "resumed": false, "branched_from": null, "time": "2025-01-01 00:00:00", '
    '"name": "x", "variant": null, "seeds": [0, 1], '
)
FORAGING = '"family": "sleeprun.subjects.forager.record.ForagingFacts", '
IMAGES = '"family": "sleeprun.subjects.classifier.record.ImageFacts", '
MADE = '"engine": "native", "device": "1 x cpu", "versions": {"jax": "0.10.2"}}'
# As runs have written them since their first version.
LINES = [
    STARTED
    + FORAGING
    + '"tasks": ["a"], "chance": 0.5, "scale": 1.0, "shortened": false, "aeon": 100, '
    '"step_ms": 0.5, "cycle_steps": 600, "shape": {"hidden": [5, 5]}, ' + MADE,
    STARTED
    + FORAGING
    + '"tasks": ["a"], "chance": 0.5, "scale": 1.0, "shortened": false, "aeon": 100, '
    '"step_ms": 0.5, "cycle_steps": 600, "shape": {"hidden": [5, 5]}, "refused": ["lif"], ' + MADE,
    STARTED + IMAGES + '"data": "digits", "tasks": ["0-1"], "chance": 0.1, "scale": 1.0, '
    '"shortened": false, "scenario": "class", "classes": [[[0, 1]]], ' + MADE,
    '{"event": "phase", "index": 2, "kind": "wake", "name": "a", "cycle": 40}',
    '{"event": "resumed", "index": 2, "kind": "wake", "name": "a", "cycle": 40}',
    '{"event": "progress", "phase": 2, "kind": "wake", "name": "a", "from": 40, "to": 50, '
    '"awake": 10, "asleep": 0, "rewarded": [1, 2], "punished": [0, 1], "neutral": [0, 0], '
    '"spikes": {"hidden": [3, 4]}}',
    '{"event": "progress", "phase": 2, "kind": "sleep", "name": "sleep", "from": 40, "to": 50, '
    '"loss": [null, 0.25], "spikes": {"output": [3, 4]}}',
    '{"event": "score", ' + BOUNDARY + ', "task": "a", "score": [0.5, null], "rewarded": [1, 0], '
    '"punished": [1, 0]}',
    '{"event": "score", ' + BOUNDARY + ', "task": "a", "score": [0.5, 1.0], "right": [1, 2], '
    '"wrong": [1, 0]}',
    '{"event": "curve", "phase": 2, "kind": "sleep", "name": "sleep", "cycle": 45, "task": "a", '
    '"score": [0.5, null]}',
    '{"event": "kept", "phase": 2, "kind": "sleep", "name": "n3", "cycle": 45, "file": "w.npz"}',
    '{"event": "weights", ' + BOUNDARY + ', "histograms": {"input_hidden": {"edges": [0.0, 1.0], '
    '"counts": [7]}}}',
    '{"event": "fields", ' + BOUNDARY + ', "shape": [1, 2], "neurons": [3], '
    '"weights": [[0.1, null]]}',
    '{"event": "raster", "kind": "sleep", "name": "sleep", "spikes": {"hidden": [[0, 3]]}}',
    '{"event": "spikes", "kind": "sleep", "name": "sleep", "spikes": {"hidden": [[[0, 3]], []]}}',
    '{"event": "carried", ' + BOUNDARY + ', "bytes": 268}',
    '{"event": "robustness", ' + BOUNDARY + ', "accuracy": {"clean": [0.5, 0.6]}}',
    '{"event": "overlap", ' + BOUNDARY + ', "layers": {"hidden 1": [null, 0.6]}}',
    '{"event": "measured", ' + BOUNDARY + ', "values": {"sparseness": [0.5, null]}}',
    '{"event": "moved", ' + BOUNDARY + ', "layers": {"output": {"share": [0.1, 0.2]}}}',
    '{"event": "score", ' + BOUNDARY + ', "task": "a", "score": [0.5, 1.0], "sd": [1, 2], '
    '"full_width": [1, 0], "cues": 2}',
    '{"event": "directions", ' + BOUNDARY + ', "values": {"S1": [0.5, null]}}',
    '{"event": "progress", "phase": 2, "kind": "sleep", "name": "n3", "from": 40, "to": 50, '
    '"spikes": {"relay": [3, 4]}, "activity": {"relay": ["eA==", "eA==,eB=="]}, '
    '"groups": {"S1 1": ["eA==", "eA=="]}, "potential": {"relay": ["eA==", "eA=="]}}',
    '{"event": "observed", "phase": 2, "kind": "sleep", "name": "n3", '
    '"values": {"up_ms": [440.0, null]}}',
    '{"event": "between", ' + BOUNDARY + ', "groups": ["S1 1"], "shares": [[[1.5]], [[null]]]}',
    '{"event": "warning", "message": "boundary-01.ckpt is damaged"}',
    '{"event": "end", "wall_seconds": 12.5, "steps_per_second": 1000.0}',
]


def read(*lines: str, facts: type[Facts] = ImageFacts) -> list[Event]:
    return [from_json(json.loads(line), facts) for line in lines]


def test_every_kind_of_recorded_event_has_its_line_here() -> None:
    told = {json.loads(line)["event"] for line in LINES}
    ours = {tag: kind for (home, tag), kind in Event.kinds.items() if home.startswith("sleeprun.")}
    assert told == {tag for tag, kind in ours.items() if kind.recorded}


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[11:30])
def test_a_line_is_read_and_written_the_same(line: str) -> None:
    told_by = {
        '"rewarded"': ForagingFacts,
        '"full_width"': sleeping.SequenceFacts,
        '"directions"': sleeping.SequenceFacts,
        '"activity"': sleeping.SequenceFacts,
    }
    (facts, *_) = [*(told_by[word] for word in told_by if word in line), ImageFacts]
    (event,) = read(line, facts=facts)
    assert not isinstance(event, Other)
    assert as_line(event) == line.encode() + b"\n"


@pytest.mark.parametrize(("line", "family"), [(LINES[0], FORAGING), (LINES[2], IMAGES)])
def test_a_start_that_does_not_say_its_family_is_of_the_one_it_must_be(
    line: str, family: str
) -> None:
    assert read(line.replace(family, "")) == read(line.replace(".record.", ".parts.")) == read(line)
    with pytest.raises(ValueError, match="the event 'start' has no 'family'"):
        read(f"{STARTED}{MADE}")


def test_a_family_that_there_is_not_is_told() -> None:
    with pytest.raises(ConfigError, match=r"record\.Eaten cannot be read: these are no Facts"):
        read(LINES[0].replace("ForagingFacts", "Eaten"))


def test_an_event_says_what_its_line_says() -> None:
    told = "".join(LINES[place] + "\n" for place in (2, 3, 4, 6, 8))
    start, began, again, trained, scored = events_of(told.encode().splitlines(True))
    assert isinstance(start, Start)
    assert start.facts == ImageFacts(
        data="digits", tasks=["0-1"], chance=0.1, scale=1.0, shortened=False, scenario="class",
        classes=[[[0, 1]]],
    )  # fmt: skip
    assert (start.facts.contents, start.facts.steps_a_cycle) == ("digits", 1)
    assert began == Begun(index=2, kind="wake", name="a", cycle=40)
    assert type(again) is Resumed
    assert trained == Progress(
        phase=2, kind="sleep", name="sleep", begin=40, end=50,
        summary=Trained(loss=[None, 0.25], spikes={"output": [3, 4]}),
    )  # fmt: skip
    assert isinstance(scored, Scored)
    assert scored.boundary == Boundary(1, "a", "wake", ("a",))
    assert scored.marks == Answered(right=[1, 2], wrong=[1, 0])


def test_the_tasks_of_a_stage_are_one_text_in_the_record() -> None:
    row: BoundaryRow = {"index": 3, "name": "a+b", "phase": "interleave", "task": "a+b"}
    boundary = boundary_of(row)
    assert boundary.tasks == ("a", "b")
    assert row_of(boundary) == row
    signed = "Boundary(index=3, name='a+b', phase='interleave', task='a+b')"
    assert repr(boundary) == signed  # in the signature of every checkpoint behind it
    slept = Boundary(4, "a+b, slept", Kind.SLEEP, ("a", "b"))
    signed = "Boundary(index=4, name='a+b, slept', phase='sleep', task='a+b')"
    assert repr(slept) == signed
    assert json.dumps(row_of(slept)["phase"]) == '"sleep"'


def test_a_line_cut_off_is_no_event_and_one_without_a_key_is_a_mistake() -> None:
    assert list(events_of([LINES[3].encode()])) == []
    with pytest.raises(ValueError, match="the event 'end' has no 'steps_per_second'"):
        read('{"event": "end", "wall_seconds": 12.5}')


def test_what_no_number_is_for_is_null() -> None:
    told = Trained(loss=[float("nan")], spikes={})
    event = Progress(phase=0, kind="sleep", name="sleep", begin=0, end=1, summary=told)
    assert b'"loss": [null]' in as_line(event)


@dataclass(frozen=True, kw_only=True)
class Replayed(Event, tag="replayed"):
    sequence: str
    times: list[int] = per_seed()


@dataclass(frozen=True, kw_only=True)
class Recalled(Summary):
    """With all the keys of the perceptron's."""

    loss: Scores = per_seed()
    recall: Scores = field(default_factory=list, metadata={"per_seed": True})
    spikes: dict[str, list[int]] | None = None


@dataclass(frozen=True, kw_only=True)
class Given(Marks):
    right: list[int] = per_seed()


@dataclass(frozen=True, kw_only=True)
class SequenceFacts(Facts):
    """With a key that only foraging agents had before records said their family."""

    summary = Recalled
    marks = Given

    tasks: list[str]
    chance: float = 0.0
    scale: float = 1.0
    shortened: bool = False
    cycle_steps: int = 1


def test_a_family_adds_its_own() -> None:
    line = '{"event": "replayed", "sequence": "ABC", "times": [3, 4]}'
    (event,) = read(line, facts=SequenceFacts)
    assert event == Replayed(sequence="ABC", times=[3, 4])
    assert as_line(event) == line.encode() + b"\n"
    assert of_seeds(event, [1]) == Replayed(sequence="ABC", times=[4])
    with pytest.raises(TypeError, match="'replayed' is that of Replayed"):
        type("Again", (Event,), {}, tag="replayed")
    with pytest.raises(TypeError, match="'score' is that of Scored"):
        type("Score", (Event,), {}, tag="score")


@dataclass(frozen=True, kw_only=True)
class Measured(Found, tag="measured"):
    """With the tag of another family's."""

    title = "Sequences"
    row = "sequences, {}"


def test_a_record_is_of_its_family_alone() -> None:
    places = [Boundary(0, "a", "wake", ("a",)), Boundary(1, "b", "wake", ("b",))]
    told: list[Event] = [
        Start(
            resumed=False, time="", name="x", variant=None, seeds=[0], device="", versions={},
            facts=SequenceFacts(tasks=["a"]),
        ),
        Progress(phase=0, kind="a", name="a", begin=0, end=1, summary=Recalled(loss=[0.5])),
        Scored(boundary=places[0], task="a", score=[1.0], marks=Given(right=[3])),
        Measured(boundary=places[1], values={"length": [3.0]}),
    ]  # fmt: skip
    assert list(events_of(map(as_line, told))) == told
    assert Found.of_family(SequenceFacts) == [Measured]
    assert Measured not in Found.of_family(ImageFacts)


def test_a_family_that_derives_from_another_has_its_events_too() -> None:
    class Noted(ImageFacts):
        pass

    assert Event.tagged("robustness", Noted.modules()) is Robustness
    assert Event.tagged("measured", Noted.modules()) is Measured  # its own
    assert (Noted.summary, Noted.marks) == (Trained, Answered)


def test_facts_say_what_else_their_records_hold() -> None:
    with pytest.raises(TypeError, match=r"Forgot\.summary must be a class derived from .*Summary"):
        type("Forgot", (Facts,), {})


def test_a_record_is_read_before_any_family_is_known() -> None:
    code = (
        "import sys; from sleeprun.protocol.lines import events_of; "
        "_, event = events_of(sys.stdin.buffer); print(type(event.summary).__name__)"
    )
    for start, place, told in ((0, 5, "Foraged"), (2, 6, "Trained")):
        named = f"{LINES[start]}\n{LINES[place]}\n"
        for lines in (named, named.replace(FORAGING, "").replace(IMAGES, "")):
            command = [sys.executable, "-c", code]
            assert subprocess.check_output(command, input=lines, text=True).strip() == told


def test_an_event_that_stands_before_the_start_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="the event 'progress' stands before the start"):
        list(events_of([LINES[5].encode() + b"\n"]))


def test_what_no_family_here_knows_is_kept_as_it_is() -> None:
    line = '{"event": "dreamt", "of": [1, 2]}'
    (event,) = read(line)
    assert event == Other(json.loads(line))
    assert as_line(event) == line.encode() + b"\n"
    assert of_seeds(event, [1]) == event


def test_an_event_is_told_for_some_of_the_seeds() -> None:
    start, _, _, _, progress = read(*LINES[1:6], facts=ForagingFacts)
    assert isinstance(progress, Progress)
    part = of_seeds(progress, [1])
    assert isinstance(part, Progress)
    assert part.summary == Foraged(
        awake=10, asleep=0, rewarded=[2], punished=[1], neutral=[0], spikes={"hidden": [4]}
    )
    assert (part.begin, part.end, part.name) == (40, 50, "a")
    swapped = of_seeds(start, [1, 0])
    assert isinstance(swapped, Start)
    assert (swapped.seeds, swapped.name) == ([1, 0], "x")


def test_what_is_of_one_seed_or_of_all_is_not_told_of_some() -> None:
    raster = Raster(kind="wake", name="a", spikes={"hidden": [[0, 3]]})
    assert Raster.of is Of.FIRST_SEED
    assert of_seeds(raster, [0, 2]) == raster
    assert of_seeds(raster, [1]) is None
    spiked = Spiked(kind="wake", name="a", spikes={"hidden": [[[0, 3]], []]})
    assert of_seeds(spiked, [1]) == Spiked(kind="wake", name="a", spikes={"hidden": [[]]})
    boundary = Boundary(0, "untrained", "start")
    assert of_seeds(Weights(boundary=boundary, histograms={}), [0]) is None


def test_a_tests_progress_is_not_recorded() -> None:
    assert [kind.tag for kind in Event.kinds.values() if not kind.recorded] == ["tested"]
