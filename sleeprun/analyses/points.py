"""The weights of networks as points in a space: what they see through them, or the synapses."""

from collections.abc import Callable
from functools import reduce

import numpy as np
from jaxtyping import Float

from sleeprun.analyses.study import Study, Weights
from sleeprun.config import ConfigError
from sleeprun.protocol.phases import Change

Points = Float[np.ndarray, "state value"]


def by_sight(study: Study, run: str) -> Callable[[Weights], Points] | None:
    """How strongly each place that is seen leads to each neuron that answers, where networks see:
    the product of all weights in between, as they were kept.
    """
    sight = study.runs[run].config.sight
    if sight is None or sight.answers not in sight.through:
        return None
    path = sight.through[sight.answers]
    fixed = _fixed(study, run)

    def points(kept: Weights) -> Points:
        if missing := [name for name in path if name not in fixed | kept]:
            told = f"runtime.weights_of: has not {', '.join(missing)}, through which it sees"
            raise ConfigError(f"{run}: {told}; keep these, too, or look at synapses by seen=false")
        return _flat([reduce(np.matmul, [(fixed | kept)[name] for name in path])])

    return points


def _fixed(study: Study, run: str) -> Weights:
    """What nothing changes in the whole protocol."""
    protocol = study.protocol(run)
    if any(isinstance(phase, Change) for phase in protocol):
        return {}
    learning = {name for phase in protocol for name in phase.plastic}
    return {name: each for name, each in study.weights(run).items() if name not in learning}


def by_synapse(study: Study, run: str) -> Callable[[Weights], Points]:
    """All that learn, of those that were kept."""
    names = study.learning(run)
    return lambda kept: _flat([kept[name] for name in names if name in kept])


def _flat(weights: list[Float[np.ndarray, "state _ _"]]) -> Points:
    flat = [each.reshape(len(each), -1) for each in weights]
    return np.concatenate(flat, axis=1, dtype=np.float32)
