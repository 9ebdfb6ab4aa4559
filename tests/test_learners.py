"""Every continual-learning method by hand-computed cases, and all of them over tiny tasks."""

from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from perceptrons import images, network, sgd, words
from pydantic import ValidationError

from sleeprun import noise
from sleeprun.gradient import learners as kinds
from sleeprun.gradient import perceptron
from sleeprun.gradient.learners import (
    agem,
    averaging,
    buffer,
    derpp,
    ewc,
    icarl,
    lwf,
    rehearsal,
    si,
    training,
)
from sleeprun.gradient.learners.agem import AGEM
from sleeprun.gradient.learners.averaging import Averaging
from sleeprun.gradient.learners.buffer import Ranked
from sleeprun.gradient.learners.derpp import DER
from sleeprun.gradient.learners.ewc import EWC
from sleeprun.gradient.learners.icarl import ICaRL
from sleeprun.gradient.learners.learner import Learner, Step
from sleeprun.gradient.learners.lwf import LwF
from sleeprun.gradient.learners.naive import Naive
from sleeprun.gradient.learners.poured import Poured
from sleeprun.gradient.learners.rehearsal import Rehearsal
from sleeprun.gradient.learners.si import SI
from sleeprun.gradient.perceptron import Batch, Layer, Layers
from sleeprun.noise import Purpose

CLASSES, PIXELS, SHOWN = 6, 10, 24  # images a task, of two classes each
SIZES = (PIXELS, 16, CLASSES)


def elastic(strength: float, decay: float = 1.0, sampled: bool = False) -> Learner:
    return EWC(strength, decay, sampled)


LEARNERS = {
    "naive": Naive(),
    "rehearsal": Rehearsal(20, 1.0),
    "poured": Poured(0.5),
    "ewc": elastic(10.0, 0.9),
    "si": SI(0.1, 0.1),
    "lwf": LwF(1.0, 2.0),
    "derpp": DER(20, 8, 0.5, 0.5),
    "agem": AGEM(20, 8),
    "icarl": ICaRL(12),
    "averaging": Averaging(),
}
DESCENT = sgd(0.1, 0.5, batch=7)


class Task(NamedTuple):
    images: jax.Array
    labels: jax.Array


def tasks(seed: int = 0) -> list[Task]:
    """Classes 0 and 1, then 2 and 3, then 4 and 5: each a cluster of its own."""
    rng = np.random.default_rng(seed)
    told = []
    for task in range(3):
        labels = 2 * task + np.arange(SHOWN) % 2
        shown = np.eye(PIXELS)[labels] + rng.uniform(0, 0.5, (SHOWN, PIXELS))
        told.append(Task(jnp.asarray(shown, jnp.float32), jnp.asarray(labels, jnp.int32)))
    return told


def births(seed: int) -> Layers:
    return perceptron.starting_layers(SIZES, 0.3, True, seed)


NETWORK = network(0.1, "cross_entropy", relu=False)
train = eqx.filter_jit(training.train)
remembered, balanced = eqx.filter_jit(rehearsal.remembered), eqx.filter_jit(buffer.balanced)
fisher = eqx.filter_jit(ewc.fisher)


@eqx.filter_jit
def consolidated(
    learner: Learner,
    memory: Any,
    layers: Layers,
    task: tuple[jax.Array, jax.Array],
    key: jax.Array,
    net: perceptron.Perceptron = NETWORK,
) -> Any:
    return learner.consolidate(net, memory, layers, *task, key)


def learned(
    learner: Learner, layers: Layers, key: jax.Array, epochs: int = 16, pieces: int = 1
) -> tuple[training.State, list[Layers]]:
    """The state after all tasks, and the weights after each."""
    state, after = training.starting_state(learner, DESCENT, layers), []
    for number, task in enumerate(tasks()):
        mixed, labels = learner.mix(state.memory, *task)
        state = state._replace(memory=learner.begin(NETWORK, state.memory, state.layers))
        task_words = noise.stream(key, number)
        steps = epochs * training.steps_an_epoch(len(labels), 7)
        cuts = [steps * piece // pieces for piece in range(pieces + 1)]
        for first, last in pairwise(cuts):
            state, _ = train(
                NETWORK, learner, DESCENT, mixed, labels, state, task_words,
                jnp.int32(first), jnp.int32(last - first),
            )  # fmt: skip
        memory = consolidated(learner, state.memory, state.layers, task, task_words)
        state = state._replace(memory=memory)
        after.append(state.layers)
    return state, after


@eqx.filter_jit
def outputs(learner: Learner, state: training.State, shown: jax.Array) -> jax.Array:
    return learner.outputs(NETWORK, state.memory, state.layers, shown)


def accuracy(learner: Learner, state: training.State, task: Task) -> float:
    named = np.argmax(outputs(learner, state, task.images), axis=1)
    return float((named == np.asarray(task.labels)).mean())


def assert_trees_equal(one, other, **tolerance) -> None:
    assert jax.tree.structure(one) == jax.tree.structure(other)
    check = np.testing.assert_allclose if tolerance else np.testing.assert_array_equal
    jax.tree.map(lambda a, b: check(a, b, **tolerance), one, other)


def halves(first: bool) -> list[Any]:
    """Every other learner; those that the other test tries in short are long ones here."""
    return [
        pytest.param(name, marks=() if bool(place % 2) != first else pytest.mark.long)
        for place, name in enumerate(LEARNERS)
    ]


@pytest.mark.parametrize("name", halves(first=True))
def test_a_sequence_of_tasks_ends_finite_and_the_same_however_chunked(name: str) -> None:
    learner, layers = LEARNERS[name], births(0)
    whole, _ = learned(learner, layers, words(), epochs=2)
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(whole))
    moved = jax.tree.map(lambda a, b: float(jnp.abs(a - b).max()), whole.layers, layers)
    assert min(jax.tree.leaves(moved)) > 1e-3
    assert_trees_equal(whole, learned(learner, layers, words(), epochs=2, pieces=3)[0])


