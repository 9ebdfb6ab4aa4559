"""Counter-based random numbers: a hash of (stream, counters) instead of a state that is carried.

A draw depends only on what it is for, so every formulation of the simulator, however it is
batched, chunked or ordered, draws the same numbers.
"""

from enum import IntEnum

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt32

_WEYL = 0x9E3779B9


class Purpose(IntEnum):
    """What a stream of draws is for. A purpose keeps its number: with another one, every run of
    the same seed would be another run.
    """

    WIRING = 1
    NEURONS = 2
    STARTING_WEIGHTS = 4  # of perceptrons, and the noise on what sequences change
    SYNAPSES = 11
    WORLD = 12
    SLEEP = 13
    LESION = 14
    DROPOUT = 41
    ORDER_OF_IMAGES = 42
    REPLAYED_OUTPUTS = 43
    REPLAYED_LABELS = 44
    RESERVOIR = 45
    REFERENCE_BATCH = 46
    FISHER_TARGETS = 47
    TRAINING = 51
    REPLAY = 52
    MEMORY = 53
    GAUSSIAN_NOISE = 54
    SALT_AND_PEPPER = 55
    OTHER_NOISE = 56
    TEST = 1000  # and the boundary's index


# A stream's two words: an array, or two scalars, as kernels hold them.
Stream = UInt32[Array, " words"] | tuple[UInt32[Array, ""], UInt32[Array, ""]]


def _mix(word: UInt32[Array, "..."]) -> UInt32[Array, "..."]:
    """The 32-bit finaliser `lowbias32` (C. Wellons, 2018): a bijection with low bias."""
    word = (word ^ (word >> 16)) * jnp.uint32(0x7FEB352D)
    word = (word ^ (word >> 15)) * jnp.uint32(0x846CA68B)
    return word ^ (word >> 16)


def stream(key: UInt32[Array, " words"], purpose: int | Int[Array, ""]) -> UInt32[Array, " words"]:
    """The stream of one purpose (any integer) under a seed's key of two words."""
    if isinstance(purpose, Purpose):
        purpose = purpose.value
    return _mix(
        key
        + jnp.uint32(_WEYL) * jnp.arange(1, 3, dtype=jnp.uint32)
        + jnp.asarray(purpose).astype(jnp.uint32)
    )


def uniform(words: Stream, *counters: Int[Array, "..."] | int) -> Float[Array, "..."]:
    """Uniform draws in [0, 1) with 24 random bits, one per element of the broadcast counters."""
    word = words[0]
    for counter in counters:
        count = jnp.asarray(counter, jnp.int32).astype(jnp.uint32)
        word = _mix((word ^ words[1]) + jnp.uint32(_WEYL) * (count + 1))
    return (word >> 8).astype(jnp.float32) * jnp.float32(2.0**-24)


def inside(draws: Float[Array, "..."]) -> Float[Array, "..."]:
    """Uniform draws as numbers inside (0, 1), whose logarithms and quantiles are finite."""
    return jnp.minimum(draws + jnp.float32(2.0**-25), jnp.float32(1 - 2.0**-24))


def below(
    count: int | Int[Array, ""] | Int[Array, "*n"], draws: Float[Array, "*n"]
) -> Int[Array, "*n"]:
    """The whole number from 0 to `count` - 1 that each uniform draw stands for.

    The largest draw, 1 - 2^-24, times any count is rounded to less than the count.
    """
    return jnp.floor(draws * jnp.asarray(count).astype(jnp.float32)).astype(jnp.int32)


def seed_key(seed: int) -> UInt32[Array, "2"]:
    """The two words that all of a seed's streams derive from."""
    return jax.random.key_data(jax.random.key(seed, impl="threefry2x32"))
