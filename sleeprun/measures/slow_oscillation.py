"""The slow oscillation of a cortex asleep: Up states, from the spikes of its cells in bins.

Counts are spikes of a whole population, bins are of `width` ms, and an Up state is the bin it
begins in and the one after its last. A measure without its data is nan.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

Counts = Int[np.ndarray, " bin"]
Ups = Int[np.ndarray, "up 2"]
SPINDLES = (7.0, 14.0)  # Hz
BESIDE = (3.0, 20.0)  # Hz, up to which a spectrum is looked at on both sides of them
SEGMENT = 2000.0  # ms, of a spectrum


class Criterion(NamedTuple):
    """What counts as an Up state."""

    above: float  # Hz, a cell's mean rate in each of its bins
    gap: float  # ms, that it may fall below that in between
    least: float  # ms, that it lasts


def in_bins(counts: Int[np.ndarray, "*all bin"], several: int) -> Int[np.ndarray, "*all wide"]:
    """So many bins as one; those at the end that make no whole one are left out."""
    whole = counts.shape[-1] // several * several
    return counts[..., :whole].reshape(*counts.shape[:-1], -1, several).sum(axis=-1)


def up_states(counts: Counts, cells: int, width: float, criterion: Criterion) -> Ups:
    """All of them, also one that has begun before the first bin or goes on after the last."""
    active = 1000 * counts / (cells * width) > criterion.above
    edges = np.flatnonzero(np.diff(np.pad(active.astype(int), 1)))
    ups = edges.reshape(-1, 2)
    apart = width * (ups[1:, 0] - ups[:-1, 1]) > criterion.gap
    begins = np.concatenate([[True], apart])[: len(ups)]
    ends = np.concatenate([apart, [True]])[: len(ups)]
    closed = np.stack([ups[begins, 0], ups[ends, 1]], axis=1)
    return closed[width * (closed[:, 1] - closed[:, 0]) >= criterion.least]


def whole(ups: Ups, bins: int) -> Int[np.ndarray, "seen 2"]:
    """Those that are seen from beginning to end."""
    return ups[(ups[:, 0] > 0) & (ups[:, 1] < bins)]


def frequency(ups: Ups, width: float) -> float:
    """Hz, from the first beginning that is seen to the last one."""
    begins = ups[ups[:, 0] > 0, 0]
    return 1000 * (len(begins) - 1) / (width * np.ptp(begins)) if len(begins) > 1 else np.nan


def up_lengths(ups: Ups, bins: int, width: float) -> Float[np.ndarray, " seen"]:
    """ms, of those that are seen whole."""
    return width * np.diff(whole(ups, bins), axis=1)[:, 0].astype(float)


def down_lengths(ups: Ups, width: float) -> Float[np.ndarray, " down"]:
    """ms, from the end of an Up state to the beginning of the next."""
    return width * (ups[1:, 0] - ups[:-1, 1]).astype(float)


def rate(counts: Counts, cells: int, width: float) -> float:
    """Hz, of a cell."""
    return float(1000 * counts.mean() / (cells * width)) if counts.size else np.nan


def spikes_an_up(counts: Counts, cells: int, ups: Ups) -> float:
    """Of a cell in an Up state, of those that are seen whole."""
    seen = whole(ups, len(counts))
    return float(np.mean([counts[a:b].sum() / cells for a, b in seen])) if len(seen) else np.nan


def peak(counts: Counts, cells: int, width: float, ups: Ups) -> float:
    """Hz, the highest rate of a bin in any Up state."""
    highest = max((counts[a:b].max() for a, b in ups), default=np.nan)
    return float(1000 * highest / (cells * width))


def spread(
    time: Float[np.ndarray, " spike"], cell: Int[np.ndarray, " spike"], ups: Ups, width: float
) -> float:
    """ms from the 10th to the 90th percentile of the first spikes of cells in an Up state; the
    mean over Up states. Times are in ms from the first bin on.
    """
    found = []
    for begin, end in width * ups:
        inside = (time >= begin) & (time < end)
        first = np.full(int(cell.max(initial=-1)) + 1, np.inf)
        np.minimum.at(first, cell[inside], time[inside])
        if np.isfinite(first).any():
            found.append(np.diff(np.percentile(first[np.isfinite(first)], [10, 90]))[0])
    return float(np.mean(found)) if found else np.nan


def spindle_peak(trace: Float[np.ndarray, " bin"], width: float) -> float:
    """The highest power between 7 and 14 Hz, as a multiple of what is there by a line through the
    powers on both sides of them, both logarithmic. About 1 to 2 where there are no spindles.
    """
    hertz, power = _spectrum(trace, width)
    band = _within(hertz, SPINDLES)
    beside = _within(hertz, BESIDE) & ~band
    above = _above_line(hertz, power, beside)[band]
    return float(above.max()) if len(above) else np.nan


def rhythm(trace: Float[np.ndarray, " bin"], width: float) -> float:
    """Hz, between 3 and 20, at which the power of a trace is most above a line through them all."""
    hertz, power = _spectrum(trace, width)
    band = _within(hertz, BESIDE)
    above = _above_line(hertz, power, band)[band]
    return float(hertz[band][np.argmax(above)]) if np.isfinite(above).any() else np.nan


def _above_line(hertz: np.ndarray, power: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """Powers as multiples of what a line through some of them says; nan without any."""
    some = fitted & (power > 0)
    if some.sum() < 2:
        return np.full(len(hertz), np.nan)
    slope, level = np.polyfit(np.log(hertz[some]), np.log(power[some]), 1)
    line = level + slope * np.log(np.maximum(hertz, hertz[some].min()))
    return power / np.exp(line)


def _spectrum(trace: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Hz and power; nothing of a trace that is shorter than a segment."""
    from scipy.signal import welch  # takes a second to load, which a run needs at a phase's end

    segment = round(SEGMENT / width)
    if len(trace) < segment:
        return np.zeros(0), np.zeros(0)
    return welch(trace.astype(float), 1000 / width, nperseg=segment)


def _within(hertz: np.ndarray, band: tuple[float, float]) -> np.ndarray:
    return (hertz >= band[0]) & (hertz <= band[1])
