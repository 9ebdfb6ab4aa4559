"""What counts as an Up state of the population whose sequences are learned."""

from sleeprun.config.values import NonNegative, Positive, Section
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
