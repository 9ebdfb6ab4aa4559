"""How a quiet Rulkov neuron relaxes: many steps of the map at once.

Between two arrivals a neuron is alone, and near its resting point nothing is left to happen:
deviations die out as 0.985^n. Two expansions of the n-step map then stand for the steps: its
Taylor polynomial where all deviations are small; and, for a neuron near rest that has just been
given a current below threshold, a table over that current of where it is `reach` steps later.
"""

from functools import lru_cache
from itertools import product

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sleeprun.spiking.neurons.rulkov import RulkovMap

BOUND = 2e-3  # on v; the polynomial is then within 1e-8 of the steps
DEGREE = 4  # of the polynomial for small deviations
TABLE_DEGREE = 2  # of the polynomials in v and u in a row of the table
TABLE_ROWS, ROW = 1024, 16  # a row: two polynomials of six terms, padded
BELOW_THRESHOLD = 0.85  # largest current of the table, as a share of what makes a neuron spike

Series = Float[np.ndarray, "term ..."]


class Relaxation(eqx.Module):
    """A neuron is quiet where |v| + by_u |u| + by_i |i| <= bound: the largest v that its
    deviations can still lead to is, to first order, below the bound.
    """

    limits: Float[Array, "4"]  # bound, by_u, by_i, largest current of the table
    taylor: Float[Array, "step 2 term"]  # v and u after step + 1 steps
    table: Float[Array, "row 16"]  # v and u after `reach` steps; rows over the current
    reach: Int[Array, ""]


class _PowerSeries:
    """The arithmetic of power series in a few variables, cut off at a degree."""

    def __init__(self, variables: int, degree: int):
        powers = [p for p in product(range(degree + 1), repeat=variables) if sum(p) <= degree]
        self.powers = sorted(powers, key=lambda power: (sum(power), power))
        self.degree = degree
        # Which pair of terms, [a * terms + b], adds to which term.
        self.products = np.zeros((len(powers), len(powers) ** 2))
        for pair, (p, q) in enumerate(product(self.powers, repeat=2)):
            both = tuple(x + y for x, y in zip(p, q, strict=True))
            if both in self.powers:
                self.products[self.powers.index(both), pair] = 1

    def constant(self, value: float | np.ndarray) -> Series:
        series = np.zeros((len(self.powers), *np.shape(value)))
        series[0] = value
        return series

    def variable(self, which: int) -> int:
        """The place of a variable's own, linear, term."""
        return self.powers.index(tuple(int(k == which) for k in range(len(self.powers[0]))))

    def times(self, a: Series, b: Series) -> Series:
        pairs = (a[:, None] * b[None, :]).reshape(len(a) ** 2, -1)
        return (self.products @ pairs).reshape(a.shape)

    def reciprocal(self, a: Series) -> Series:
        one = self.constant(np.ones(a.shape[1:]))
        rest, total = one - a / a[0], one
        for _ in range(self.degree):
            total = one + self.times(rest, total)
        return total / a[0]

    def silent_step(
        self, neuron: RulkovMap, v: Series, u: Series, i: Series
    ) -> tuple[Series, Series, Series]:
        """One step of `RulkovMap` below threshold."""
        span = 1 - float(neuron.v_rest)
        room = self.constant(np.full(v.shape[1:], span)) - v
        w = u + float(neuron.beta_e) * i
        after = float(neuron.alpha) / span * self.times(v, self.reciprocal(room)) + w
        return after, u - float(neuron.mu) * (v - i), float(neuron.current_decay) * i


def relaxation_of(neuron: RulkovMap, steps: int) -> Relaxation | None:
    """The relaxation of a neuron over up to `steps` steps; None where its expansions diverge."""
    leaves, structure = jax.tree.flatten(neuron)
    return _relaxation(structure, tuple(map(float, leaves)), steps)


@lru_cache(maxsize=64)  # the jobs of a sweep ask again
def _relaxation(
    structure: jax.tree_util.PyTreeDef, numbers: tuple[float, ...], steps: int
) -> Relaxation | None:
    neuron = jax.tree.unflatten(structure, numbers)  # plain numbers: every step reads them
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = _expanded(neuron, steps)
    finite = all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))
    return found if finite else None


def _expanded(neuron: RulkovMap, steps: int) -> Relaxation:
    ring = _PowerSeries(3, DEGREE)
    v, u, i = (ring.constant(0.0) for _ in range(3))
    for which, series in enumerate((v, u, i)):
        series[ring.variable(which)] = 1
    taylor = np.empty((steps, 2, len(ring.powers) - 1))
    for step in range(steps):
        v, u, i = ring.silent_step(neuron, v, u, i)
        taylor[step] = v[1:], u[1:]
    leads = np.abs(taylor[:, 0]).max(axis=0)
    by_u, by_i = (leads[ring.variable(which) - 1] for which in (1, 2))
    largest = BELOW_THRESHOLD * threshold(neuron, steps)
    table, reach = _table(neuron, steps, largest, (by_u, by_i))
    return Relaxation(
        limits=jnp.asarray(np.array([BOUND, by_u, by_i, largest], np.float32)),
        taylor=jnp.asarray(taylor.astype(np.float32)),
        table=jnp.asarray(table.astype(np.float32)),
        reach=jnp.int32(reach),
    )


def _table(
    neuron: RulkovMap, steps: int, largest: float, leads: tuple[float, float]
) -> tuple[Float[np.ndarray, "row 16"], int]:
    """Run resting neurons with every current until all are quiet, with room for the rest."""
    ring = _PowerSeries(2, TABLE_DEGREE)
    at_rest = np.zeros(TABLE_ROWS)
    v, u = ring.constant(at_rest), ring.constant(at_rest)
    v[ring.variable(0)], u[ring.variable(1)] = 1, 1
    i = ring.constant(np.linspace(0, largest, TABLE_ROWS))
    reach = 0
    by_u, by_i = leads
    while reach < steps and (
        reach == 0 or (np.abs(v[0]) + by_u * np.abs(u[0]) + by_i * i[0]).max() > BOUND / 2
    ):
        v, u, i = ring.silent_step(neuron, v, u, i)
        reach += 1
    rows = np.zeros((TABLE_ROWS, ROW))
    rows[:, : 2 * len(ring.powers)] = np.concatenate([v, u]).T
    return rows, reach


def threshold(neuron: RulkovMap, steps: int) -> float:
    """The smallest current that makes a resting neuron spike within some steps, from below."""
    ring = _PowerSeries(1, 0)
    low, high = 0.0, 1.0
    for _ in range(4):
        currents = np.linspace(low, high, 201)
        v, u, i = ring.constant(0 * currents), ring.constant(0 * currents), ring.constant(currents)
        silent = np.ones(currents.shape, bool)
        for _ in range(steps):
            v, u, i = ring.silent_step(neuron, v, u, i)
            silent &= v[0] <= -float(neuron.v_rest)
            v[0] = np.where(silent, v[0], 0.0)  # what has spiked is of no more interest
        spiking = max(1, int(np.argmin(silent)))
        low, high = currents[spiking - 1], currents[spiking]
    return float(low)