@pytest.mark.parametrize("name", halves(first=False))
def test_seeds_together_are_as_seeds_alone(name: str) -> None:
    def run(layers, key):
        return learned(LEARNERS[name], layers, key, epochs=2)[0]

    starts, keys = [births(seed) for seed in (0, 1)], [words(seed) for seed in (0, 1)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *starts)
    together = jax.jit(jax.vmap(run))(stacked, jnp.stack(keys))
    for seed in (0, 1):
        alone = run(starts[seed], keys[seed])
        ours = jax.tree.map(lambda leaf, seed=seed: leaf[seed], together)
        assert_trees_equal(ours, alone, atol=2e-5, rtol=1e-4)


@pytest.fixture(scope="module")
def forgotten() -> float:
    """Accuracy on the first task after the last, of training alone."""
    state, _ = learned(Naive(), births(0), words())
    assert accuracy(Naive(), state, tasks()[2]) == 1.0
    return accuracy(Naive(), state, tasks()[0])


@pytest.mark.parametrize("name", ["rehearsal", "poured", "derpp", "agem", "icarl"])
def test_a_method_with_a_memory_forgets_less(name: str, forgotten: float) -> None:
    state, _ = learned(LEARNERS[name], births(0), words())
    assert forgotten < 0.3
    assert accuracy(LEARNERS[name], state, tasks()[0]) > forgotten + 0.3
    assert accuracy(LEARNERS[name], state, tasks()[2]) > 0.8


@pytest.mark.parametrize(
    "learner", [elastic(200.0), SI(0.5, 0.1), LwF(1.0, 2.0)], ids=["ewc", "si", "lwf"]
)
def test_a_penalty_keeps_old_outputs_nearer_to_what_they_were(learner: Learner) -> None:
    """How far the second task moves the first one's two outputs against each other."""
    shown = tasks()[1].images

    def moved(learner: Learner) -> float:
        first, second, _ = learned(learner, births(0), words())[1]
        change = (NETWORK.outputs(second, shown) - NETWORK.outputs(first, shown))[:, :2]
        return float(jnp.abs(change - change.mean(axis=1, keepdims=True)).mean())

    assert moved(learner) < 0.7 * moved(Naive())


def test_learners_that_differ_in_a_number_share_a_program() -> None:
    traced = []

    @eqx.filter_jit
    def slope(learner: Learner, layers: Layers) -> Layers:
        traced.append(learner)
        batch = Batch(*tasks()[0], jnp.ones(SHOWN, bool))
        ones = jax.tree.map(jnp.ones_like, layers)
        memory = ewc.Elastic(ones, jax.tree.map(jnp.zeros_like, layers))
        return jax.grad(lambda now: learner.loss(NETWORK, memory, now, batch, words()))(layers)

    weak, strong, none = (slope(elastic(s), births(0)) for s in (1.0, 3.0, 0.0))
    assert len(traced) == 1
    threefold = jax.tree.map(lambda weak, none: none + 3 * (weak - none), weak, none)
    assert_trees_equal(strong, threefold, atol=1e-5)


def test_averaging_is_the_mean_of_the_weights_after_each_task() -> None:
    learner = Averaging()
    state, after = learned(learner, births(0), words(), epochs=1)
    hand = jax.tree.map(lambda *leaves: sum(np.asarray(leaf, float) for leaf in leaves) / 3, *after)
    assert_trees_equal(averaging.mean(state.memory, state.layers), hand, rtol=1e-5, atol=1e-7)
    shown = tasks()[0].images
    wanted = NETWORK.outputs(averaging.mean(state.memory, state.layers), shown)
    read = learner.outputs(NETWORK, state.memory, state.layers, shown)
    np.testing.assert_array_equal(read, wanted)
    assert float(jnp.abs(read - NETWORK.outputs(state.layers, shown)).max()) > 1e-2
    assert_trees_equal(state.layers, learned(Naive(), births(0), words(), epochs=1)[0].layers)
    unborn = learner.init(births(0))
    assert_trees_equal(averaging.mean(unborn, births(0)), births(0))


