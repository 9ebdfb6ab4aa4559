"""What a search over sleeps makes large: one sequence comes back, and all else stays as it was."""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, NamedTuple

import numpy as np
from jaxtyping import Float
from pydantic import AfterValidator, Field

from sleeprun.config.spelling import nearest
from sleeprun.config.values import NonNegative, Section


def _ordered(ends: list[float]) -> list[float]:
    if ends[0] >= ends[1]:
        raise ValueError("must be the lower end and the upper one")
    return ends


Range = Annotated[
    list[NonNegative], Field(min_length=2, max_length=2), AfterValidator(_ordered)
]  # both ends are in it


class Recalled(NamedTuple):
    """How well a sequence is recalled before an arm's last sleep, and after it."""

    before: Float[np.ndarray, " seed"]
    after: Float[np.ndarray, " seed"]


class Weights(Section):
    restored: NonNegative  # recall of that sequence after the sleep, minus that of the best control
    least: NonNegative  # recall after the sleep of the sequence that is recalled worst
    lost: NonNegative  # what recall of the other sequences the sleep takes away, as a cost
    rhythm: NonNegative  # how far it is from each of its ranges, in their widths, as a cost


class Objective(Section):
    """Of three sequences, the one that was damaged is to come back above all controls, none of the
    others is to be lost, and the slow oscillation is to stay what it is.
    """

    asleep: str  # the arm that sleeps
    controls: Annotated[list[str], Field(min_length=1)]  # arms that it is held against
    restored: str  # the sequence that is to come back
    oscillation_hz: Range
    up_ms: Range
    weights: Weights

    @property
    def rhythm(self) -> dict[str, list[float]]:
        """The range of each measure."""
        return {"oscillation_hz": self.oscillation_hz, "up_ms": self.up_ms}

    def worth(
        self,
        recalled: Mapping[str, Mapping[str, Recalled]],
        seen: Mapping[str, Float[np.ndarray, " seed"]],
    ) -> float:
        """From recall by arm and sequence, and what was seen of the sleep: all means over seeds."""
        asleep = recalled[self.asleep]
        best = max(recalled[arm][self.restored].after.mean() for arm in self.controls)
        gain = asleep[self.restored].after.mean() - best
        least = min(each.after.mean() for each in asleep.values())
        others = [each for name, each in asleep.items() if name != self.restored]
        lost = sum(max(0.0, (each.before - each.after).mean()) for each in others)
        off = sum(outside(seen[name], ends).mean() for name, ends in self.rhythm.items())
        its = self.weights
        return float(its.restored * gain + its.least * least - its.lost * lost - its.rhythm * off)

    def misfits(self, sequences: Collection[str], arms: Collection[str]) -> Iterator[str]:
        """A line for each key that names what there is not."""
        if self.restored not in sequences:
            known = nearest(self.restored, list(sequences))
            yield f"tasks.objective.restored='{self.restored}': no such sequence{known}"
        compared = {"asleep": self.asleep} | {
            f"controls.{place}": name for place, name in enumerate(self.controls)
        }
        for key, arm in compared.items():
            if arm not in arms:
                known = nearest(arm, list(arms)) if arms else "; this experiment has none"
                yield f"tasks.objective.{key}='{arm}': no such arm{known}"


def outside(values: Float[np.ndarray, " seed"], ends: list[float]) -> Float[np.ndarray, " seed"]:
    """How far values are from a range, in its widths: one at most, and where there is no value."""
    low, high = ends
    off = np.maximum(low - values, values - high).clip(0) / (high - low)
    return np.where(np.isfinite(values), off.clip(max=1), 1.0)
