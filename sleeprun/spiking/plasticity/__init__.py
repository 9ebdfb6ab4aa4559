"""Plasticity rules, one a file: constants with `init` and `update`."""

from sleeprun.config.kinds import Kinds
from sleeprun.spiking.plasticity.plasticity import (
    Plasticity,
    PlasticityEvent,
    PlasticState,
    apply,
    starting,
)

__all__ = ["RULES", "PlasticState", "Plasticity", "PlasticityEvent", "apply", "starting"]

RULES = Kinds(
    "plasticity rule",
    "sleeprun.spiking.plasticity.Plasticity",
    stdp="sleeprun.spiking.plasticity.stdp.STDP",
    nearest_stdp="sleeprun.spiking.plasticity.nearest.NearestSTDP",
)
