"""How many bytes of earlier tasks one network keeps for its replay."""

from collections.abc import Sequence

from sleeprun.gradient.replay.schema import ReplayConfig
from sleeprun.subjects.classifier.state import ClassifierState
from sleeprun.tasks.images import sequence


def for_replay(
    sleeps: Sequence[ReplayConfig],
    tasks: sequence.Sequence,
    seen: Sequence[str],
    state: ClassifierState,
) -> int:
    """Its mean image and its scales, or all images of the tasks `seen` so far."""
    of_all = any(sleep.drive.shown == "seen" for sleep in sleeps)
    mean = tasks.tasks[0].images[0].nbytes if of_all else 0
    scales = {sleep.scale for sleep in sleeps}
    if "every_sleep" in scales:  # takes the activations of all earlier images anew
        return mean + sum(task.images.nbytes for task in tasks.of(seen))
    return mean + (state.largest if "carried" in scales else state.factors)[0].nbytes
