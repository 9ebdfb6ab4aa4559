"""What was seen of networks beside their scores, as columns of a table."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from sleeprun.measures.statistics import (
    Measure,
    mean_alone,
    mean_and_interval,
    mean_and_sd,
    paired_difference,
)
from sleeprun.protocol.lines import boundary_of, facts_at
from sleeprun.protocol.results import Probed, Results, Seen, measure_of
from sleeprun.protocol.seen import Found

Columns = dict[str, list[str]]
MOST_PHASES = 6  # that are shown beside each other


def probes_columns(results: Results) -> Columns:
    """A row a measure: before the last sleep or rival, after it, and the change."""
    if not (found := last_sleep(results["probes"])) or "family" not in results:
        return {}
    earlier, later = found
    rows = []
    kinds = Found.of_family(facts_at(results["family"]))
    for kind in sorted(kinds, key=lambda kind: kind.of_sleep):
        for of, measured in later.get(kind.tag, {}).items():
            told, after = kind.row.format(of), measure_of(measured)
            if kind.of_sleep:
                rows.append((told, "", "", mean_and_sd(after)))
            else:
                before = measure_of(earlier[kind.tag][of])
                change = paired_difference(after["per_seed"], before["per_seed"])
                shown = (mean_alone(before), mean_alone(after))
                rows.append((told, *shown, mean_and_interval(change)))
    columns = zip(("", "before", "after", "change"), zip(*rows, strict=True), strict=True)
    return {told: list(of) for told, of in columns}


def observed_columns(results: Results, arms: Mapping[str, Results] | None = None) -> Columns:
    """Measures x phases, of what was seen of the last phases as a whole, or of the last one of
    each arm.
    """
    seen = dict([*_apart(results.get("observed", [])).items()][-MOST_PHASES:])
    if arms:
        last = {name: arm.get("observed", [])[-1:] for name, arm in arms.items()}
        seen = {f"{name}: {each['name']}": each for name, found in last.items() for each in found}
    if not seen:
        return {}
    names = dict.fromkeys(name for phase in seen.values() for name in phase["measures"])
    columns = {"seen in": list(names)}
    for title, phase in seen.items():
        found = [phase["measures"].get(name) for name in names]
        columns[title] = [_in_digits(each) if each else "-" for each in found]
    return columns


def _apart(phases: Sequence[Seen]) -> dict[str, Seen]:
    """By name, numbered where it comes again."""
    found: dict[str, Seen] = {}
    for phase in phases:
        again = sum(other["name"] == phase["name"] for other in found.values())
        found[f"{phase['name']} {again + 1}" if again else phase["name"]] = phase
    return found


def _in_digits(measure: Measure) -> str:
    """Three of a number that has them."""
    size = abs(measure["mean"] or 0)
    return mean_and_sd(measure, 0 if size >= 100 else 1 if size >= 10 else 2)


def last_sleep(rows: Sequence[Probed]) -> tuple[Probed, Probed] | None:
    """What was found before the last sleep or rival, and after it; none where there was none."""
    for before, after in reversed([*pairwise(rows)]):
        if boundary_of(after["boundary"]).after_rest:
            return before, after
    return None