def test_carried_bytes_by_hand() -> None:
    layers = perceptron.starting_layers((3, 2), 0.1, True, 0)
    weights = 4 * (3 * 2 + 2)
    shown, labels = jnp.ones((4, 3)), jnp.array([0, 1, 0, 1], jnp.int32)

    def carried(learner: Learner) -> int:
        memory = learner.begin(NETWORK, learner.init(layers), layers)
        memory = consolidated(learner, memory, layers, (shown, labels), words())
        return learner.carried(memory)

    image = 4 * 3 + 4
    assert carried(Naive()) == 0
    assert carried(Poured(0.5)) == 2 * image
    assert carried(Rehearsal(3, 1.0)) == 3 * (image + 4)
    assert carried(elastic(1.0)) == weights
    assert carried(SI(1.0, 1.0)) == weights
    assert carried(LwF(1.0, 2.0)) == 2
    assert carried(DER(5, 2, 1.0, 1.0)) == 5 * (image + 4 * 2) + 4
    assert carried(AGEM(3, 2)) == 3 * (image + 4)
    assert carried(ICaRL(3)) == 3 * (image + 4)
    assert carried(Averaging()) == weights + 4


# Buffers and rehearsal


def test_a_balanced_buffer_keeps_its_capacity_and_shares_it_among_classes() -> None:
    kept = buffer.unranked(births(0))
    for number, task in enumerate(tasks()):
        scores = buffer.random_scores(task.labels, noise.stream(words(), number))
        kept = balanced(kept, Ranked(*task, scores), 14)
        counts = np.bincount(kept.labels, minlength=CLASSES)[: 2 * number + 2]
        assert counts.sum() == 14
        assert counts.max() - counts.min() <= 1
    every = np.concatenate([task.images for task in tasks()])
    labels = np.concatenate([task.labels for task in tasks()])
    found = [int(np.flatnonzero((every == image).all(axis=1))[0]) for image in kept.images]
    assert len(set(found)) == 14
    np.testing.assert_array_equal(labels[found], kept.labels)


def test_ranks_count_lower_scores_of_the_same_class() -> None:
    labels = jnp.array([1, 0, 1, 1, 0], jnp.int32)
    ranks = buffer.ranks_in_class(labels, jnp.array([0.5, 0.9, 0.1, 0.7, 0.2]))
    np.testing.assert_array_equal(ranks, [1, 1, 0, 2, 0])


def test_a_random_choice_is_uniform_within_a_class() -> None:
    labels = jnp.zeros(5, jnp.int32)
    keys = jax.vmap(lambda purpose: noise.stream(words(), purpose))(jnp.arange(4000))
    first = jnp.argmin(jax.vmap(lambda key: buffer.random_scores(labels, key))(keys), axis=1)
    np.testing.assert_allclose(np.bincount(first) / 4000, 0.2, atol=0.03)


@pytest.mark.parametrize("how", ["random", "herding"])
def test_where_classes_recur_tasks_share_the_buffer(how: str) -> None:
    """Six tasks of the same two classes; images tell their task."""
    kept = buffer.unranked((Layer(jnp.zeros((1, 2)), None),))
    labels = jnp.arange(200, dtype=jnp.int32) % 2
    for task in range(6):
        shown = jnp.full((200, 1), float(task))
        drawn = buffer.random_scores(labels, noise.stream(words(), task))
        scores = drawn if how == "random" else buffer.ranks_in_class(labels, drawn).astype(float)
        kept = balanced(kept, Ranked(shown, labels, scores), 120)
    counts = np.bincount(np.asarray(kept.images[:, 0], int), minlength=6)
    expected = 20
    spread = 4 * np.sqrt(expected) if how == "random" else 1
    assert np.all(np.abs(counts - expected) <= spread)
    assert np.bincount(kept.labels).tolist() == [60, 60]


def as_rows(shown: jax.Array) -> list[tuple[float, ...]]:
    return sorted(tuple(row) for row in np.asarray(shown).tolist())


def test_all_images_poured_in_are_all_images_so_far() -> None:
    learner, memory = Poured(1.0), buffer.empty(births(0))
    for number, task in enumerate(tasks()):
        mixed, labels = learner.mix(memory, *task)
        everything = jnp.concatenate([other.images for other in tasks()[: number + 1]])
        assert as_rows(mixed) == as_rows(everything)
        np.testing.assert_array_equal(np.argmax(mixed[:, :CLASSES], axis=1), labels)
        memory = consolidated(learner, memory, births(0), task, words())


def test_what_is_poured_in_is_a_fraction_of_every_task() -> None:
    learner, memory = Poured(0.25), buffer.empty(births(0))
    for task in tasks():
        memory = consolidated(learner, memory, births(0), task, words())
    np.testing.assert_array_equal(np.bincount(memory.labels), 3)
    none = consolidated(Poured(0.0), buffer.empty(births(0)), births(0), tasks()[0], words())
    assert len(none.labels) == 0


@pytest.mark.parametrize("learner", [Poured(0.3), ICaRL(17), ICaRL(1000), Rehearsal(9, 1.0)])
def test_a_method_tells_how_many_images_it_mixes_in(learner: Learner) -> None:
    """Tasks of 24, 15 and 24 images."""
    memory, earlier = learner.init(births(0)), []
    for number, (shown, labels) in enumerate(tasks()):
        there = 15 if number == 1 else SHOWN
        shown, labels = shown[:there], labels[:there]
        mixed, _ = learner.mix(memory, shown, labels)
        assert len(mixed) == there + learner.kept(earlier)
        memory = consolidated(learner, memory, births(0), (shown, labels), words())
        earlier.append(there)


@cache
def remembering(capacity: int, tasks_done: int = 2) -> Ranked:
    learner = Rehearsal(capacity, 1.0)
    memory = learner.init(births(0))
    for number, task in enumerate(tasks()[:tasks_done]):
        key = noise.stream(words(), number)
        memory = consolidated(learner, memory, births(0), task, key)
    return memory


