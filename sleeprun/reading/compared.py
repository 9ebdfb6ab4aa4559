"""Runs beside each other, as they are compared."""

from collections.abc import Mapping

from sleeprun.protocol.results import Results
from sleeprun.reading.groups import Groups
from sleeprun.report import comparison


def scores_of(
    groups: Groups, results: Mapping[str, Results], measure: str
) -> dict[str, comparison.Arm]:
    return {
        name: comparison.arm_of(results[name], measure, swept=group.swept)
        for name, group in groups.items()
    }
