"""Perceptrons through a whole protocol: training, sleep, tests, interruption and resume."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from classifiers import carried_out, images, run_of, tiny
from conftest import configured, of_kind

from sleeprun.config import ConfigError
from sleeprun.directory.store import RunDirectory
from sleeprun.gradient import perceptron
from sleeprun.gradient.learners import LEARNERS
from sleeprun.gradient.learners.buffer import Ranked
from sleeprun.gradient.perceptron import Layer
from sleeprun.protocol.events import Begun, Event, Progress, Scored
from sleeprun.protocol.phases import Score
from sleeprun.protocol.seen import Carried
from sleeprun.runs.run import Run
from sleeprun.subjects.classifier import awake
from sleeprun.subjects.classifier.classifier import Classifier
from sleeprun.subjects.classifier.experiment import ImageExperiment
from sleeprun.subjects.classifier.phases import Sleep, Wake

pytestmark = pytest.mark.slow


def same(ours: Any, theirs: Any) -> None:
    jax.tree.map(np.testing.assert_array_equal, ours, theirs)


def sleeps(config: ImageExperiment) -> list[Sleep]:
    return [phase for phase in config.phases() if isinstance(phase, Sleep)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[Event]]:
    run = run_of(tiny(), tmp_path_factory.mktemp("whole"))
    return run, carried_out(run)


def test_the_phases_are_those_of_the_paper() -> None:
    phases = [phase for phase in images("+experiment=src_quick").arm("src").phases()]
    told = [(type(p).__name__, p.cycles) for p in phases if not isinstance(p, Score)]
    # 800 images a task in 8 batches, 20 epochs; sleep 15,000 steps and 5,000 more each time
    assert told == [one for k in range(5) for one in (("Wake", 160), ("Sleep", 15000 + 5000 * k))]
    assert [p.title for p in phases if isinstance(p, Wake)] == ["0-1", "2-3", "4-5", "6-7", "8-9"]
    joint = images("+experiment=src_quick").arm("joint").phases()
    assert [p.tasks for p in joint if isinstance(p, Wake)] == [("0-1", "2-3", "4-5", "6-7", "8-9")]
    assert not any(isinstance(p, Sleep) for p in joint)


def test_every_layer_spikes_and_every_row_is_scored(whole: Any) -> None:
    events = whole[1]
    told = of_kind(events, Progress)
    spikes = [event.summary.spikes for event in told if event.kind == "sleep"]
    for layer in ("hidden 1", "hidden 2", "output"):
        assert sum(sum(one[layer]) for one in spikes) > 0
    assert {len(event.summary.spikes) for event in told if event.kind == "wake"} == {0}
    scores = {(event.boundary.name, event.task): event for event in of_kind(events, Scored)}
    assert len(scores) == 7 * 3
    trained = [scores[f"{pair}", pair].score for pair in ("0-1", "2-3", "4-5")]
    assert np.mean(trained) > 0.8
    for event in scores.values():
        right, wrong = np.array(event.marks.right), np.array(event.marks.wrong)
        assert set(right + wrong) <= {70, 71, 72, 73}  # test images of two digits
        np.testing.assert_allclose(event.score, right / (right + wrong))


def test_scores_are_what_plain_numpy_counts(whole: Any) -> None:
    run, events = whole
    task = run.subject.sequence.tasks[-1]
    last = of_kind(events, Scored)[-1].marks
    for seed in range(2):
        activity = task.test_images
        for depth, layer in enumerate(run.state.layers):
            activity = np.maximum(activity @ np.asarray(layer.weights[seed]), 0)
            activity = activity * (0.75 if depth < 2 else 1)
        right = int((activity.argmax(axis=1) == task.test_labels).sum())
        assert last.right[seed] == right


@pytest.mark.parametrize("kind", ["wake", "sleep"])
def test_a_run_broken_off_ends_as_the_whole_one(whole: Any, tmp_path: Path, kind: str) -> None:
    broken = run_of(tiny(), tmp_path)
    events = broken.events()
    for _ in range(3):
        next(e for e in events if isinstance(e, Progress) and e.kind == kind)
    broken.save()
    assert broken.done > 0
    again = run_of(tiny(), tmp_path)
    carried_out(again)
    same(again.state, whole[0].state)


def test_neither_chunks_nor_devices_nor_company_matter(whole: Any, tmp_path: Path) -> None:
    chunks = ("runtime.chunk_steps=1000", "runtime.chunk_batches=1000")
    larger = run_of(tiny(*chunks), tmp_path / "larger")
    spread = run_of(tiny(), tmp_path / "spread", devices=2)
    alone = run_of(tiny("seeds=[1]"), tmp_path / "alone")
    for run in (larger, spread, alone):
        carried_out(run)
    same(larger.state, whole[0].state)
    same(spread.state, whole[0].state)
    same(alone.state.layers, jax.tree.map(lambda leaf: leaf[1:], whole[0].state.layers))


@pytest.mark.parametrize(
    ("key", "phase"), [("sleep.inc", "sleep"), ("sleep.dec", "sleep"), ("training.rate", "0-1")]
)
def test_the_phase_whose_weights_outgrow_all_is_to_blame(
    tmp_path: Path, key: str, phase: str
) -> None:
    one_step = ("training.batch=60", "training.epochs=1") if key == "training.rate" else ()
    run = run_of(tiny(f"{key}=1e30", "seeds=[3]", *one_step), tmp_path)
    told = rf"^{key}=1e\+30: the weights of seed 3 outgrow .* \({phase}\); must be less$"
    with pytest.raises(ConfigError, match=told):
        carried_out(run)


def test_poured_rehearsal_that_keeps_nothing_is_told(tmp_path: Path) -> None:
    config = tiny("learner=poured", "learner.fraction=0.001")
    told = "learner.fraction=0.001: keeps none of 60 images; must be 0.017 or more (task 0-1)"
    with pytest.raises(ConfigError) as error:
        config.phases()
    assert str(error.value) == told
    assert tiny("learner=poured", "learner.fraction=0.0").phases()


def test_sleep_without_plasticity_changes_no_weight(tmp_path: Path) -> None:
    config = tiny("sleep.plasticity=false")
    classifier = Classifier(config, 1)
    state = classifier.birth()
    for phase in config.phases():
        if isinstance(phase, Wake):
            state = classifier.advance(phase, phase.cycles, classifier.begin(phase, state))[0]
            state = classifier.end(phase, state)
        if isinstance(phase, Sleep):
            slept, report = classifier.advance(phase, phase.cycles, classifier.begin(phase, state))
            assert report.spikes.min() > 0
            same(slept.layers, state.layers)
            return
    raise AssertionError("no sleep came")


def test_the_mean_image_is_of_all_tasks_seen_or_of_the_last() -> None:
    for given, count in (("seen", 2), ("last", 1)):
        config = tiny(f"sleep.drive.shown={given}")
        classifier = Classifier(config, 1)
        state = classifier.birth()
        for task in ("0-1", "2-3"):
            state = classifier.end(Wake((task,), cycles=1), state)
        shown = classifier._replayed(sleeps(config)[0], state)[-1]
        tasks = classifier.sequence.tasks[2 - count : 2]
        expected = np.concatenate([task.images for task in tasks]).mean(axis=0)
        np.testing.assert_allclose(shown, expected, atol=1e-6)


def test_factors_can_stay_those_of_the_first_sleep() -> None:
    factors = {}
    for when in ("every_sleep", "first_sleep"):
        config = tiny(f"sleep.scale={when}")
        classifier, sleep = Classifier(config, 1), sleeps(config)[0]
        state = classifier.end(Wake(("0-1",), cycles=1), classifier.birth())
        first = classifier.begin(sleep, state)
        louder = first._replace(layers=jax.tree.map(lambda w: 3 * w, first.layers))
        factors[when] = [each.factors for each in (first, classifier.begin(sleep, louder))]
    same(*factors["first_sleep"])
    assert (2 * factors["every_sleep"][0][:, 0] < factors["every_sleep"][1][:, 0]).all()


def test_a_later_sleep_has_its_own_alpha_scale_whichever_factors_stay() -> None:
    """Driven by nothing that reaches a threshold, no neuron spikes."""
    also = "[{alpha_scale: 0.000001, plasticity: false}]"
    config = tiny("sleep.scale=first_sleep", "sleep.plasticity=false", f"sleep.also={also}")
    classifier, (loud, quiet, *_) = Classifier(config, 1), sleeps(config)
    state = classifier.end(Wake(("0-1",), cycles=1), classifier.birth())
    spikes = []
    for sleep in (loud, quiet):
        state, report = classifier.advance(sleep, 100, classifier.begin(sleep, state))
        spikes.append(report.spikes)
    assert spikes[0].min() > 0
    assert spikes[1].max() == 0


def test_carried_scales_stand_for_images_of_earlier_tasks(tmp_path: Path) -> None:
    sizes = ("sleep.scale=carried", "training.epochs=5", "seeds=1")
    run = run_of(tiny(*sizes), tmp_path)
    carried = [event.bytes for event in of_kind(carried_out(run), Carried)]
    assert set(carried) == {4 * 64 + 4 * 3}  # the mean image, and an activation a layer
    events = run_of(tiny("seeds=1", "training.epochs=1"), tmp_path / "anew").events()
    anew = [event.bytes for event in of_kind(events, Carried)]
    assert anew == [256 + 4 * 64 * 60 * tasks for tasks in (0, 1, 1, 2, 2, 3, 3)]

    config = tiny(*sizes)
    classifier = Classifier(config, 1)
    state = classifier.birth()
    state = state._replace(
        seen=state.seen.at[:, :2].set(1), largest=jnp.array([[1e6, 0.0, 0.0]], jnp.float32)
    )
    asleep = classifier.begin(sleeps(config)[1], state)
    newest = jnp.asarray(classifier.sequence.tasks[1].images)
    own = jax.tree.map(lambda leaf: leaf[0], state.layers)
    hidden = perceptron.largest_activations(classifier.network, own, newest)
    np.testing.assert_allclose(asleep.largest[0], [1e6, hidden[1], hidden[2]], rtol=1e-6)


def test_largest_activations_are_over_all_images() -> None:
    classifier = Classifier(tiny(), 1)
    layers = jax.tree.map(lambda leaf: leaf[0], classifier.birth().layers)
    images = jnp.asarray(classifier.sequence.tasks[0].images)
    found = perceptron.largest_activations(classifier.network, layers, images, batch=7)
    expected = [one.max() for one in classifier.network.activations(layers, images)]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("sleep.threshold=[1.0,2.0]", "sleep.threshold: 2 thresholds; must be 3"),
        (
            "+runtime.require.acuracy=1",
            "runtime.require.acuracy: no such measure; did you mean 'acc",
        ),
        ("+runtime.require.intransigence=1", "runtime.require.intransigence: needs joint=RUN_DIR"),
        ("tasks.groups=[[0,1],[2]]", "tasks.count=5: must be 2, one a group"),
        (
            "sleep=never",
            "sleep.kind='noise': perceptrons on images have 'replay' or 'decay'; ",
        ),
        (
            "tasks.cut=data_sets",
            "tasks.cut=data_sets with tasks.data.kind=mnist_5000: needs tasks.data.kind=series",
        ),
        ("tasks.order_seed=by_sed", "tasks.order_seed"),
        ("tasks.cont=5", "tasks.cont: unknown key; did you mean 'count'"),
        ("network.loss=cross_entropy", "network.relu_output=true: cross_entropy needs it"),
        ("network.dropout=1.5", "network.dropout=1.5: "),
    ],
)
def test_mistakes_are_told_by_key(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match="^" + message.replace(".", r"\.")):
        configured(
            "+experiment=src_quick",
            "arms=none",
            override.replace("tasks.cont", "+tasks.cont"),
        )


def test_a_method_of_gradient_networks_is_refused_to_the_spiking_agent() -> None:
    with pytest.raises(ConfigError, match=r"^learner: is for perceptrons on images"):
        configured("+experiment=foraging_quick", "learner=ewc")


def test_data_that_do_not_fit_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"tasks: 10 classes can't be cut into 3 tasks"):
        images("+experiment=src_quick", "tasks.count=3").phases()
    with pytest.raises(
        ConfigError, match=r"require.final/0: no such task; did you mean 'final/0-1"
    ):
        images("+experiment=src_quick", "+runtime.require={final/0: 0.5}").phases()
    with pytest.raises(ConfigError, match=r"tasks\.data\.folder=null: must name a folder"):
        images("+experiment=src2022/mnist").phases()
    with pytest.raises(ConfigError, match=r"tasks\.data\.file=null: must name an \.npz file"):
        images("+experiment=src2022/features").phases()
    with pytest.raises(ConfigError, match=r"^tasks\.data\.file: .*lost\.npz"):
        images("+experiment=src2022/features", f"tasks.data.file={tmp_path}/lost.npz").phases()
    with pytest.raises(ConfigError, match=r"^tasks\.data\.folder: mnist: .*train-images"):
        images("+experiment=src2022/mnist", f"tasks.data.folder={tmp_path}").phases()


RESUMED, LEARNING = {"ewc"}, {"naive", "rehearsal", "si"}  # in short


def learners(but: str, short: Callable[[str], bool]) -> list[Any]:
    """All but one; those that are not tried in short are long ones."""
    named = [name for name in LEARNERS.built_in if name != but]
    return [pytest.param(name, marks=() if short(name) else pytest.mark.long) for name in named]


@pytest.mark.parametrize("learner", learners("naive", RESUMED.__contains__))
def test_every_learner_goes_with_sleep_and_is_resumed(learner: str, tmp_path: Path) -> None:
    kept = ("sleep.scale=carried", "tasks.samples=30", "training.epochs=2")
    config = tiny(f"learner={learner}", *kept)
    whole = run_of(config, tmp_path / "whole")
    told = carried_out(whole)
    carried = [event.bytes for event in of_kind(told, Carried)]
    image_and_scales = 64 * 4 + 3 * 4
    assert carried[-1] > image_and_scales
    for kind in ("wake", "sleep"):
        broken = run_of(config, tmp_path / kind)
        events = broken.events()
        for _ in range(2):
            next(e for e in events if isinstance(e, Begun) and e.kind == kind)
        next(e for e in events if isinstance(e, Progress))
        broken.save()
        assert broken.done > 0
        again = run_of(config, tmp_path / kind)
        carried_out(again)
        same(again.state, whole.state)


DIGITS = (
    "network.hidden=[64,48]",
    "network.weight_spread=0.2",
    "network.relu_output=false",  # whoever trains it, a rectified output can die
    "tasks.samples=null",
    "sleep.schedule=never",
    "runtime.chunk_steps=1000",
)


@pytest.mark.parametrize("learner", learners("averaging", LEARNING.__contains__))
def test_a_learner_as_shipped_learns_every_task(learner: str, tmp_path: Path) -> None:
    told = carried_out(run_of(tiny(f"learner={learner}", *DIGITS), tmp_path))
    losses = np.array([event.summary.loss for event in of_kind(told, Progress)])
    assert np.isfinite(losses).all()
    scores = of_kind(told, Scored)
    learnt = [event.score for event in scores if event.boundary.name == event.task]
    assert len(learnt) == 3
    assert np.mean(learnt) > 0.8


def test_weights_that_are_no_longer_finite_end_the_run(tmp_path: Path) -> None:
    awake = ("learner=si", "learner.strength=2.5", "training.rate=1e9", "seeds=[4]")
    asleep = ("sleep.inc=3e38", "sleep.threshold=[0.01, 0.01, 0.01]", "seeds=[4]")
    for words, blamed, phase in (
        (awake, r"training\.rate=1000000000\.0, learner\.strength=2\.5", "0-1"),
        (asleep, r"sleep\.inc=3e\+38", "sleep"),
    ):
        told = rf"^{blamed}: \S+ of seed 4 is no longer finite \({phase}, by its step \d+\)$"
        with pytest.raises(ConfigError, match=told):
            carried_out(run_of(tiny(*words), tmp_path / phase))


def test_all_images_poured_in_take_as_long_as_training_on_all_tasks_together() -> None:
    whole = tiny("learner=poured", "learner.fraction=1.0", "sleep.schedule=never")
    joint = tiny("tasks.together=true", "sleep.schedule=never")
    *_, last = (phase for phase in whole.phases() if isinstance(phase, Wake))
    (together,) = (phase for phase in joint.phases() if isinstance(phase, Wake))
    assert last.cycles == together.cycles
    classifier = Classifier(whole, 1)
    state = classifier.birth()
    for name in classifier.sequence.names[:-1]:
        state = classifier.end(Wake((name,), cycles=1), state)
    memory = jax.tree.map(lambda leaf: leaf[0], state.memory)
    mixed, labels = classifier.learner.mix(memory, *classifier.stimuli.training(last.tasks))
    everything, known = Classifier(joint, 1).stimuli.training(together.tasks)

    def rows(images: Any, labels: Any) -> np.ndarray:
        every = np.column_stack([np.asarray(images), np.asarray(labels)])
        return every[np.lexsort(every.T)]

    np.testing.assert_array_equal(rows(mixed, labels), rows(everything, known))


def test_poured_rehearsal_carries_its_share_of_images(tmp_path: Path) -> None:
    poured = ("learner=poured", "learner.fraction=0.1", "training.epochs=1")
    config = tiny(*poured, "sleep.schedule=never")
    told = carried_out(run_of(config, tmp_path))
    carried = [event.bytes for event in of_kind(told, Carried)]
    an_image = 64 * 4 + 4
    assert carried == [6 * an_image * tasks for tasks in range(4)]


def scores_of(events: list[Event]) -> np.ndarray:
    """[seed, score] in the order in which they were told."""
    return np.array([event.score for event in of_kind(events, Scored)]).T


def test_each_seed_in_its_own_order_is_that_seed_alone_in_that_order(tmp_path: Path) -> None:
    sizes = ("tasks.samples=50", "sleep.longer=0", "training.epochs=3", "tasks.validation=10")
    events = carried_out(
        run_of(tiny("tasks.order_seed=by_seed", "seeds=[3,8]", *sizes), tmp_path / "both", 2)
    )
    together = scores_of(events)
    assert set(map(len, together)) == {21}
    for place, seed in enumerate((3, 8)):
        run = run_of(
            tiny(f"tasks.order_seed={seed}", f"seeds=[{seed}]", *sizes), tmp_path / str(seed)
        )
        np.testing.assert_array_equal(together[place], scores_of(carried_out(run))[0])
    assert not np.array_equal(*together)


def test_a_test_that_says_which_task_it_is_opens_its_outputs_alone(tmp_path: Path) -> None:
    sizes = ("seeds=1", "sleep.schedule=never", "training.epochs=5")
    of_class, of_task = (
        scores_of(carried_out(run_of(tiny(f"tasks.scenario={name}", *sizes), tmp_path / name)))[0]
        for name in ("class", "task")
    )
    assert np.all(of_task >= of_class)  # training is the same; fewer outputs can be wrong
    assert of_task[:3].mean() > 0.25  # untrained: one of two
    assert np.mean(of_task[-3:]) > np.mean(of_class[-3:]) + 0.2
    assert Classifier(tiny("tasks.scenario=task"), 1).facts().chance == 0.5


def test_only_allowed_outputs_are_chosen_among() -> None:
    classifier = Classifier(tiny(), 1)
    blank = jax.tree.map(lambda leaf: leaf[0], classifier.birth())
    state = blank._replace(layers=(Layer(jnp.eye(3), None),))
    shown = jnp.array([[0.1, 0.2, 0.9], [0.3, 0.2, 0.9], [0.5, 0.2, 0.9]])
    labels = jnp.array([1, 0, -1], jnp.int32)  # the last one only fills up
    for allowed, right in [([True, True, True], 0), ([True, True, False], 2)]:
        told = (shown, labels, jnp.array(allowed))
        report = awake.test(classifier.network, classifier.learner, *told, state)
        assert (int(report.right), int(report.wrong)) == (right, 2 - right)


def test_where_no_allowed_class_is_known_the_network_chooses() -> None:
    """Exemplars of class 2 alone: it is nearest, but its task is not the one tested."""
    classifier = Classifier(tiny("learner=icarl"), 1)
    blank = jax.tree.map(lambda leaf: leaf[0], classifier.birth())
    kept = Ranked(jnp.array([[0.0, 0.0, 1.0]]), jnp.array([2], jnp.int32), jnp.zeros(1))
    state = blank._replace(layers=(Layer(jnp.eye(3), None), Layer(jnp.eye(3), None)), memory=kept)
    shown, labels = jnp.array([[0.1, 0.5, 0.9], [0.8, 0.1, 0.9]]), jnp.array([1, 0], jnp.int32)
    for allowed, right in [([True, True, False], 2), ([True, True, True], 0)]:
        told = (shown, labels, jnp.array(allowed))
        report = awake.test(classifier.network, classifier.learner, *told, state)
        assert int(report.right) == right


def test_in_the_domain_scenario_all_tasks_share_two_outputs() -> None:
    classifier = Classifier(tiny("tasks.scenario=domain"), 1)
    assert classifier.birth().layers[-1].weights.shape == (2, 16, 2)
    assert [task.classes for task in classifier.sequence.tasks] == [(0, 1)] * 3
    assert classifier.facts().chance == 0.5


def test_tasks_of_any_split_of_the_classes() -> None:
    split = ("tasks.groups=[[9,0,4],[7]]", "tasks.count=2", "tasks.samples_per_class=15")
    tasks = Classifier(tiny(*split, "tasks.scenario=task"), 1).sequence.tasks
    assert [task.classes for task in tasks] == [(0, 4, 9), (7,)]
    assert [len(task.labels) for task in tasks] == [45, 15]
    of_task = Classifier(tiny(*split, "tasks.scenario=task"), 1).facts().chance
    assert of_task == pytest.approx((1 / 3 + 1) / 2)
    assert Classifier(tiny(*split), 1).facts().chance == 0.1


PERMUTED = ("tasks=permuted", "tasks.groups=null")


def test_one_data_set_after_another_and_permuted_pixels() -> None:
    sets = "{digits: {kind: digits}, small: {kind: mnist_5000}}"
    unequal = (
        "tasks=one_after_another",
        "~tasks.data",
        f"+tasks.data={{kind: series, sets: {sets}}}",
    )
    with pytest.raises(ConfigError, match=r"the same number of pixels: digits 64, small 784"):
        images("+experiment=src_quick", *unequal).phases()
    permuted = Classifier(tiny(*PERMUTED), 1)
    assert permuted.sequence.names == ["original", "permuted 1", "permuted 2"]
    assert permuted.sequence.outputs == 10
    own = Classifier(tiny(*PERMUTED, "tasks.scenario=class"), 1)
    assert own.sequence.outputs == 30
    twice = "{one: {kind: digits}, two: {kind: digits}}"
    again = (
        "tasks=one_after_another",
        "~tasks.data",
        f"+tasks.data={{kind: series, sets: {twice}}}",
    )
    told = images("+experiment=src_quick", "arms=none", "sleep.drive.patch=8", *again).phases()
    assert {phase.tasks for phase in told if isinstance(phase, Wake)} == {("one",), ("two",)}
    series = images("+experiment=src2022/mnist_then_fashion")
    assert list(series.image_tasks.data.sets) == ["mnist", "fashion_mnist"]


def test_a_run_can_keep_its_newest_checkpoints_alone(whole: Any, tmp_path: Path) -> None:
    run = whole[0]
    folder = RunDirectory(tmp_path, keep_boundaries=False)
    for phase in range(3):
        folder.save(f"boundary-0{phase}", {"phase": phase, "done": 0}, run.state.begun)
    assert sorted(path.stem for path in folder.checkpoints.iterdir()) == [
        "boundary-01",
        "boundary-02",
    ]
    everything = run.folder.checkpoints
    assert len([*everything.glob("boundary-*.ckpt")]) == 7
    alone = sum(leaf.nbytes for leaf in jax.tree.leaves(run.subject.unpadded(run.state)))
    assert (everything / "boundary-06.ckpt").stat().st_size < 1.1 * alone + 10_000


def test_a_learner_that_no_arm_has_awake_is_told() -> None:
    """What it does would be told as what sleep does."""
    given = ("+experiment=src_quick", "learner=rehearsal")
    told = dict(configured(*given).cautions())
    assert "no arm has rehearsal awake" in told["arms.src.learner"]
    awake = configured(*given, "+arms.awake.sleep.schedule=never")
    assert "arms.src.learner" not in dict(awake.cautions())
    assert "arms.src.learner" not in dict(configured("+experiment=src_quick").cautions())