@pytest.mark.parametrize("capacity", [1, 3, 7, 20])
@pytest.mark.parametrize("size", [1, 7, 24])
def test_half_of_every_batch_is_kept_images_of_all_classes_alike(capacity: int, size: int) -> None:
    """Whatever is kept, and though the first class has the fewest: 20 are 5 of each of four."""
    memory, new = remembering(capacity), tasks()[2]
    there = len(set(np.asarray(memory.labels).tolist()))
    counts = jnp.arange(size) < max(size - 2, 1)  # a last batch is filled up
    batch = Batch(new.images[:size], new.labels[:size], counts)
    extra = np.zeros(CLASSES, int)
    for step in range(8):
        found = remembered(memory, batch, noise.stream(words(), step))
        rows = {tuple(row) for row in as_rows(memory.images)}
        assert {tuple(row) for row in as_rows(found.images)} <= rows
        np.testing.assert_array_equal(found.counts, counts)
        shares = np.bincount(found.labels, minlength=CLASSES)
        assert shares[4:].sum() == 0  # the new task's classes
        known = shares[np.unique(memory.labels)]
        assert (len(known), known.sum()) == (there, size)
        assert known.max() - known.min() <= 1
        extra += shares > size // there
    assert size % there == 0 or (extra[np.unique(memory.labels)] > 0).sum() > 1


def test_no_image_of_the_task_that_is_trained_comes_from_the_buffer() -> None:
    """In any step of three tasks; behind each the buffer has some of it."""
    seen: list[tuple[set[int], set[int]]] = []

    def note(kept: np.ndarray, new: np.ndarray) -> None:
        seen.append((set(kept.tolist()), set(new.tolist())))

    class Watched(Rehearsal):
        def loss(self, network: Any, memory: Any, layers: Any, batch: Any, words: Any) -> Any:
            jax.debug.callback(note, memory.labels, batch.labels)
            return super().loss(network, memory, layers, batch, words)

    learned(Watched(20, 1.0), births(0), words(), epochs=2)
    jax.effects_barrier()
    assert all(not kept & new for kept, new in seen)
    assert {frozenset(kept) for kept, _ in seen} == {frozenset(), frozenset({0, 1}),
                                                    frozenset({0, 1, 2, 3})}  # fmt: skip


def test_no_kept_image_comes_twice_before_all_of_its_class_have_come() -> None:
    memory = Ranked(jnp.arange(6.0)[:, None], jnp.array([3, 1, 1, 3, 1, 1]), jnp.zeros(6))
    seen = set()
    for step in range(20):
        batch = buffer.by_class(memory, 8, noise.stream(words(), step))
        assert sorted(np.asarray(batch.images[:, 0]).tolist()) == [0, 0, 1, 2, 3, 3, 4, 5]
        np.testing.assert_array_equal(batch.labels, memory.labels[batch.images[:, 0].astype(int)])
        seen.add(int(buffer.by_class(memory, 1, noise.stream(words(), step)).images[0, 0]))
    assert seen == set(range(6))


@pytest.mark.parametrize("strength", [1.0, 0.25])
def test_rehearsal_lowers_the_loss_of_new_and_of_kept_images(strength: float) -> None:
    learner, layers = Rehearsal(20, strength), births(0)
    net = network(0.0, "cross_entropy", False)
    new = Batch(*tasks()[2], jnp.ones(SHOWN, bool))
    plain = perceptron.batch_loss(net, layers, new, words())
    assert float(learner.loss(net, learner.init(layers), layers, new, words())) == float(plain)
    memory = remembering(20)
    drawn = noise.stream(words(), Purpose.REPLAYED_LABELS)
    replayed = perceptron.batch_loss(net, layers, remembered(memory, new, drawn), drawn)
    both = learner.loss(net, memory, layers, new, words())
    assert float(both) == pytest.approx(float(plain) + strength * float(replayed), rel=1e-5)


# EWC


def one_layer(*weights: float) -> Layers:
    return (Layer(jnp.array([weights]), None),)


def test_the_elastic_penalty_and_its_gradient_by_hand() -> None:
    memory = ewc.Elastic(one_layer(2.0, 0.5), one_layer(1.0, -1.0))
    assert float(ewc.penalty(memory, memory.anchor)) == 0.0
    away = one_layer(1.5, 1.0)
    assert float(ewc.penalty(memory, away)) == pytest.approx((2 * 0.25 + 0.5 * 4) / 2)
    slope = jax.grad(lambda layers: ewc.penalty(memory, layers))(away)
    np.testing.assert_allclose(slope[0].weights, [[2 * 0.5, 0.5 * 2]])


def test_the_elastic_loss_adds_strength_times_the_penalty() -> None:
    shown, labels = tasks()[0]
    batch, layers = Batch(shown, labels, jnp.ones(SHOWN, bool)), births(0)
    ones = jax.tree.map(jnp.ones_like, layers)
    memory = ewc.Elastic(ones, jax.tree.map(lambda leaf: leaf + 0.1, layers))
    number = sum(leaf.size for leaf in jax.tree.leaves(layers))
    loss = elastic(3.0).loss(NETWORK, memory, layers, batch, words())
    plain = perceptron.batch_loss(NETWORK, layers, batch, words())
    assert float(loss - plain) == pytest.approx(3 * number * 0.01 / 2, rel=1e-4)


