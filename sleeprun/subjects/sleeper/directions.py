"""Weights by direction: along the sequences that are learned, and beside them."""

from itertools import pairwise

import numpy as np
from jaxtyping import Float

from sleeprun.subjects.sleeper.schema import Config
from sleeprun.subjects.sleeper.state import SleeperState, Stimulated

Pairs = Float[np.ndarray, "pre post"]


def along(config: Config, shared: Stimulated, state: SleeperState) -> dict[str, list[float | None]]:
    """Mean weight over starting weight of all seeds: between groups that follow one another in
    each sequence, within groups, and of all other synapses.
    """
    name = config.sequences.projection
    found: dict[str, list[float | None]] = {}
    masks = _masks(shared)
    every = np.asarray(state.network.weights[name])
    began = np.asarray(state.network.plastic[name].own.start)
    pairs = np.broadcast_to(np.arange(every.shape[1])[:, None], every.shape)
    for now, start, sources in zip(every, began, state.edges.get(name, pairs), strict=True):
        there = start > 0
        share = now[there] / start[there]
        post = np.broadcast_to(np.arange(now.shape[1]), now.shape)
        for label, mask in masks.items():
            chosen = share[mask[sources, post][there]]
            found.setdefault(label, []).append(float(chosen.mean()) if len(chosen) else None)
    return found


def _masks(shared: Stimulated) -> dict[str, np.ndarray]:
    groups = {name: np.asarray(each) for name, each in shared.sequences.items()}
    masks = {
        name: np.any([np.outer(a, b) for a, b in pairwise(each)], axis=0)
        for name, each in groups.items()
    }
    within = np.any([np.outer(a, a) for each in groups.values() for a in each], axis=0)
    others = ~np.any([within, *masks.values()], axis=0)
    return {**masks, "within groups": within, "others": others}
