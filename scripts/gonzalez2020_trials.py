"""What gonzalez2020/search tried: what each sleep was, and what it did to each sequence.

    python scripts/gonzalez2020_trials.py multirun/gonzalez2020/search/DATE

The trials of a sweep that are done leave a record; without a sweep the table is printed of it.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sleeprun
from markdown_rows import header, row
from sleeprun.directory.files import write_json
from sleeprun.sweeps import outcomes

EXPERIMENT = "gonzalez2020/search"
RECORD = Path(__file__).with_name("records") / "gonzalez2020_search.json"
KEYS = {
    "sleep.levels.n3.projections.pyramidal_pyramidal.synapse.gain": "AMPA in N3",
    "sleep.levels.n3.projections.pyramidal_pyramidal.rule.gain": "STDP in N3",
    "sleep.length": "sleep, s",
    "sleep.shares.0": "N2 / N3",
    "tasks.training.projections.pyramidal_pyramidal.rule.depression": "depression in training",
    "tasks.sequences.S1.train": "S1, s",
    "tasks.sequences.S1_reversed.train": "S1 reversed, s",
}  # a row begins with them
OSCILLATION = {"oscillation_hz": "Hz", "up_ms": "Up, s"}
Trial = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sweep", type=Path, nargs="?")
    parser.add_argument("--record", type=Path, default=RECORD, help=f"(default {RECORD})")
    arguments = parser.parse_args()
    if arguments.sweep:
        write_json(arguments.record, [*trials(arguments.sweep)])
    print("\n".join(table(json.loads(arguments.record.read_text()))))


def trials(sweep: Path) -> Iterator[Trial]:
    for path, job in outcomes.jobs_of(sweep).items():
        if not (path / "DONE").exists():
            continue
        run = sleeprun.load(path)
        given = dict(override.split("=", 1) for override in job.overrides)
        arms = {name: arm.results for name, arm in run.arms.items()}
        asleep = run.arms["sleep"]
        tasks, last = asleep.results["tasks"], len(asleep.results["boundaries"]) - 1
        seen = asleep.results["observed"][-1]["measures"]
        yield {
            "params": {key: float(given[key]) for key in KEYS},
            "seeds": run.results["seeds"],
            "recall": {  # of every seed after S1 in reverse, and after the sleep
                task: asleep.R[:, last - 1 :, k].tolist() for k, task in enumerate(tasks)
            },
            "worth": run.config.objective(arms),
            "slept": {name: seen[name]["per_seed"] for name in OSCILLATION},
        }


def table(found: list[Trial]) -> Iterator[str]:
    """Those with most excitation in N3 first."""
    tasks, worth = list(found[0]["recall"]), "worth" in found[0]
    last = "worth" if worth else "mean recall"  # which was made large before there was an objective
    yield from header(*KEYS.values(), *tasks, *OSCILLATION.values(), last)
    potentiation = sleeprun.compose(EXPERIMENT).network.rules["stdp"].potentiation
    first = next(iter(KEYS))
    for trial in sorted(found, key=lambda trial: -trial["params"][first]):
        scores = [zip(*trial["recall"][task], strict=True) for task in tasks]
        pairs = [[mean(seeds) for seeds in both] for both in scores]
        hz, up = (mean(trial["slept"][name]) for name in OSCILLATION)
        yield row(
            *told(trial["params"], potentiation),
            *(f"{before:.2f} to {after:.2f}" for before, after in pairs),
            f"{hz:.2f}",
            f"{up / 1000:.1f}",
            f"{trial['worth'] if worth else mean([after for _, after in pairs]):.3f}",
        )


def told(params: dict[str, float], potentiation: float) -> Iterator[str]:
    """Depression as a share of potentiation."""
    ampa, stdp, length, share, depression, *seconds = (params[key] for key in KEYS)
    yield from (f"{ampa:.3f}", f"{stdp:.2f}", f"{length / 100:.0f}", f"{share:.2f}")
    yield f"{depression / potentiation:.2f}"
    yield from (f"{each:.0f}" for each in seconds)


def mean(values: Any) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else float("nan")


if __name__ == "__main__":
    main()