@pytest.mark.parametrize("strength", [0.5, 50.0, 1e6])
def test_a_step_ends_where_the_elastic_penalty_and_the_task_s_slope_balance(
    strength: float,
) -> None:
    """(after - before) / rate = -(slope + strength * importance * (after - anchor))."""
    importance, start = np.array([[2.0, 0.0, 0.5]]), np.array([[1.0, -2.0, 3.0]])
    memory = ewc.Elastic(one_layer(*importance[0]), one_layer(0.0, 0.0, 0.0))
    slope = np.array([[0.3, -0.7, 0.2]])
    whole = slope + strength * importance * start
    given = elastic(strength).direct(
        NETWORK, memory, one_layer(*start[0]), one_layer(*whole[0]), jnp.float32(0.1), words()
    )
    after = start - 0.1 * np.asarray(given[0].weights, float)
    hand = (start - 0.1 * slope) / (1 + 0.1 * strength * importance)
    np.testing.assert_allclose(after, hand, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
@pytest.mark.parametrize("biases", [True, False])
def test_the_fisher_is_the_mean_over_images_of_squared_gradients(loss: str, biases: bool) -> None:
    shown, labels = images(9)
    net = network(0.25, loss, relu=False)
    layers = perceptron.starting_layers((6, 8, 7, 3), 0.5, biases, 0)

    wanted = jax.nn.one_hot(labels, 3)

    def image_loss(layers: Layers, image: jax.Array, wanted: jax.Array) -> jax.Array:
        return net.loss(net.outputs(layers, image[None]), wanted[None])[0]

    slope = jax.jit(jax.grad(image_loss))
    gradients = [slope(layers, *one) for one in zip(shown, wanted, strict=True)]
    hand = jax.tree.map(
        lambda *all: sum(np.square(one, dtype=float) for one in all) / 9, *gradients
    )
    assert_trees_equal(fisher(net, layers, shown, wanted), hand, rtol=1e-4, atol=1e-9)
    assert max(float(leaf.max()) for leaf in jax.tree.leaves(hand)) > 1e-3


def test_importance_accumulates_over_tasks_and_decays() -> None:
    learner, layers, other = elastic(1.0, 0.5), births(0), births(1)
    memory = learner.init(layers)
    assert max(float(leaf.max()) for leaf in jax.tree.leaves(memory.importance)) == 0.0
    for now, task in zip([layers, other], tasks(), strict=False):
        memory = consolidated(learner, memory, now, task, words())
    first, second = (
        fisher(NETWORK, now, task.images, jax.nn.one_hot(task.labels, CLASSES))
        for now, task in zip([layers, other], tasks(), strict=False)
    )
    hand = jax.tree.map(lambda a, b: 0.5 * a + b, first, second)
    assert_trees_equal(memory.importance, hand, rtol=1e-5)
    assert_trees_equal(memory.anchor, layers)
    slept = jax.tree.map(lambda leaf: leaf + 0.5, other)
    begun = learner.begin(NETWORK, memory, slept)
    assert_trees_equal(begun.anchor, slept)
    assert_trees_equal(begun.importance, memory.importance)


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
def test_a_sampled_fisher_is_the_model_s_own(loss: str) -> None:
    """E[(p - y)^2] = p (1 - p) of a drawn class, and 1 of an output with noise of variance 1."""
    net, layers = network(0.0, loss, relu=False), one_layer(0.0, 0.5)
    shown, labels = jnp.full((20000, 1), 2.0), jnp.zeros(20000, jnp.int32)
    learner = elastic(1.0, sampled=True)
    memory = consolidated(learner, learner.init(layers), layers, (shown, labels), words(), net)
    p = 1 / (1 + np.exp(1.0))
    hand = 4 * (p * (1 - p) if loss == "cross_entropy" else 1.0)
    np.testing.assert_allclose(memory.importance[0].weights, hand, rtol=0.03)


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
@pytest.mark.parametrize("end", [0.0, 1 - 2.0**-24])
def test_targets_drawn_at_an_end_are_finite(loss: str, end: float, monkeypatch: Any) -> None:
    monkeypatch.setattr(noise, "uniform", lambda *_: jnp.full((3, CLASSES), jnp.float32(end)))
    net = network(0.0, loss)
    assert jnp.isfinite(ewc.drawn(net, jnp.zeros((3, CLASSES)), words())).all()


# SI


def test_the_path_integral_on_a_quadratic_is_what_the_loss_fell_by() -> None:
    """Loss (w - 1)^2 / 2 + 2 (w - 1)^2 from 0 to nearly 1 in small steps, penalty at work."""
    curvature, strength = np.array([1.0, 4.0]), 3.0
    learner = SI(strength, 0.1)
    memory = learner.init(one_layer(0.0, 0.0))._replace(importance=one_layer(0.2, 0.0))
    batch = Batch(jnp.zeros((1, 1)), jnp.zeros(1, jnp.int32), jnp.ones(1, bool))

    def step(_: jax.Array, carry: tuple[si.Path, Layers]) -> tuple[si.Path, Layers]:
        memory, now = carry
        at = now[0].weights
        task = jnp.asarray(curvature, jnp.float32) * (at - 1)
        whole = task + jnp.array([[2 * strength * 0.2, 0.0]]) * at
        after = (Layer(at - 0.002 * whole, None),)
        taken = Step(batch, now, (Layer(whole, None),), after)
        return learner.follow(NETWORK, memory, taken, words()), after

    memory, now = jax.lax.fori_loop(0, 1000, step, (memory, one_layer(0.0, 0.0)))
    end = np.asarray(now[0].weights, float)
    fell = curvature * (1 - (end - 1) ** 2) / 2
    np.testing.assert_allclose(memory.integral[0].weights, fell, rtol=0.01)
    after = consolidated(learner, memory, now, tasks()[0], words())
    hand = np.array([0.2, 0.0]) + fell / (end**2 + 0.1)
    np.testing.assert_allclose(after.importance[0].weights, hand, rtol=0.01)
    begun = learner.begin(NETWORK, after, now)
    assert_trees_equal(begun.anchor, now)
    assert float(jnp.abs(begun.integral[0].weights).max()) == 0.0


def test_synaptic_importance_is_never_negative() -> None:
    uphill = si.Path(one_layer(0.1, 0.1), one_layer(0.0, 0.0), one_layer(-1.0, 0.01))
    after = SI(1.0, 1.0).consolidate(NETWORK, uphill, one_layer(0.0, 0.0), *tasks()[0], words())
    np.testing.assert_allclose(after.importance[0].weights, [[0.0, 0.11]], rtol=1e-6)


# LwF


def test_distillation_has_no_gradient_at_the_teacher_and_one_elsewhere() -> None:
    taught = jnp.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]])
    seen, temperature = jnp.array([True, True, False]), jnp.float32(2.0)

    def slope(outputs: jax.Array) -> jax.Array:
        return jax.grad(lambda out: lwf.softened(out, taught, seen, temperature).sum())(outputs)

    np.testing.assert_allclose(slope(taught), 0.0, atol=1e-6)
    np.testing.assert_allclose(slope(taught + jnp.array([0.0, 0.0, 5.0])), 0.0, atol=1e-6)
    away = taught.at[0, 0].add(1.0)
    wanted = 1 / (1 + np.exp(-0.5 * np.array([[-1.0, 1.0], [0.5, -0.5]])))
    given = 1 / (1 + np.exp(-0.5 * np.array([[0.0, 0.0], [0.5, -0.5]])))
    np.testing.assert_allclose(slope(away)[:, :2], 2 * (given - wanted), atol=1e-5)


