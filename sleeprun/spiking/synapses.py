"""Synapses: random wiring, starting weights, and the currents that spikes deliver."""

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int, UInt32

from sleeprun import noise
from sleeprun.spiking.spikes import SpikeList

Weights = Float[Array, "pre post"]
CURVEBALL_ROUNDS = 10  # trades of every neuron


def all_to_all(rng: np.random.Generator, pre: int, post: int) -> Bool[np.ndarray, "pre post"]:
    return np.ones((pre, post), bool)


def random_pairs(
    rng: np.random.Generator, pre: int, post: int, *, probability: float
) -> Bool[np.ndarray, "pre post"]:
    """Each pair is connected with the given probability, independently."""
    return rng.random((pre, post)) < probability


def fixed_fan_in(
    rng: np.random.Generator, pre: int, post: int, *, fan_in: int
) -> Bool[np.ndarray, "pre post"]:
    """Each post neuron has `fan_in` distinct inputs; the pre neurons' fan-outs differ by 1 at most.

    Golden et al. 2022: 9 of 49 inputs for each of 784 neurons, so every input has 144 targets.
    Drawn uniformly by the curveball chain (Strona et al. 2014): from a regular wiring, pairs of
    neurons again and again deal out anew the inputs that only one of the two has.
    """
    places = np.arange(post * fan_in).reshape(post, fan_in) % pre
    inputs = rng.permutation(pre)[places]
    for _ in range(CURVEBALL_ROUNDS):
        for one, other in rng.permutation(post)[: post // 2 * 2].reshape(-1, 2):
            inputs[one], inputs[other] = _trade(rng, inputs[one], inputs[other])
    connected = np.zeros((pre, post), bool)
    connected[inputs, np.arange(post)[:, None]] = True
    return connected


def _trade(
    rng: np.random.Generator, one: Int[np.ndarray, " input"], other: Int[np.ndarray, " input"]
) -> tuple[Int[np.ndarray, " input"], Int[np.ndarray, " input"]]:
    """Keep what both have; deal the rest out at random."""
    both = np.intersect1d(one, other, assume_unique=True)
    pool = rng.permutation(np.setxor1d(one, other, assume_unique=True))
    half = len(pool) // 2
    return np.concatenate([both, pool[:half]]), np.concatenate([both, pool[half:]])


def constant(
    rng: np.random.Generator, connected: Bool[np.ndarray, "pre post"], *, value: float
) -> Float[np.ndarray, "pre post"]:
    return np.where(connected, value, 0.0)


def normal(
    rng: np.random.Generator, connected: Bool[np.ndarray, "pre post"], *, mean: float, sd: float
) -> Float[np.ndarray, "pre post"]:
    """Normal weights, cut off at a hundredth of the mean so that no synapse changes its sign."""
    drawn = rng.normal(mean, sd, connected.shape)
    return np.where(connected, np.maximum(drawn, mean / 100), 0.0)


def coins(
    rng: np.random.Generator,
    connected: Bool[np.ndarray, "pre post"],
    *,
    floor: float,
    coin: float,
    coins_per_synapse: int,
) -> Float[np.ndarray, "pre post"]:
    """`floor` each, plus coins thrown at random over each pre neuron's synapses.

    Golden et al. 2022: every input neuron throws 1440 coins of 0.001 over its 144 synapses.
    """
    weights = np.zeros(connected.shape)
    for pre, targets in enumerate(connected):
        fan_out = np.count_nonzero(targets)
        if fan_out:
            won = rng.multinomial(coins_per_synapse * fan_out, np.full(fan_out, 1 / fan_out))
            weights[pre, targets] = floor + coin * won
    return weights


def minus_row_mean(excitatory: Weights) -> Weights:
    """Inhibition that balances excitation: minus the mean of each pre neuron's weights.

    It runs along the same synapses; one that was cut counts no more.
    """
    exists = excitatory != 0
    number = jnp.maximum(exists.sum(axis=1, keepdims=True), 1).astype(excitatory.dtype)
    return jnp.where(exists, -excitatory.sum(axis=1, keepdims=True) / number, 0.0)


def jitter(
    words: noise.Stream,
    amplitude: Float[Array, ""],
    *counters: Int[Array, "..."],
) -> Float[Array, "..."]:
    """The factor U(1 - R, 1 + R) on a synapse's current (counters: cycle, step, pre, post)."""
    return 1 + amplitude * (2 * noise.uniform(words, *counters) - 1)


def deliver_step(
    weights: Weights,
    fired: Bool[Array, " pre"],
    words: UInt32[Array, " words"],
    amplitude: Float[Array, ""],
    cycle: Int[Array, ""],
    step: Int[Array, ""],
) -> Float[Array, " post"]:
    """Current that one step's spikes bring to every post neuron (before its resistance)."""
    pre = jnp.arange(weights.shape[0], dtype=jnp.int32)[:, None]
    post = jnp.arange(weights.shape[1], dtype=jnp.int32)[None, :]
    factor = jitter(words, amplitude, cycle, step, pre, post)
    return jnp.where(fired[:, None], weights * factor, 0.0).sum(axis=0)


BLOCK = 16


def deliver_window(
    current: Float[Array, "time post"],
    weights: Weights,
    spikes: SpikeList,
    first: Int[Array, ""],
    start: Int[Array, ""],
    words: UInt32[Array, " words"],
    amplitude: Float[Array, ""],
    cycle: Int[Array, ""],
    step: Int[Array, ""],
) -> Float[Array, "time post"]:
    """Add to `current` what the list's spikes from index `first` on bring, step by step.

    Row 0 of `current` is time `start` on the spike clock, step `step` of cycle `cycle`.
    """
    post = jnp.arange(weights.shape[1], dtype=jnp.int32)[None, :]

    def add_block(block, current):
        index = first + block * BLOCK + jnp.arange(BLOCK, dtype=jnp.int32)
        pre = spikes.neuron[index]
        row = spikes.time[index] - start
        factor = jitter(words, amplitude, cycle, (step + row)[:, None], pre[:, None], post)
        row = jnp.where(index < spikes.length, row, current.shape[0])
        return current.at[row].add(weights[pre] * factor, mode="drop")

    blocks = (spikes.length - first + BLOCK - 1) // BLOCK
    return lax.fori_loop(0, blocks, add_block, current)
