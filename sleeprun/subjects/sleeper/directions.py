"""Weights by direction: along the sequences that are learned, and beside them."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np

from sleeprun.protocol.family import Scores
from sleeprun.subjects.sleeper.schema import Config
from sleeprun.subjects.sleeper.state import SleeperState, Stimulated

Matrices = list[list[Scores]]  # [seed][from][to], nan where there are no synapses


def along(config: Config, shared: Stimulated, state: SleeperState) -> dict[str, list[float | None]]:
    """Mean weight over starting weight of all seeds: between groups that follow one another in
    each sequence, within its groups, and of all other synapses. Of a sequence and its reverse the
    groups are told once.
    """
    masks = _masks(shared, config.sequences.orders)
    found: dict[str, list[float | None]] = {label: [] for label in masks}
    for share, pre, post in _shares(config, state):
        for label, mask in masks.items():
            chosen = share[mask[pre, post]]
            found[label].append(float(chosen.mean()) if len(chosen) else None)
    return found


def between(config: Config, shared: Stimulated, state: SleeperState) -> Matrices:
    """The same of every seed from each group of cells to each, whatever sequences these are of."""
    members = np.asarray(shared.groups, float)
    found: Matrices = []
    for share, pre, post in _shares(config, state):
        total, count = (
            np.einsum("as,bs,s->ab", members[:, pre], members[:, post], each)
            for each in (share, np.ones_like(share))
        )
        means = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
        found.append(means.round(4).tolist())
    return found


def _shares(config: Config, state: SleeperState) -> Iterator[tuple[np.ndarray, ...]]:
    """Of every seed the weight over its start, the pre and the post cell of each synapse."""
    name = config.sequences.projection
    every = np.asarray(state.network.weights[name])
    began = np.asarray(state.network.plastic[name].own.start)
    pairs = np.broadcast_to(np.arange(every.shape[1])[:, None], every.shape)
    for now, start, sources in zip(every, began, state.edges.get(name, pairs), strict=True):
        there = start > 0
        post = np.broadcast_to(np.arange(now.shape[1]), now.shape)
        yield now[there] / start[there], sources[there], post[there]


def _masks(shared: Stimulated, grouped: Iterable[str]) -> dict[str, np.ndarray]:
    groups = {name: np.asarray(each) for name, each in shared.sequences.items()}
    masks = {
        name: np.any([np.outer(a, b) for a, b in pairwise(each)], axis=0)
        for name, each in groups.items()
    }
    for name in grouped:
        masks[f"within {name}"] = np.any([np.outer(a, a) for a in groups[name]], axis=0)
    return {**masks, "others": ~np.any([*masks.values()], axis=0)}
