"""How well a sequence is recalled: in which order groups of cells answer to a cue."""

from math import log, sqrt
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Float, Int

from sleeprun.config.values import Fraction, Positive, Section

Counts = Int[np.ndarray, "cue time group"]  # spikes of the cells of a group in each bin
Answers = Int[np.ndarray, "cue group"]
Width = Literal["sd", "full_width"]
Silent = Literal["left_out", "misplaced"]
Ties = Literal["in_order", "shared", "reversed"]
FULL_WIDTH = 2 * sqrt(2 * log(2))  # of a Gaussian at half of its height, over its SD
REACH = 4  # SDs that a kernel is cut off at


class Recall(Section):
    """Gonzalez et al. 2020: rates are smoothed, groups ordered by the time of their peak, and

        SM = 2 N - sum over i of |L(i) - i|

    with L(i) the place in that order of the sequence's i-th group. What the publication leaves open
    is a key: what the kernel's width is, what groups count for that stay silent, which of two that
    peak in one bin comes first, and in which window.
    """

    window: Positive  # ms after a cue
    bin: Positive  # ms
    kernel: Positive  # width of the Gaussian, ms
    width: Width  # what that is; scores are told by both
    silent: Silent  # groups without a spike, of which 2 N counts none
    ties: Ties  # groups that peak in one bin
    least: Fraction  # of SM / 2 N, at which a recall succeeds

    @property
    def bins(self) -> int:
        return round(self.window / self.bin)

    def performances(self, counts: Counts) -> dict[Width, float]:
        """The share of cues after which the sequence is recalled, by both widths."""
        return {width: self.performance(counts, width) for width in get_args(Width)}

    def performance(self, counts: Counts, width: Width) -> float:
        sd = self.kernel / self.bin / (FULL_WIDTH if width == "full_width" else 1)
        matches = matching(peaks(counts, sd), counts.sum(axis=1) > 0, self.silent, self.ties)
        return float(np.mean(matches >= self.least - 1e-9))


def peaks(counts: Counts, sd: float) -> Answers:
    """The bin in which the rate of each group is highest, smoothed by a Gaussian of so many bins;
    the first of several.
    """
    reach = max(1, round(REACH * sd))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sd) ** 2)
    padded = np.pad(counts.astype(float), ((0, 0), (reach, reach), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=1)
    return (windows @ kernel).round(9).argmax(axis=1)  # what rounding parts is no difference


def matching(
    peaks: Answers, fired: Bool[np.ndarray, "cue group"], silent: Silent, ties: Ties
) -> Float[np.ndarray, " cue"]:
    """SM / 2 N after each cue, of groups in the order of the sequence, N of them.

    Silent groups that are left out make SM that of the others, each counted from its place among
    them, and still divided by 2 N. Those that are misplaced count, beside these, as far off as they
    can be.
    """
    groups = peaks.shape[1]
    off = np.abs(_places(peaks, fired, ties) - (fired.cumsum(axis=1) - 1)) * fired
    counted = fired.sum(axis=1)
    if silent == "misplaced":
        places = np.arange(groups)
        off = off + np.maximum(places, groups - 1 - places) * ~fired
        counted = np.full(len(peaks), groups)
    return (2 * counted - off.sum(axis=1)) / (2 * groups)


def _places(
    peaks: Answers, fired: Bool[np.ndarray, "cue group"], ties: Ties
) -> Float[np.ndarray, "cue group"]:
    """Of each group: how many others that fired peak before it."""
    groups = peaks.shape[1]
    listed_before = np.tri(groups, k=-1)  # [group, other]
    of_tied = {
        "in_order": listed_before,
        "shared": (1 - np.eye(groups)) / 2,  # half before, half behind
        "reversed": listed_before.T,
    }
    one, other = peaks[:, :, None], peaks[:, None, :]
    before = (other < one) + of_tied[ties] * (other == one)
    return (before * fired[:, None, :]).sum(axis=2)
