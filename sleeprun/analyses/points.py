"""The weights of networks as points in a space: what they see through them, or the synapses."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from sleeprun.analyses.fields import seen_through
from sleeprun.analyses.study import Study, Weights
from sleeprun.config import ConfigError

Points = Float[np.ndarray, "state value"]


def by_sight(study: Study, run: str) -> Callable[[Weights], Points] | None:
    """What the last neurons see, where a run's networks do: through weights that learn as they were
    kept, and through the others.
    """
    sight = study.runs[run].config.sight
    if sight is None:
        return None
    *_, path = sight.through.values()
    learning = {name for name in study.learning(run) if name in path}
    fixed = {name: each for name, each in study.weights(run).items() if name not in learning}

    def points(kept: Weights) -> Points:
        if missing := sorted(learning - {*kept}):
            told = f"runtime.weights_of: has not {', '.join(missing)}, through which it sees"
            raise ConfigError(f"{run}: {told}; keep these, too, or look at synapses by seen=false")
        return _flat([seen_through(fixed | kept, path)])

    return points


def by_synapse(study: Study, run: str) -> Callable[[Weights], Points]:
    """All that learn, of those that were kept."""
    names = study.learning(run)
    return lambda kept: _flat([kept[name] for name in names if name in kept])


def _flat(weights: list[Float[np.ndarray, "state _ _"]]) -> Points:
    flat = [each.reshape(len(each), -1) for each in weights]
    return np.concatenate(flat, axis=1, dtype=np.float32)
