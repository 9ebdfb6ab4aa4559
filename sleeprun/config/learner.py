"""The schema of continual-learning methods: their numbers, by kind."""

from typing import Annotated, Literal

from pydantic import Field

from sleeprun.config.kinds import Count, Fraction, NonNegative, Positive, Section


class PlainLearner(Section):
    kind: Literal["naive", "averaging"]


class RehearsalLearner(Section):
    kind: Literal["rehearsal"]
    fraction: Fraction


class EWCLearner(Section):
    kind: Literal["ewc"]
    strength: NonNegative
    decay: Fraction
    sampled: bool


class SILearner(Section):
    kind: Literal["si"]
    strength: NonNegative
    damping: Positive


class LwFLearner(Section):
    kind: Literal["lwf"]
    strength: NonNegative
    temperature: Positive


class DERLearner(Section):
    kind: Literal["derpp"]
    capacity: Count
    size: Count
    alpha: NonNegative
    beta: NonNegative


class AGEMLearner(Section):
    kind: Literal["agem"]
    capacity: Count
    size: Count


class ICaRLLearner(Section):
    kind: Literal["icarl"]
    capacity: Count


LearnerConfig = Annotated[
    PlainLearner
    | RehearsalLearner
    | EWCLearner
    | SILearner
    | LwFLearner
    | DERLearner
    | AGEMLearner
    | ICaRLLearner,
    Field(discriminator="kind"),
]