def test_outputs_of_a_squared_error_are_targets_themselves() -> None:
    outputs, taught = jnp.array([[1.0, 0.2, 5.0]]), jnp.array([[0.0, 0.8, 0.0]])
    for seen, wanted in [((True, True, False), (1 + 0.36) / 2), ((False,) * 3, 0.0)]:
        told = (outputs, taught, jnp.array(seen), jnp.float32(2.0))
        found = lwf.distillation(network(0.0, "squared_error", True), *told)
        np.testing.assert_allclose(found, [wanted], rtol=1e-6)


@pytest.mark.parametrize(
    ("label", "wanted"), [(2, (0.5**2 + 0.25**2) / 2), (0, (0.0 + 0.5**2 + 0.25**2) / 2)]
)
def test_a_new_task_is_learned_by_its_own_outputs(label: int, wanted: float) -> None:
    """Not by those of classes 0 and 1, seen before; but 0 is one of its own where it recurs."""
    outputs = jnp.array([[1.0, 0.2, 0.5, 0.25], [9.0, 9.0, 9.0, 9.0]])
    labels, counts = jnp.array([label, 1], jnp.int32), jnp.array([True, False])
    batch, seen = Batch(outputs, labels, counts), jnp.array([True, True, False, False])
    found = lwf.task_loss(network(0.0, "squared_error", True), outputs, batch, seen)
    np.testing.assert_allclose(found[0], wanted, rtol=1e-6)
    entropy = lwf.task_loss(network(0.0, "cross_entropy", False), outputs, batch, seen)
    among = np.exp([0.5, 0.25] if label == 2 else [1.0, 0.5, 0.25])
    np.testing.assert_allclose(entropy[0], -np.log(among[0] / among.sum()), rtol=1e-5)


def test_the_teacher_is_the_network_that_a_task_found() -> None:
    learner, layers, task = LwF(1.0, 2.0), births(0), tasks()[0]
    batch, net = Batch(*tasks()[1], jnp.ones(SHOWN, bool)), network(0.0, "cross_entropy", False)
    memory = learner.init(layers)
    plain = perceptron.batch_loss(net, births(1), batch, words())
    assert float(learner.loss(net, memory, births(1), batch, words())) == float(plain)
    memory = consolidated(learner, memory, layers, task, words(), net)
    np.testing.assert_array_equal(memory.seen, np.arange(CLASSES) < 2)
    memory = learner.begin(net, memory, births(1))

    @eqx.filter_jit
    def slope(layers: Layers, strength: float) -> Layers:
        return jax.grad(lambda now: LwF(strength, 2.0).loss(net, memory, now, batch, words()))(
            layers
        )

    assert_trees_equal(slope(births(1), 1.0), slope(births(1), 0.0), atol=1e-6)
    apart = jax.tree.map(lambda a, b: jnp.abs(a - b).max(), slope(layers, 1.0), slope(layers, 0.0))
    assert max(float(leaf) for leaf in jax.tree.leaves(apart)) > 1e-3


