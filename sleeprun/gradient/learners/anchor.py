"""How far weights are from an anchor, by the importance of each: what quadratic penalties share."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sleeprun.gradient.perceptron import Layers


def distance(importance: Layers, anchor: Layers, layers: Layers) -> Float[Array, ""]:
    """The sum of squared distances, each times its weight's importance."""
    terms = jax.tree.map(
        lambda important, anchor, now: jnp.sum(important * jnp.square(now - anchor)),
        importance,
        anchor,
        layers,
    )
    return jnp.stack(jax.tree.leaves(terms)).sum()
