"""Training against a plain NumPy program written from src2022's equations."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from conftest import configured
from perceptrons import SIZES, adam, images, network, sgd, words

from sleeprun import noise
from sleeprun.config import ConfigError
from sleeprun.gradient import perceptron
from sleeprun.gradient.learners import Descent, training
from sleeprun.gradient.learners.descent import Optimiser
from sleeprun.gradient.learners.naive import Naive
from sleeprun.gradient.perceptron import Layers


def trained(net, descent, shown, labels, layers, key, *pieces):
    """Layers and mean loss after pieces of training with the naive learner."""
    state = training.starting_state(Naive(), descent, layers)
    first = 0
    for piece in pieces:
        state, loss = training.train(
            net, Naive(), descent, shown, labels, state, key,
            jnp.int32(first), jnp.int32(piece),
        )  # fmt: skip
        first += piece
    return state.layers, loss


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
    weights = [np.asarray(layer.weights, float) for layer in layers]
    velocity = [np.zeros_like(matrix) for matrix in weights]
    wanted = np.eye(SIZES[-1])[np.asarray(labels)]
    for _ in range(20):  # the batch is the whole set: its order does not matter
        gradients = numpy_step(weights, np.asarray(shown, float), wanted)
        velocity = [0.5 * v + 0.1 * g for v, g in zip(velocity, gradients, strict=True)]
        weights = [w - v for w, v in zip(weights, velocity, strict=True)]
    after, loss = trained(network(), sgd(0.1, 0.5), shown, labels, layers, words(), 20)
    assert float(loss) > 0
    for layer, start, matrix in zip(after, layers, weights, strict=True):
        assert np.abs(layer.weights - start.weights).max() > 1e-2
        np.testing.assert_allclose(layer.weights, matrix, atol=2e-6)


def test_an_epoch_shows_every_image_once_in_an_order_of_its_own() -> None:
    labels = images()[1]

    def epoch(number: int) -> list[int]:
        order, seen = training.order_of(words(), jnp.int32(number), 10), []
        for place in range(training.steps_an_epoch(10, 3)):
            shown = jnp.arange(10.0)[:, None]
            batch = training.batch_of(shown, labels, 3, order, jnp.int32(place))
            seen += np.asarray(batch.images)[np.asarray(batch.counts), 0].astype(int).tolist()
        return seen

    assert sorted(epoch(0)) == sorted(epoch(1)) == list(range(10))
    assert epoch(0) != epoch(1)


def test_steps_take_the_batches_of_their_epochs_in_turn() -> None:
    """A plain loop that draws every step's order afresh."""
    shown, labels = images()
    net, layers = network(0.25), perceptron.starting_layers(SIZES, 0.5, False, 0)
    after, _ = trained(net, sgd(0.1, batch=4), shown, labels, layers, words(), 8)
    for step in range(8):
        order = training.order_of(words(), jnp.int32(step // 3), 10)
        batch = training.batch_of(shown, labels, 4, order, jnp.int32(step % 3))
        dropped = noise.stream(noise.stream(words(), 41), step)
        gradient = jax.grad(
            lambda layers, b=batch, d=dropped: perceptron.batch_loss(net, layers, b, d)
        )
        layers = jax.tree.map(lambda w, g: w - 0.1 * g, layers, gradient(layers))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), after, layers)


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
def test_a_separable_task_is_learned(loss: str) -> None:
    labels = jnp.arange(30, dtype=jnp.int32) % 3
    shown = jax.nn.one_hot(labels, SIZES[0]) + images(30)[0] / 4
    net = network(0.1, loss, relu=False)  # one of so few ReLU outputs may be born dead
    layers = perceptron.starting_layers(SIZES, 0.5, True, 2)

    def share_correct() -> float:
        return float((net.outputs(layers, shown).argmax(axis=1) == labels).mean())

    before = share_correct()
    layers, _ = trained(net, adam(0.01, 0.9, batch=7), shown, labels, layers, words(), 400)
    assert before < 0.7
    assert share_correct() == 1.0