# DER++


def shown_numbers(first: int, count: int, counted: int) -> Batch:
    """Images that are their own numbers."""
    numbers = jnp.arange(first, first + count, dtype=jnp.int32)
    return Batch(
        numbers.astype(jnp.float32)[:, None], numbers, jnp.arange(count, dtype=jnp.int32) < counted
    )


def filled(key: jax.Array) -> derpp.Reservoir:
    memory = derpp.empty(5, perceptron.starting_layers((1, 2), 0.1, False, 0))
    for step in range(5):
        batch = shown_numbers(4 * step, 5, 4)  # the fifth of each does not count
        outputs = jnp.stack([batch.images[:, 0], -batch.images[:, 0]], axis=1)
        memory = derpp.added(memory, batch, outputs, noise.stream(key, step))
    return memory


def test_a_reservoir_is_a_uniform_sample_of_what_was_shown() -> None:
    keys = jax.vmap(lambda purpose: noise.stream(words(), purpose))(jnp.arange(4000))
    memory = jax.jit(jax.vmap(filled))(keys)
    labels = np.asarray(memory.labels)
    np.testing.assert_array_equal(memory.shown, 20)
    assert all(len(set(row)) == 5 for row in labels[:200].tolist())
    np.testing.assert_allclose(np.bincount(labels.ravel(), minlength=20) / 4000, 0.25, atol=0.03)
    np.testing.assert_array_equal(memory.images[..., 0], labels)
    np.testing.assert_array_equal(memory.outputs[..., 0], labels)
    np.testing.assert_array_equal(memory.outputs[..., 1], -labels)


def test_a_reservoir_fills_in_turn() -> None:
    memory = derpp.empty(5, perceptron.starting_layers((1, 2), 0.1, False, 0))
    memory = derpp.added(memory, shown_numbers(7, 4, 3), jnp.zeros((4, 2)), words())
    np.testing.assert_array_equal(memory.labels, [7, 8, 9, 0, 0])
    drawn = derpp.drawn(memory, 3000, words())
    np.testing.assert_allclose(np.bincount(drawn) / 3000, [1 / 3] * 3, atol=0.04)


def test_no_two_images_of_a_batch_take_one_slot() -> None:
    memory = derpp.empty(3, perceptron.starting_layers((1, 2), 0.1, False, 0))
    memory = memory._replace(shown=jnp.int32(3))
    draws = noise.uniform(words(), jnp.arange(12, dtype=jnp.int32))
    wanted = np.floor(np.asarray(draws) * (4 + np.arange(12))).astype(int)
    last = {slot: place for place, slot in enumerate(wanted.tolist()) if slot < 3}
    assert len(last) < (wanted < 3).sum()  # some would collide
    slots = np.asarray(derpp.slots(memory, shown_numbers(0, 12, 12), words()))
    assert {int(slots[place]): int(place) for place in np.flatnonzero(slots < 3)} == last
    assert (slots < 3).sum() == len(last)


def test_dark_replay_by_hand() -> None:
    net, layers = network(0.0, "cross_entropy", False), births(0)
    batch = Batch(*tasks()[0], jnp.ones(SHOWN, bool))
    plain = float(perceptron.batch_loss(net, layers, batch, words()))
    learner = DER(1, 4, 2.0, 3.0)
    memory = learner.init(layers)
    assert float(learner.loss(net, memory, layers, batch, words())) == plain
    image, label = tasks()[1].images[:1], tasks()[1].labels[:1]
    given = net.outputs(layers, image)
    memory = derpp.Reservoir(image, label, given + 0.5, jnp.int32(1))
    cross = -float(jax.nn.log_softmax(given)[0, label[0]])
    loss = learner.loss(net, memory, layers, batch, words())
    assert float(loss) == pytest.approx(plain + 2 * 0.25 + 3 * cross, rel=1e-5)


# A-GEM


def test_a_conflicting_gradient_is_projected_and_another_is_left() -> None:
    reference = one_layer(1.0, 2.0)
    after = agem.projected(one_layer(-3.0, 1.0), reference)
    np.testing.assert_allclose(after[0].weights, [[-2.8, 1.4]], rtol=1e-6)
    assert float(agem.product(after, reference)) == pytest.approx(0.0, abs=1e-6)
    friendly = one_layer(3.0, -1.0)
    assert_trees_equal(agem.projected(friendly, reference), friendly)
    assert_trees_equal(agem.projected(friendly, one_layer(0.0, 0.0)), friendly)


def test_a_step_never_goes_against_the_memory() -> None:
    learner, net = AGEM(1, 3), network(0.0, "cross_entropy", False)
    memory = consolidated(learner, learner.init(births(0)), births(0), tasks()[0], words(), net)
    kept = Batch(memory.images, memory.labels, jnp.ones(1, bool))
    conflicts, direct = 0, eqx.filter_jit(learner.direct)

    @jax.jit
    def slope(layers: Layers, batch: Batch) -> Layers:
        return jax.grad(lambda now: perceptron.batch_loss(net, now, batch, words()))(layers)

    for seed in range(6):
        layers = births(seed)
        batch = Batch(*tasks()[1], jnp.ones(SHOWN, bool))
        gradient, reference = slope(layers, batch), slope(layers, kept)
        after = direct(net, memory, layers, gradient, jnp.float32(0.1), words())
        assert float(agem.product(after, reference)) > -1e-5
        if float(agem.product(gradient, reference)) < 0:
            conflicts += 1
        else:
            assert_trees_equal(after, gradient)
        empty = learner.init(layers)
        assert_trees_equal(
            direct(net, empty, layers, gradient, jnp.float32(0.1), words()), gradient
        )
    assert conflicts > 0


