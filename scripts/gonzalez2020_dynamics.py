"""Gonzalez et al. 2020 untrained: how it lives awake, in N2 and in N3, beside another program.

    python scripts/gonzalez2020_dynamics.py

It runs gonzalez2020/dynamics where there is no record of it, which it leaves; the table is of that.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

import pieces
import sleeprun
from markdown_rows import header, row, spread
from pieces import Record
from sleeprun.directory.files import write_json
from sleeprun.measures import statistics
from sleeprun.spiking.build import starting_weights

RECORD = Path(__file__).with_name("records") / "gonzalez2020_dynamics.json"
EXPERIMENT, SEEDS = "gonzalez2020/dynamics", "0,1,2,3,4,5,6,7,8,9"
PHASES = {"settle": "awake", "n2 without plasticity": "N2", "n3 without plasticity": "N3"}
CELLS = "pyramidal"
KEPT = ("seeds", "device", "versions")


class Row(NamedTuple):
    """Of what was seen of a phase; Up states are told of N3 alone."""

    told: str
    measure: str
    awake: str = ""  # what an independent program in C++ has, from the least to the most
    n3: str = ""
    digits: int = 2
    up: bool = False
    ranges: tuple[str, ...] = ()  # of single ones, told in parentheses


ROWS = (
    Row("pyramidal cells, Hz", "pyramidal_hz", "0.16 to 0.20", "6.4 to 7.9"),
    Row("interneurons, Hz", "interneuron_hz", "2.0 to 2.2", "14.7 to 15.5"),
    Row("relay cells, Hz", "relay_hz", "0", "0.85 to 1.09"),
    Row("reticular cells, Hz", "reticular_hz", "0", "2.05 to 2.51"),
    Row("slow oscillation, Hz", "oscillation_hz", "none", "0.41 to 0.54 (of 60 s: 0.48, 0.49)",
        up=True),
    Row("Up states, ms (range)", "up_ms", "", "418 to 456 (360 to 540)", 0, up=True,
        ranges=("up_ms/shortest", "up_ms/longest")),
    Row("Down states, ms", "down_ms", "", "1442 to 2032", 0, up=True),
    Row("spikes of a cell in an Up state", "spikes_an_up", "", "13.8 to 15.0", 1, up=True),
    Row("first spikes of 10 to 90 % of cells within, ms (last 10 s)", "spread_ms", "",
        "146 to 202", 0, up=True),
    Row("highest rate in 20 ms, Hz", "peak_hz", "", "92 to 134", 1, up=True),
    Row("power of 7 to 14 Hz over that around it", "spindle_peak"),
    Row("Up states in which S1 runs forward", "replay/S1/forward", up=True),
    Row("and in reverse", "replay/S1/reverse", up=True),
    Row("Up states in which S2 runs forward", "replay/S2/forward", up=True),
    Row("and in reverse", "replay/S2/reverse", up=True),
)  # fmt: skip

AWAKE, _, N3 = PHASES
BY_INPUTS = {
    "pyramidal cells awake, Hz": (AWAKE, "pyramidal_hz"),
    "interneurons awake, Hz": (AWAKE, "interneuron_hz"),
    "pyramidal cells in N3, Hz": (N3, "pyramidal_hz"),
    "slow oscillation in N3, Hz": (N3, "oscillation_hz"),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--record", type=Path, default=RECORD, help=f"(default {RECORD})")
    folder = Path("runs/gonzalez2020_dynamics")
    parser.add_argument("--folder", type=Path, default=folder, help=f"(default {folder})")
    arguments = parser.parse_args()
    if not arguments.record.exists():
        given = [f"seeds=[{SEEDS}]"]
        record = pieces.carried_out(EXPERIMENT, given, arguments.folder, kept)
        write_json(arguments.record, record)
    record = json.loads(arguments.record.read_text())
    print("\n".join([*table(record), "", *by_inputs(record)]))


def kept(run: sleeprun.LoadedRun) -> Record:
    known = {key: run.results[key] for key in KEPT}  # type: ignore[literal-required]
    return known | {"inputs": inputs(run.results["seeds"]), "seen": seen(run)}


def inputs(seeds: Sequence[int]) -> list[int]:
    """How many pyramidal cells join that pyramidal cell that has most, by which all weights among
    these are divided: of every seed's draw.
    """
    network = sleeprun.compose(EXPERIMENT).network
    drawn = (starting_weights(network, seed) for seed in seeds)
    among = [name for name, its in network.projections.items() if its.pre == its.post == CELLS]
    joined = (np.any([np.asarray(weights[name]) > 0 for name in among], 0) for weights in drawn)
    return [int(each.sum(axis=0).max()) for each in joined]


def seen(run: sleeprun.LoadedRun) -> Record:
    """By phase and measure, of every seed."""
    names = {name for one in ROWS for name in (one.measure, *one.ranges)}
    return {
        phase["name"]: {
            name: told["per_seed"] for name, told in phase["measures"].items() if name in names
        }
        for phase in run.results["observed"]
    }


def table(record: Record) -> Iterator[str]:
    yield from header("", *PHASES.values(), "independent, awake", "independent, N3")
    for one in ROWS:
        cells = (
            "" if one.up and told != "N3" else _cell(one, record["seen"][phase])
            for phase, told in PHASES.items()
        )
        yield row(one.told, *cells, one.awake, one.n3)


def by_inputs(record: Record) -> Iterator[str]:
    """Of the networks with each largest number of inputs, by their seeds."""
    yield from header("largest number of inputs", "seeds", *BY_INPUTS)
    for most in sorted(set(record["inputs"])):
        here = [place for place, each in enumerate(record["inputs"]) if each == most]
        seeds = ", ".join(str(record["seeds"][place]) for place in here)
        cells = (
            spread([record["seen"][phase][measure][place] for place in here])
            for phase, measure in BY_INPUTS.values()
        )
        yield row(most, seeds, *cells)


def _cell(one: Row, seen: dict[str, Sequence[float | None]]) -> str:
    values = statistics.describe(list(seen[one.measure]))
    told = statistics.mean_and_sd(values, one.digits)
    if not one.ranges:
        return told
    least, most = ([each for each in seen[name] if each is not None] for name in one.ranges)
    return f"{told} ({min(least):.0f} to {max(most):.0f})"


if __name__ == "__main__":
    main()
