"""The ReLU perceptron and its losses by hand."""

import jax.numpy as jnp
import numpy as np
from perceptrons import SIZES, images, network, words

from sleeprun.gradient import perceptron
from sleeprun.gradient.perceptron import Layer


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