# iCaRL


def test_herding_by_hand() -> None:
    """Class 0 lies on a line, mean 2: first 1, then with it 4 (mean 2.5), then 0."""
    found = jnp.array([[0.0], [1.0], [9.0], [4.0], [3.0 + 0.5], [7.0]])
    labels = jnp.array([0, 0, 1, 0, 0, 1], jnp.int32)
    ranks = icarl.herding(found, labels, 3, 6)
    mean, chosen, left = 8.5 / 4, [], {0: 0.0, 1: 1.0, 3: 4.0, 4: 3.5}
    while left:
        total = sum(value for _, value in chosen)
        best = min(left, key=lambda i: abs(mean - (total + left[i]) / (len(chosen) + 1)))
        chosen.append((best, left.pop(best)))
    assert [int(ranks[index]) for index, _ in chosen] == [0, 1, 2, 3]
    assert sorted(np.asarray(ranks)[[2, 5]].tolist()) == [0, 1]
    few = icarl.herding(found, labels, 3, 1)
    assert sorted(few.tolist()) == [0, 0, 6, 6, 6, 6]


def test_the_nearest_mean_of_exemplars_classifies() -> None:
    layers = (Layer(jnp.eye(2), None), Layer(jnp.zeros((2, 3)), None))
    kept = jnp.array([[1.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    memory = Ranked(kept, jnp.array([2, 2, 0], jnp.int32), jnp.zeros(3))
    shown = jnp.array([[5.0, 1.0], [1.0, 3.0]])
    outputs = icarl.nearest_mean(network(), memory, layers, shown)
    near = [[-2 + 2 * 1 / np.sqrt(26), -2 + 2 * 5 / np.sqrt(26)]]
    near += [[-2 + 2 * 3 / np.sqrt(10), -2 + 2 * 1 / np.sqrt(10)]]
    np.testing.assert_allclose(np.asarray(outputs)[:, [0, 2]], near, rtol=1e-5)
    assert np.all(np.asarray(outputs)[:, 1] == -np.inf)


def test_exemplars_share_the_capacity_and_the_best_stay() -> None:
    learner, layers = ICaRL(12), births(0)
    memory = consolidated(learner, learner.init(layers), layers, tasks()[0], words())
    later = consolidated(learner, memory, layers, tasks()[1], words())
    np.testing.assert_array_equal(np.bincount(memory.labels), [6, 6])
    np.testing.assert_array_equal(np.bincount(later.labels), [3, 3, 3, 3])
    for label in (0, 1):
        best = np.asarray(memory.images)[np.asarray(memory.labels) == label][:3]
        np.testing.assert_array_equal(np.asarray(later.images)[later.labels == label], best)


# From outside

OWN = """
import jax
import jax.numpy as jnp
from sleeprun.config.declared import number
from sleeprun.gradient.learners import Learner


class Slower(Learner):
    "Every task is learned by smaller steps than the one before."

    share: jnp.ndarray = number("of the last task's step", gt=0, le=1)

    def init(self, layers):
        return jnp.int32(0)

    def direct(self, network, memory, layers, gradient, rate, words):
        scale = self.share ** memory.astype(jnp.float32)
        return jax.tree.map(lambda slope: scale * slope, gradient)

    def consolidate(self, network, memory, layers, images, labels, words):
        return memory + 1
"""


def test_a_learner_of_a_user_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_learner.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    section = kinds.LEARNERS.section("own_learner.Slower")
    told = {"kind": "own_learner.Slower", "share": 0.5}
    state, after = learned(section.model_validate(told).make(), births(0), words(), epochs=1)
    plain = learned(Naive(), births(0), words(), epochs=1)[1]
    assert int(state.memory) == 3
    assert_trees_equal(after[0], plain[0])
    moved = [
        sum(float(jnp.abs(a - b).sum()) for a, b in zip(*map(jax.tree.leaves, run), strict=True))
        for run in (after[:2], plain[:2])
    ]
    assert 0 < moved[0] < 0.8 * moved[1]
    with pytest.raises(ValidationError):
        section.model_validate(told | {"share": 2.0})
    with pytest.raises(ValueError, match="no such learner; did you mean 'naive'"):
        kinds.LEARNERS.of("naiv")


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("ewc", {"strength": -1.0, "decay": 1.0, "sampled": True}),
        ("poured", {"fraction": 1.5}),
        ("rehearsal", {"capacity": 0}),
        ("rehearsal", {"fraction": 0.5}),
        ("si", {"strength": 1.0, "damping": 0.0}),
        ("agem", {"capacity": 0, "size": 8}),
        ("lwf", {"strength": 1.0}),
        ("naive", {"strength": 1.0}),
    ],
)
def test_numbers_that_a_method_cannot_have(kind: str, numbers: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        kinds.LEARNERS.section(kind).model_validate({"kind": kind, **numbers})
