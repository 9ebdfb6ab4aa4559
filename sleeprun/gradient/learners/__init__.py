"""Continual-learning methods for gradient-trained networks, one a file, and their training."""

from sleeprun.config.kinds import Kinds
from sleeprun.gradient.learners.descent import Descent
from sleeprun.gradient.learners.learner import Learner, Step

__all__ = ["LEARNERS", "Descent", "Learner", "Step"]

LEARNERS = Kinds(
    "learner",
    "sleeprun.gradient.learners.Learner",
    naive="sleeprun.gradient.learners.naive.Naive",
    rehearsal="sleeprun.gradient.learners.rehearsal.Rehearsal",
    poured="sleeprun.gradient.learners.poured.Poured",
    ewc="sleeprun.gradient.learners.ewc.EWC",
    si="sleeprun.gradient.learners.si.SI",
    lwf="sleeprun.gradient.learners.lwf.LwF",
    derpp="sleeprun.gradient.learners.derpp.DER",
    agem="sleeprun.gradient.learners.agem.AGEM",
    icarl="sleeprun.gradient.learners.icarl.ICaRL",
    averaging="sleeprun.gradient.learners.averaging.Averaging",
)
