"""The compiled kernels (CPU), where they were built.

Custom calls change the state of a whole network in place: for a feed-forward network of Rulkov
neurons a window of steps, and a plasticity event; for cells built of channels a window, in which
they may learn (`conducting`); for a perceptron a window of its sleep. They refuse arrays whose
types or sizes are not what they take.
"""

from sleeprun.spiking.native import conducting
from sleeprun.spiking.native.library import available
from sleeprun.spiking.native.network import learn, window
from sleeprun.spiking.native.perceptron import replay
from sleeprun.spiking.native.refusals import learns, refused, simulates, unlearned

__all__ = [
    "available",
    "conducting",
    "learn",
    "learns",
    "refused",
    "replay",
    "simulates",
    "unlearned",
    "window",
]