def test_training_in_pieces_and_seeds_together_are_the_same() -> None:
    shown, labels = images()
    net = network(0.25)

    def after(layers, key, *pieces):
        return trained(net, sgd(0.1, 0.5, batch=4), shown, labels, layers, key, *pieces)[0]

    births = [perceptron.starting_layers(SIZES, 0.5, False, seed) for seed in (0, 1)]
    keys = [words(seed) for seed in (0, 1)]
    whole = [after(*one, 9) for one in zip(births, keys, strict=True)]
    pieces = after(births[0], keys[0], 2, 3, 4)
    jax.tree.map(np.testing.assert_array_equal, whole[0], pieces)
    together = jax.vmap(lambda layers, key: after(layers, key, 9))(
        jax.tree.map(lambda *leaves: jnp.stack(leaves), *births), jnp.stack(keys)
    )
    for seed, alone in enumerate(whole):
        jax.tree.map(
            lambda a, b, s=seed: np.testing.assert_allclose(a, b[s], atol=1e-6), alone, together
        )


@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_optimisers_that_differ_in_numbers_step_as_optax_s_and_share_a_program(kind: str) -> None:
    layers = perceptron.starting_layers(SIZES, 0.5, False, 0)
    slopes = [perceptron.starting_layers(SIZES, 0.5, False, seed) for seed in range(1, 5)]
    traced = []

    @eqx.filter_jit
    def stepped(one: Descent | optax.GradientTransformation, layers: Layers) -> Layers:
        traced.append(one)
        state = one.init(layers)
        with jax.numpy_dtype_promotion("standard"):
            for slope in slopes:
                update, state = one.update(slope, state, layers)
                layers = optax.apply_updates(layers, update)
        return layers

    ours = {"sgd": sgd, "adam": adam}[kind]
    theirs = {"sgd": optax.sgd, "adam": optax.adam}[kind]
    for rate, second in ((0.1, 0.5), (0.2, 0.9)):
        found, expected = stepped(ours(rate, second), layers), stepped(theirs(rate, second), layers)
        close = partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-6)
        jax.tree.map(close, found, expected)
    assert sum(isinstance(one, Descent) for one in traced) == 1


class Halved(Optimiser):
    def steps(self, rate: jax.Array, momentum: jax.Array) -> optax.GradientTransformation:
        return optax.sgd(rate / 2, momentum)


class Helpless(Optimiser):
    def steps(self, rate: jax.Array, momentum: jax.Array) -> optax.GradientTransformation:
        return optax.sgd(self.pace)


def test_an_own_optimiser_takes_its_own_steps() -> None:
    shown, labels = images()
    layers = perceptron.starting_layers(SIZES, 0.3, True, 0)
    own = Descent(f"{__name__}.Halved", 0.2, 0.5, batch=10, epochs=1)
    ours, theirs = (
        trained(network(), each, shown, labels, layers, words(), 3)[0]
        for each in (own, sgd(0.1, 0.5))
    )
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("optimiser", "told"),
    [
        ("sdg", "no such kind of optimiser; did you mean 'sgd'?"),
        ("optax.adamw", "is no kind of optimiser: must be a class derived from sleeprun.gradient"),
    ],
)
def test_an_optimiser_that_is_none_is_told(optimiser: str, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        configured("+experiment=src_quick", f"training.optimiser={optimiser}")
    (line,) = str(raised.value).splitlines()
    assert line.startswith(f"training.optimiser='{optimiser}': {told}")


def test_an_optimiser_that_fails_is_told_by_its_class() -> None:
    descent = Descent(f"{__name__}.Helpless", 0.2, 0.5, batch=10, epochs=1)
    with pytest.raises(ConfigError, match=rf"^{__name__}.Helpless.steps: AttributeError"):
        descent.init(perceptron.starting_layers(SIZES, 0.3, True, 0))
