"""What is measured of a perceptron beside its scores, before and after it has slept.

How well it classifies noisy images of the tasks trained so far, how alike those tasks are in its
hidden layers, how many weights a sleep moved, and whatever a user's own probe measures.
"""

from sleeprun.config.kinds import Kinds
from sleeprun.gradient.probes.measures import WeightChange, chosen, moved, overlap
from sleeprun.gradient.probes.noises import Noise, noisy
from sleeprun.gradient.probes.own import Probe, Response, measured

__all__ = [
    "NOISES",
    "PROBES",
    "Noise",
    "Probe",
    "Response",
    "WeightChange",
    "chosen",
    "measured",
    "moved",
    "noisy",
    "overlap",
]

NOISES = Kinds(
    "noise",
    "sleeprun.gradient.probes.Noise",
    gaussian="sleeprun.gradient.probes.noises.Gaussian",
    blur="sleeprun.gradient.probes.noises.Blur",
    salt_and_pepper="sleeprun.gradient.probes.noises.SaltAndPepper",
)
PROBES = Kinds("probe", "sleeprun.gradient.probes.Probe")
