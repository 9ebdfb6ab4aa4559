"""What is done to a network after one of the stages."""

from pydantic import model_validator

from sleeprun.config.values import Percent, Section


class InterventionConfig(Section):
    """What is done once, behind a stage; of a population `percent` are then cut in all."""

    after: str
    freeze: str | None = None  # a projection
    lesion: str | None = None  # a population
    percent: Percent = 100.0

    @model_validator(mode="after")
    def _one_of_two(self) -> "InterventionConfig":
        if (self.freeze is None) == (self.lesion is None):
            raise ValueError("give either 'freeze' (a projection) or 'lesion' (a population)")
        return self
