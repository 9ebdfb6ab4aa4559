"""The events of two small networks that settle and fall asleep, made up: cycles of 10 ms."""

import numpy as np

from sleeprun.protocol.events import Begun, Event, Progress, Scored, Start
from sleeprun.protocol.packed import packed, unpacked
from sleeprun.protocol.phases import Boundary
from sleeprun.protocol.seen import Between, Observed, Spiked
from sleeprun.subjects.sleeper.record import Lived, Recalled, SequenceFacts

SIZES = {"relay": 4, "pyramidal": 10}
SEEDS = [3, 5]
PHASES = (("settle", "settle"), ("sleep", "n3"))
BOUNDARIES = [
    Boundary(0, "untrained", "start"),
    Boundary(1, "untrained, slept", "sleep"),
]
UP = 44  # cycles of an Up state, and three times as many of a Down state
GROUPS = ["S1 1", "S1 2", "S1 3"]


def start() -> Start:
    facts = SequenceFacts(
        tasks=["S1"], chance=0.1, scale=1.0, shortened=False, step_ms=0.05, cycle_steps=200,
        sizes=SIZES, data="", width="sd", refused=[],
    )  # fmt: skip
    return Start(
        resumed=False, time="", name="dynamics", variant=None, seeds=SEEDS, facts=facts, device="",
        versions={},
    )  # fmt: skip


def counts(kind: str, cycles: int) -> np.ndarray:
    """Pyramidal spikes in each cycle: a cell's awake; of all, in Up states, asleep."""
    if kind != "sleep":
        return (np.arange(cycles) % 50 == 0).astype(int)
    return 3 * (np.arange(cycles) % (4 * UP) >= 3 * UP).astype(int)


def grouped(kind: str, cycles: int) -> dict[str, list[str]]:
    """In bins of 5 ms: asleep, in the first Up state one group after another, and in the second the
    other way round; of the second network always the latter.
    """
    found = np.zeros((2, len(GROUPS), 2 * cycles), int)
    for place, first in enumerate(range(3 * UP, cycles if kind == "sleep" else 0, 4 * UP)):
        for group in range(len(GROUPS)):
            back = len(GROUPS) - 1 - group
            found[0, group, 2 * first + 10 + 3 * (back if place % 2 else group)] = 1
            found[1, group, 2 * first + 10 + 3 * back] = 1
    return {name: [*map(packed, found[:, group])] for group, name in enumerate(GROUPS)}


def phase(index: int, begin: int, cycles: int, chunk: int = 100) -> list[Event]:
    """The second network has twice the spikes of the first."""
    kind, name = PHASES[index]
    events: list[Event] = [Begun(index=index, kind=kind, name=name, cycle=begin)]
    spikes, groups = counts(kind, cycles), grouped(kind, cycles)
    for first in range(0, cycles, chunk):
        here = spikes[first : first + chunk]
        volts = packed(-6500 + 100 * here)
        summary = Lived(
            spikes={"relay": [0, 0], "pyramidal": [int(here.sum()), 2 * int(here.sum())]},
            activity={
                "relay": 2 * [packed(0 * here)],
                "pyramidal": [packed(here), packed(2 * here)],
            },
            groups={
                name: [packed(unpacked(row)[2 * first : 2 * (first + len(here))]) for row in rows]
                for name, rows in groups.items()
            },
            potential={"pyramidal": [volts, volts]},
        )
        end = begin + first + len(here)
        told = Progress(
            phase=index, kind=kind, name=name, begin=begin + first, end=end, summary=summary
        )
        events.append(told)
    return events


def heard(index: int, cycles: int) -> list[Event]:
    """The last so many cycles, of a phase that ends with an Up state: cell k spikes first in its
    k-th cycle, and then in each.
    """
    kind, name = PHASES[index]
    told: list[Event] = []
    for cycle in range(cycles):
        since = cycle - (cycles - UP)
        pairs = [[0, cell] for cell in range(min(since + 1, 10))]
        spikes = {"relay": [[], []], "pyramidal": [pairs, pairs]}
        told.append(Spiked(kind=kind, name=name, spikes=spikes))
    return told


def boundary(index: int) -> list[Event]:
    marks = Recalled(sd=[1, 2], full_width=[0, 2], cues=4)
    shares = [[[1.0, 1.5, 1.0], [float("nan"), 1.0, 1.5], [0.5, 1.0, 1.0]]] * 2
    return [
        Between(boundary=BOUNDARIES[index], groups=GROUPS, shares=shares),
        Scored(boundary=BOUNDARIES[index], task="S1", score=[0.25, 0.5], marks=marks),
    ]


def run_of(cycles: int = 8 * UP) -> list[Event]:
    seen = {"pyramidal_hz": [1.0, 2.0], "up_ms": [float("nan"), 440.0]}
    asleep = Observed(phase=1, kind="sleep", name="n3", values=seen)
    return [
        start(),
        *phase(0, 0, 100),
        *boundary(0),
        *phase(1, 100, cycles),
        *heard(1, 150),
        asleep,
        *boundary(1),
    ]
