"""The ReLU perceptron against a plain NumPy program written from src2022's equations."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from sleeprun import noise
from sleeprun.networks import perceptron
from sleeprun.networks.perceptron import Layer, Perceptron

SIZES = (6, 8, 7, 3)


def network(dropout: float = 0.0, loss: str = "squared_error", relu: bool = True) -> Perceptron:
    return Perceptron(jnp.float32(dropout), perceptron.LOSSES[loss], relu)


def images(count: int = 10) -> tuple[jax.Array, jax.Array]:
    rng = np.random.default_rng(5)
    shown = jnp.asarray(rng.uniform(0, 1, (count, SIZES[0])), jnp.float32)
    return shown, jnp.asarray(rng.integers(0, SIZES[-1], count), jnp.int32)


def words(seed: int = 0) -> jax.Array:
    return noise.seed_key(seed)


def numpy_step(
    weights: list[np.ndarray], shown: np.ndarray, wanted: np.ndarray
) -> list[np.ndarray]:
    """The gradient of sum((y - a)^2) / 2 averaged over a batch, by hand."""
    activity = [shown]
    for matrix in weights:
        activity.append(np.maximum(activity[-1] @ matrix, 0))
    error = (activity[-1] - wanted) * (activity[-1] > 0) / len(shown)
    gradients = []
    for depth in reversed(range(len(weights))):
        gradients.append(activity[depth].T @ error)
        error = (error @ weights[depth].T) * (activity[depth] > 0)
    return gradients[::-1]


def test_training_is_momentum_descent_as_the_paper_has_it() -> None:
    shown, labels = images()
    layers = perceptron.starting_layers(SIZES, 0.5, False, 0)
    optimiser = optax.sgd(0.1, momentum=0.5)
    weights = [np.asarray(layer.weights, float) for layer in layers]
    velocity = [np.zeros_like(matrix) for matrix in weights]
    wanted = np.eye(SIZES[-1])[np.asarray(labels)]
    for _ in range(20):  # the batch is the whole set: its order does not matter
        gradients = numpy_step(weights, np.asarray(shown, float), wanted)
        velocity = [0.5 * v + 0.1 * g for v, g in zip(velocity, gradients, strict=True)]
        weights = [w - v for w, v in zip(weights, velocity, strict=True)]
    trained, _, loss = perceptron.train(
        network(),
        optimiser,
        shown,
        labels,
        10,
        layers,
        optimiser.init(layers),
        words(),
        jnp.int32(0),
        jnp.int32(20),
    )
    assert float(loss) > 0
    for layer, start, matrix in zip(trained, layers, weights, strict=True):
        assert np.abs(layer.weights - start.weights).max() > 1e-2
        np.testing.assert_allclose(layer.weights, matrix, atol=2e-6)


def test_an_epoch_shows_every_image_once_in_an_order_of_its_own() -> None:
    labels = images()[1]

    def epoch(number: int) -> list[int]:
        seen = []
        for step in range(4 * number, 4 * number + 4):
            batch = perceptron.batch_of(
                jnp.arange(10.0)[:, None], labels, 3, words(), jnp.int32(step)
            )
            seen += np.asarray(batch.images)[np.asarray(batch.counts), 0].astype(int).tolist()
        return seen

    assert sorted(epoch(0)) == sorted(epoch(1)) == list(range(10))
    assert epoch(0) != epoch(1)


def test_what_fills_a_last_batch_up_does_not_count() -> None:
    shown, labels = images(4)
    layers = perceptron.starting_layers(SIZES, 0.5, False, 1)
    batch = perceptron.Batch(shown, labels, jnp.array([True, True, True, False]))
    three = perceptron.Batch(shown[:3], labels[:3], jnp.ones(3, bool))
    losses = [perceptron.batch_loss(network(), layers, one, words()) for one in (batch, three)]
    np.testing.assert_allclose(*losses, rtol=1e-6)


def test_dropout_drops_its_share_of_hidden_activations_and_of_nothing_else() -> None:
    ones = (Layer(jnp.ones((1, 400)), None), Layer(jnp.eye(400), None))
    shown = jnp.ones((50, 1))
    out = network(0.25).outputs_with_dropout(ones, shown, words())
    assert set(np.unique(out)) == {0.0, 1.0}
    assert abs(float((out == 0).mean()) - 0.25) < 0.01
    np.testing.assert_array_equal(network(0.25).outputs(ones, shown), 0.75)


def test_activations_by_hand() -> None:
    layers = (
        Layer(jnp.array([[1.0, -1.0]]), jnp.array([0.5, 0.0])),
        Layer(jnp.array([[2.0], [3.0]]), jnp.array([-4.0])),
    )
    hidden, output = network().activations(layers, jnp.array([[1.0], [-2.0]]))
    np.testing.assert_allclose(hidden, [[1.5, 0.0], [0.0, 2.0]])
    np.testing.assert_allclose(output, [[0.0], [2.0]])
    linear = network(relu=False).outputs(layers, jnp.array([[1.0]]))
    np.testing.assert_allclose(linear, [[-1.0]])


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
def test_a_separable_task_is_learned(loss: str) -> None:
    labels = jnp.arange(30, dtype=jnp.int32) % 3
    shown = jax.nn.one_hot(labels, SIZES[0]) + images(30)[0] / 4
    net = network(0.1, loss, relu=loss == "squared_error")
    layers = perceptron.starting_layers(SIZES, 0.5, True, 2)
    optimiser = optax.adam(0.01)
    args = (net, optimiser, shown, labels, 7)
    state = (layers, optimiser.init(layers), words())
    everything = jnp.ones(3, bool)
    before = perceptron.share_correct(net, layers, shown, labels, everything)
    trained, _, _ = perceptron.train(*args, *state, jnp.int32(0), jnp.int32(400))
    after = perceptron.share_correct(net, trained, shown, labels, everything)
    assert float(before) < 0.7
    assert float(after) == 1.0


def test_training_in_pieces_and_seeds_together_are_the_same() -> None:
    shown, labels = images()
    optimiser = optax.sgd(0.1, momentum=0.5)
    net = network(0.25)

    def trained(layers, key, *pieces):
        momentum, first = optimiser.init(layers), 0
        for piece in pieces:
            layers, momentum, _ = perceptron.train(
                net, optimiser, shown, labels, 4, layers, momentum, key,
                jnp.int32(first), jnp.int32(piece),
            )  # fmt: skip
            first += piece
        return layers

    births = [perceptron.starting_layers(SIZES, 0.5, False, seed) for seed in (0, 1)]
    keys = [words(seed) for seed in (0, 1)]
    whole = [trained(*one, 9) for one in zip(births, keys, strict=True)]
    pieces = trained(births[0], keys[0], 2, 3, 4)
    jax.tree.map(np.testing.assert_array_equal, whole[0], pieces)
    together = jax.vmap(lambda layers, key: trained(layers, key, 9))(
        jax.tree.map(lambda *leaves: jnp.stack(leaves), *births), jnp.stack(keys)
    )
    for seed, alone in enumerate(whole):
        jax.tree.map(
            lambda a, b, s=seed: np.testing.assert_allclose(a, b[s], atol=1e-6), alone, together
        )


def test_only_allowed_classes_are_chosen_among() -> None:
    layers = (Layer(jnp.eye(3), None),)
    shown = jnp.array([[0.1, 0.2, 0.9], [0.3, 0.2, 0.9]])
    labels = jnp.array([1, 0], jnp.int32)
    one_head = perceptron.share_correct(network(), layers, shown, labels, jnp.ones(3, bool))
    two = jnp.array([True, True, False])
    assert float(one_head) == 0.0
    assert float(perceptron.share_correct(network(), layers, shown, labels, two)) == 1.0
