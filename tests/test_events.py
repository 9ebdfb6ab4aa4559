"""Events are written as the lines that old records have, and read again; a family adds its own."""

import json
import subprocess
import sys
from dataclasses import dataclass, make_dataclass

import pytest

from sleeprun.config import ConfigError
from sleeprun.protocol.events import (
    Begun,
    Event,
    Of,
    Other,
    Progress,
    Raster,
    Resumed,
    Scored,
    Spiked,
    Start,
    Weights,
)
from sleeprun.protocol.lines import Row, _fitting, as_line, boundary_of, events_of, row_of
from sleeprun.protocol.phases import Boundary
from sleeprun.protocol.told import Part, Scores, Told, per_seed
from sleeprun.runs.subset import of_seeds
from sleeprun.subjects.classifier.parts import Answered, ImageFacts, Trained
from sleeprun.subjects.forager.parts import Foraged

BOUNDARY = '"boundary": {"index": 1, "name": "a", "phase": "wake", "task": "a"}'
STARTED = (
    '{"event": "start", "resumed": false, "branched_from": null, "time": "2025-01-01 00:00:00", '
    '"name": "x", "variant": null, "seeds": [0, 1], '
)
FORAGING = '"family": "sleeprun.subjects.forager.parts.ForagingFacts", '
IMAGES = '"family": "sleeprun.subjects.classifier.parts.ImageFacts", '
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
    '{"event": "warning", "message": "boundary-01.ckpt is damaged"}',
    '{"event": "end", "wall_seconds": 12.5, "steps_per_second": 1000.0}',
]


def read(*lines: str) -> list[Event]:
    return list(events_of([line.encode() + b"\n" for line in lines]))


def test_every_kind_of_recorded_event_has_its_line_here() -> None:
    told = {json.loads(line)["event"] for line in LINES}
    shared = [kind for kind in Event.kinds.values() if kind.__module__ != __name__]
    assert told == {kind.tag for kind in shared if kind.recorded}


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[11:30])
def test_a_line_is_read_and_written_the_same(line: str) -> None:
    (event,) = read(line)
    assert not isinstance(event, Other)
    assert as_line(event) == line.encode() + b"\n"


@pytest.mark.parametrize(("line", "family"), [(LINES[0], FORAGING), (LINES[2], IMAGES)])
def test_a_start_that_does_not_say_its_family_is_of_one_that_fits(line: str, family: str) -> None:
    assert read(line.replace(family, "")) == read(line)


def test_a_family_that_there_is_not_is_told() -> None:
    with pytest.raises(ConfigError, match=r"parts\.Eaten cannot be read: these are no Facts"):
        read(LINES[0].replace("ForagingFacts", "Eaten"))


def test_an_event_says_what_its_line_says() -> None:
    start, began, again, trained, scored = read(*(LINES[place] for place in (2, 3, 4, 6, 8)))
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
        told=Trained(loss=[None, 0.25], spikes={"output": [3, 4]}),
    )  # fmt: skip
    assert isinstance(scored, Scored)
    assert scored.boundary == Boundary(1, "a", "wake", ("a",))
    assert scored.marks == Answered(right=[1, 2], wrong=[1, 0])


def test_the_tasks_of_a_stage_are_one_text_in_the_record() -> None:
    row: Row = {"index": 3, "name": "a+b", "phase": "interleave", "task": "a+b"}
    boundary = boundary_of(row)
    assert boundary.tasks == ("a", "b")
    assert row_of(boundary) == row
    signed = "Boundary(index=3, name='a+b', phase='interleave', task='a+b')"
    assert repr(boundary) == signed  # in the signature of every checkpoint behind it


def test_a_line_cut_off_is_no_event_and_one_without_a_key_is_a_mistake() -> None:
    assert list(events_of([LINES[3].encode()])) == []
    with pytest.raises(ValueError, match="the event 'end' has no 'steps_per_second'"):
        read('{"event": "end", "wall_seconds": 12.5}')


def test_what_no_number_is_for_is_null() -> None:
    told = Trained(loss=[float("nan")], spikes={})
    event = Progress(phase=0, kind="sleep", name="sleep", begin=0, end=1, told=told)
    assert b'"loss": [null]' in as_line(event)


@dataclass(frozen=True, kw_only=True)
class Replayed(Event, tag="replayed"):
    sequence: str
    times: list[int] = per_seed()


@dataclass(frozen=True, kw_only=True)
class Recalled(Told):
    recall: Scores = per_seed()


def test_a_family_adds_its_own() -> None:
    line = '{"event": "replayed", "sequence": "ABC", "times": [3, 4]}'
    (event,) = read(line)
    assert event == Replayed(sequence="ABC", times=[3, 4])
    assert as_line(event) == line.encode() + b"\n"
    assert of_seeds(event, [1]) == Replayed(sequence="ABC", times=[4])
    told = '"phase": 0, "kind": "sleep", "name": "s", "from": 0, "to": 9, "recall": [0.5, 0.7]'
    (progress,) = read(f'{{"event": "progress", {told}}}')
    assert isinstance(progress, Progress)
    assert progress.told == Recalled(recall=[0.5, 0.7])
    with pytest.raises(TypeError, match="'replayed' is that of Replayed"):
        type("Again", (Event,), {}, tag="replayed")


def test_a_record_is_read_before_any_family_is_known() -> None:
    code = (
        "import sys; from sleeprun.protocol.lines import events_of; "
        "(event,) = events_of(sys.stdin.buffer); print(type(event.told).__name__)"
    )
    for place, told in ((5, "Foraged"), (6, "Trained")):
        line = LINES[place] + "\n"
        command = [sys.executable, "-c", code]
        assert subprocess.check_output(command, input=line, text=True).strip() == told


def test_parts_are_told_apart_by_their_keys() -> None:
    class Seen(Part):
        pass

    def part(name: str, *keys: str) -> type:
        return make_dataclass(name, keys, bases=(Seen,), frozen=True)

    kept = [part("Few", "a"), part("More", "a", "b")]
    assert [_fitting(Seen, dict.fromkeys(keys)) for keys in ("ac", "abc")] == kept
    kept.append(part("Again", "b", "a"))
    with pytest.raises(TypeError, match="Again has the same keys as More"):
        _fitting(Seen, {"a": 1, "b": 2})


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "dreamt", "of": [1, 2]}',
        '{"event": "progress", "phase": 0, "kind": "rem", "name": "r", "from": 0, "to": 9}',
    ],
    ids=["event", "part"],
)
def test_what_no_family_here_knows_is_kept_as_it_is(line: str) -> None:
    (event,) = read(line)
    assert event == Other(json.loads(line))
    assert as_line(event) == line.encode() + b"\n"
    assert of_seeds(event, [1]) == event


def test_an_event_is_told_for_some_of_the_seeds() -> None:
    start, _, _, _, progress = read(*LINES[1:6])
    assert isinstance(progress, Progress)
    part = of_seeds(progress, [1])
    assert isinstance(part, Progress)
    assert part.told == Foraged(
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
