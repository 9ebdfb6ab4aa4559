"""The table of the thalamocortical network's sequences: what the page says is what was recorded."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sleeprun
from sleeprun.spiking.build import starting_weights

SCRIPT = Path(__file__).parent.parent / "scripts" / "gonzalez2020_table.py"
EXPERIMENTS = [folder.name for folder in (SCRIPT.parent / "records").glob("sequences*")]


@pytest.fixture(scope="module")
def script(scripts: Callable[[str], Any]) -> Any:
    return scripts("gonzalez2020_table")


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_the_page_of_results_has_the_tables_of_the_records(script: Any, experiment: str) -> None:
    pieces = sorted((SCRIPT.parent / "records" / experiment).glob("*.json"))
    records = [json.loads(piece.read_text()) for piece in pieces]
    page = (SCRIPT.parents[1] / "docs" / "results.md").read_text()
    told = "\n".join(script.table(records)).strip()
    assert told.count("\n") > 20
    assert told in page
    seeds = [seed for record in records for seed in record["seeds"]]
    assert len(set(seeds)) == len(seeds) == 10


def test_the_page_of_results_has_the_dynamics_that_were_recorded(
    scripts: Callable[[str], Any],
) -> None:
    dynamics = scripts("gonzalez2020_dynamics")
    record = json.loads(dynamics.RECORD.read_text())
    page = (SCRIPT.parents[1] / "docs" / "results.md").read_text()
    whole, by_inputs = ("\n".join(told(record)) for told in (dynamics.table, dynamics.by_inputs))
    assert whole.count("\n") == 1 + len(dynamics.ROWS)
    assert whole in page
    assert by_inputs in page
    assert len(record["seeds"]) == 10


def test_the_largest_number_of_inputs_is_what_weights_are_divided_by(
    scripts: Callable[[str], Any],
) -> None:
    dynamics = scripts("gonzalez2020_dynamics")
    record = json.loads(dynamics.RECORD.read_text())
    network = sleeprun.compose(dynamics.EXPERIMENT).network
    its = network.projections["pyramidal_pyramidal"].weights
    for seed, most in zip(record["seeds"][:2], record["inputs"], strict=False):
        largest = float(starting_weights(network, seed)["pyramidal_pyramidal"].max())
        assert largest == pytest.approx(its.total / (its.area * most), rel=1e-5)
    assert dynamics.inputs(record["seeds"][:2]) == record["inputs"][:2]


def test_the_page_of_results_has_the_trials_of_the_search(scripts: Callable[[str], Any]) -> None:
    trials = scripts("gonzalez2020_trials")
    found = json.loads(trials.RECORD.read_text())
    told = "\n".join(trials.table(found))
    assert told.count("\n") == len(found) + 1
    assert told in (SCRIPT.parents[1] / "docs" / "results.md").read_text()
