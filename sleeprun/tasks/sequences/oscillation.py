"""What counts as an Up state of the population whose sequences are learned, and as replay in it."""

from sleeprun.config.values import Fraction, NonNegative, Positive, Section
from sleeprun.measures.slow_oscillation import Criterion


class Oscillation(Section):
    skip: NonNegative  # s at the beginning of a phase that are not looked at
    bin: Positive  # ms
    above: NonNegative  # Hz, the mean rate of a cell in a bin
    gap: NonNegative  # ms, that it may fall below that in between
    least: Positive  # ms, that an Up state lasts

    @property
    def criterion(self) -> Criterion:
        return Criterion(self.above, self.gap, self.least)


class Replay(Section):
    bin: Positive  # ms, in which the spikes of a group are counted
    lag: Positive  # ms, within which they follow those of another
    sure: Fraction  # the p, among all orders of the groups, up to which a sequence is replayed

    @property
    def bins(self) -> int:
        return max(1, round(self.lag / self.bin))
