"""The events of a small foraging run, made up."""

from sleeprun.protocol.events import Event, Progress, Scored, Start
from sleeprun.protocol.lines import row_of
from sleeprun.protocol.phases import Boundary
from sleeprun.protocol.seen import Fields, Histogram, Raster, Weights
from sleeprun.subjects.forager.record import Eaten, Foraged, ForagingFacts

PHASES = (("unsupervised", "unsupervised"), ("wake", "task1"), ("sleep", "sleep"))
BOUNDARIES = [
    Boundary(index, name, kind, (name,) if kind == "wake" else ())
    for index, (kind, name) in enumerate(PHASES)
]
ROWS = [row_of(boundary) for boundary in BOUNDARIES]
R = [[[0.5, None], [0.75, 0.5], [0.7, 0.6]], [[0.5, None], [0.6, None], [0.65, 0.6]]]


def progress(phase: int, begin: int, end: int, rewarded: list, punished: list) -> Progress:
    kind, name = PHASES[phase]
    eaten = Foraged(
        awake=end - begin, asleep=0, rewarded=rewarded, punished=punished,
        neutral=[0] * len(rewarded), spikes={},
    )  # fmt: skip
    return Progress(phase=phase, kind=kind, name=name, begin=begin, end=end, summary=eaten)


def scored(boundary: Boundary, task: str, score: list) -> Scored:
    nothing = Eaten(rewarded=[0] * len(score), punished=[0] * len(score))
    return Scored(boundary=boundary, task=task, score=score, marks=nothing)


def at_boundary(index: int) -> list[Event]:
    """Both tasks' scores, the weights and some fields."""
    boundary = BOUNDARIES[index]
    bins: Histogram = {"edges": [0.0, 0.1, 0.2, 0.3], "counts": [5, 0, 100]}
    scores = [
        scored(boundary, task, [seed[index][place] for seed in R])
        for place, task in enumerate(("task1", "task2"))
    ]
    histograms = {"input_hidden": bins, "hidden_output": bins}
    seen = [[0.0, 1.0, 2.0, 3.0, 4.0, None]] * 3
    return [
        *scores,
        Weights(boundary=boundary, histograms=histograms),
        Fields(boundary=boundary, shape=[2, 3], neurons=[3, 17, 40], weights=seen),
    ]


def run_of(chunks: int = 5, shortened: bool = True) -> list[Event]:
    """The events of a small run of three phases of `chunks` chunks each."""
    shape = {"input": [2, 3], "hidden": [5, 5], "output": [4]}
    facts = ForagingFacts(
        tasks=["task1", "task2"], chance=0.5, scale=0.02, shortened=shortened, cycle_steps=600,
        shape=shape,
    )  # fmt: skip
    start = Start(
        resumed=False, time="", name="small", variant=None, seeds=[0, 1], facts=facts, device="",
        versions={},
    )  # fmt: skip
    events: list[Event] = [start]
    for phase, (kind, name) in enumerate(PHASES):
        food = ([30, 28], [10, 12]) if kind == "wake" else ([0, 0], [0, 0])
        for chunk in range(phase * chunks, (phase + 1) * chunks):
            events.append(progress(phase, 100 * chunk, 100 * (chunk + 1), *food))
        events += at_boundary(phase)
        if kind != "unsupervised":
            spikes = {"input": [], "hidden": [[0, 3], [599, 24]], "output": [[40, 2]]}
            events.append(Raster(kind=kind, name=name, spikes=spikes))
    return events
