"""What does not give what it must is told in a line: class and method, and what is right."""

import json
import re
from pathlib import Path
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
import pytest
from conftest import composed, configured
from perceptrons import SIZES, network
from small_networks import config_of, population, projection

import sleeprun
from sleeprun.cli.dry_run import print_protocol
from sleeprun.config import ConfigError
from sleeprun.config.declared import number
from sleeprun.gradient import perceptron, promises
from sleeprun.gradient.learners import LEARNERS, Learner
from sleeprun.gradient.probes import Noise, Probe, noisy
from sleeprun.gradient.replay.drive import MeanImage
from sleeprun.spiking.build import build, starting_weights
from sleeprun.spiking.homeostasis import Homeostasis, Stepwise
from sleeprun.spiking.network import Network, Population
from sleeprun.spiking.neurons import NEURONS, Membrane
from sleeprun.spiking.neurons.lif import LIF
from sleeprun.spiking.promises import check
from sleeprun.spiking.synapses.weights import StartingWeights
from sleeprun.spiking.synapses.wiring import Wiring
from sleeprun.subjects.parse import parse
from sleeprun.tasks import agent
from sleeprun.tasks.agent import AgentTasks
from sleeprun.tasks.foraging import Foraging
from sleeprun.tasks.images import sequence
from sleeprun.tasks.images.cutting import ImageTask
from sleeprun.tasks.images.datasets import DataSet, ImageData
from sleeprun.tasks.images.files import DataError
from sleeprun.tasks.images.promises import kept
from sleeprun.tasks.images.sequence import ImageTasks

LAYERS = perceptron.starting_layers(SIZES, 0.1, False, 0)
PIXELS, CLASSES = SIZES[0], SIZES[-1]


def raises(told: str) -> Any:
    """A line of just this beginning, about a class of this file."""
    return pytest.raises(ConfigError, match=rf"\A{__name__}\.{re.escape(told)}[^\n]*\Z")


class MixesNoLabels(Learner):
    def mix(self, memory: Any, images: Any, labels: Any) -> Any:
        return images


class MixesMore(Learner):
    def mix(self, memory: Any, images: Any, labels: Any) -> Any:
        return jnp.concatenate([images, images]), jnp.concatenate([labels, labels])


class KeepsHalves(Learner):
    def kept(self, earlier: Any) -> Any:
        return sum(earlier) / 2


class CannotConsolidate(Learner):
    def consolidate(self, *told: Any) -> Any:
        return told[1].importance


class ForgetsTheAnchor(Learner):
    """The second task finds another memory than the first."""

    def init(self, layers: Any) -> Any:
        return layers

    def loss(self, network: Any, memory: Any, layers: Any, batch: Any, words: Any) -> Any:
        return memory[0].weights.sum()

    def consolidate(self, *told: Any) -> Any:
        return ()


@pytest.mark.parametrize(
    ("learner", "told"),
    [
        (MixesNoLabels(), "MixesNoLabels.mix: gives f32[4,6]; must give (f32[4,6], i32[4])"),
        (MixesMore(), "MixesMore.mix: gives (f32[8,6], i32[8]); must give (f32[4,6], i32[4])"),
        (KeepsHalves(), "KeepsHalves.kept: gives 0.0; must give a whole number of images"),
        (CannotConsolidate(), "CannotConsolidate.consolidate: AttributeError: 'tuple' object has"),
        (ForgetsTheAnchor(), "ForgetsTheAnchor.loss: IndexError: tuple index out of range"),
    ],
)
def test_a_learner_is_tried_over_two_tasks(learner: Learner, told: str) -> None:
    with raises(told):
        promises.check_learner(learner, network(), LAYERS)


@pytest.mark.parametrize("kind", LEARNERS.built_in)
def test_the_learners_that_are_there_keep_their_promises(kind: str) -> None:
    learner = configured_learner(kind)
    promises.check_learner(learner, network(), LAYERS)


def configured_learner(kind: str) -> Learner:
    return parse(composed("+experiment=src_quick", "arms=none", f"learner={kind}")).learner.make()


class JoinsTooMany(Wiring):
    def connect(self, rng: Any, ends: Any) -> Any:
        return np.ones((ends.shape[0], ends.shape[1] + 1), bool)


class JoinsByProbability(Wiring):
    def connect(self, rng: Any, ends: Any) -> Any:
        return rng.random(ends.shape)


class CannotJoin(Wiring):
    def connect(self, rng: Any, ends: Any) -> Any:
        raise KeyError("ends")


class DrawsRows(StartingWeights):
    def draw(self, rng: Any, connected: Any) -> Any:
        return np.ones(len(connected))


class CannotDraw(StartingWeights):
    def draw(self, rng: Any, connected: Any) -> Any:
        return self.scale * connected


@pytest.mark.parametrize(
    ("part", "kind", "told"),
    [
        ("wiring", "JoinsTooMany", "connect: gives bool[3,6]; must give bool[3,5]"),
        ("wiring", "JoinsByProbability", "connect: gives f64[3,5]; must give bool[3,5]"),
        ("wiring", "CannotJoin", "connect: KeyError: 'ends'"),
        ("weights", "DrawsRows", "draw: gives f64[3]; must give f32[3,5] or f64[3,5]"),
        ("weights", "CannotDraw", "draw: AttributeError: 'CannotDraw' object has no attribute"),
    ],
)
def test_wiring_and_starting_weights_are_those_of_their_populations(
    part: str, kind: str, told: str
) -> None:
    own = {part: {"kind": f"{__name__}.{kind}"}}
    populations = {"a": population("lif", 3), "b": population("lif", 5)}
    config = config_of(populations, {"a_b": projection("a", "b", 0.1, **own)})
    with raises(f"{kind}.{told}") as raised:
        starting_weights(config, 0)
    assert str(raised.value).endswith(" (network.projections.a_b)")


class Crowd(LIF):
    """One neuron too many."""

    def init(self, size: int) -> Any:
        return super().init(size + 1)


def test_an_own_neuron_begins_with_as_many_as_there_are() -> None:
    config = config_of({"a": population("lif", 3)}, {})
    crowd = config.neurons["lif"].model_dump() | {"kind": f"{__name__}.Crowd"}
    crowded = config.model_copy(
        update={"neurons": {"lif": NEURONS.section(crowd["kind"])(**crowd)}}
    )
    with raises("Crowd.init: gives v of shape [4] for 3 neurons; must give [3] (network.populat"):
        check(build(crowded))


class OneForAll(Homeostasis):
    def smooth(self, rate: Any, spikes: Any) -> Any:
        return spikes

    def down(self, quantity: Any, rate: Any) -> Any:
        return quantity * rate.mean()

    def up(self, quantity: Any, rate: Any) -> Any:
        return quantity.mean()


class Sealed(Membrane):
    """Has a potential, and nothing that conductances act by."""

    def init(self, size: int) -> Any:
        return LIF(*map(jnp.float32, (40.0, 120.0, 0.985, 0.0))).init(size)

    def step(self, state: Any) -> Any:
        return state, state.v >= 1.0

    def potential(self, state: Any) -> Any:
        return state.v


def test_a_membrane_has_what_conductances_act_by() -> None:
    network = Network({"own": Population(Sealed(), None, 3, 8)}, {}, 10)
    with raises("Sealed.init: must give a NamedTuple with a field opened"):
        check(network)


def test_homeostasis_is_of_every_neuron() -> None:
    own = {"kind": f"{__name__}.OneForAll", "regulates": "resistance"}
    config = config_of({"a": population("lif", 3) | {"homeostasis": own}}, {})
    with raises("OneForAll.up: gives f32[]; must give f32[3]"):
        check(build(config))


def test_homeostasis_that_says_no_kind_is_the_published_one() -> None:
    said = {"regulates": "resistance", "target": 0.5, "step": 1e-5, "smoothing": 1e-4}
    config = config_of({"a": population("lif", 3) | {"homeostasis": said}}, {})
    assert isinstance(build(config).populations["a"].homeostasis, Stepwise)


class FailsToBegin(Wiring):
    rate: Any = number("of it")

    @classmethod
    def create(cls, rate: float) -> Any:
        return {}[rate]

    def connect(self, rng: Any, ends: Any) -> Any:
        raise NotImplementedError


def test_a_create_that_fails_is_told() -> None:
    own = {"wiring": {"kind": f"{__name__}.FailsToBegin", "rate": 1.0}}
    config = config_of({"a": population("lif", 3)}, {"a_a": projection("a", "a", 0.1, **own)})
    with raises("FailsToBegin.create: KeyError: 1.0"):
        starting_weights(config, 0)


def loading(found: Any) -> ImageData:
    load = {"load": lambda _: found, "__module__": __name__}
    return type("Loads", (ImageData,), load)()


GOOD = DataSet(
    "mine", np.ones((4, 6), np.float32), np.arange(4), np.ones((2, 6), np.float32), np.arange(2),
    (2, 3),
)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ((1, 2), "gives (1, 2); must give a DataSet"),
        (
            GOOD._replace(train=np.ones((4, 2, 3))),
            "gives train f64[4,2,3]; must be Float [im",
        ),
        (GOOD._replace(train_labels=np.ones(4)), "gives train_labels f64[4]; must be Int [image]"),
        (GOOD._replace(test=np.ones((2, 5))), "gives test f64[2,5]; must be Float [test pixel]"),
        (GOOD._replace(test_labels=[0, 1]), "gives test_labels [0, 1]; must be Int [test]"),
        (GOOD._replace(shape=(4, 4)), "gives images of 6 pixels and shape (4, 4)"),
    ],
)
def test_what_a_data_set_loads_has_its_shapes(found: Any, told: str) -> None:
    with raises(f"Loads.load: {told}"):
        loading(found).load_all()


def test_labels_of_a_data_set_count_from_0() -> None:
    found = GOOD._replace(train_labels=GOOD.train_labels + 1)
    with pytest.raises(DataError, match=r"Loads.load: labels count from 1; they must count from 0"):
        loading(found).load_all()


class Dropping(Noise):
    def shown(self, images: Any, shape: Any, draws: Any) -> Any:
        return images[1:]


def test_noise_leaves_as_many_images_as_there_were() -> None:
    with raises("Dropping.shown: gives f32[3,6]; must give f32[4,6] or f64[4,6]"):
        noisy(GOOD.train, 0, None, {"dropping": Dropping()})


class Cuts(ImageTasks):
    """Cuts into whatever is to be tried."""

    given: ClassVar[Any]

    def cut_up(self, sets: Any, order_seed: Any) -> Any:
        return type(self).given


TASK = ImageTask("one", *GOOD[1:5], classes=(0, 1, 2, 3))
OTHER = TASK._replace(name="two")
NONE, NO_LABELS = TASK.images[:0], TASK.labels[:0]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((), "gives (); must give a task or more"),
        (3, "TypeError: 'int' object is not iterable"),
        ((3,), "gives 3; must give a ImageTask"),
        ((TASK, TASK), "gives two tasks named 'one'; must give each a name of its own"),
        ((TASK._replace(name=3),), "gives name 3; must be a str"),
        ((TASK._replace(labels=TASK.labels[:-1]),), "gives labels i64[3]; must be Int [image]"),
        (
            (TASK._replace(images=NONE, labels=NO_LABELS),),
            "gives no training images in task 'one'; must give some",
        ),
        (
            (TASK, OTHER._replace(test_images=NONE, test_labels=NO_LABELS)),
            "gives no test images in task 'two'; must give some",
        ),
        (
            (TASK._replace(classes=(0, 1, 2)),),
            "gives the training label 3 in task 'one', whose classes are (0, 1, 2); must give",
        ),
        ((TASK._replace(test_labels=TASK.test_labels - 1),), "gives the test label -1 in task"),
        ((TASK._replace(classes=(1, 0, 2, 3)),), "gives classes (1, 0, 2, 3) in task 'one'; must"),
        ((TASK._replace(classes=()),), "gives classes () in task 'one'; must give a tuple"),
        ((TASK._replace(classes=4),), "gives classes 4 in task 'one'; must give a tuple"),
        (
            (TASK, OTHER._replace(images=TASK.images[:, :4], test_images=TASK.test_images[:, :4])),
            "gives tasks of 4 and 6 pixels; must give as many in all",
        ),
    ],
)
def test_tasks_of_images_can_be_trained_and_tested(
    given: Any, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Cuts, "given", given, raising=False)
    sequence._sequences.cache_clear()
    config = parse(composed("+experiment=src_quick", "arms=none", f"tasks.kind={__name__}.Cuts"))
    with raises(f"Cuts.cut_up: {told}"):
        config.phases()


def test_a_dry_run_tries_the_parts_of_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    given = ("arms=none", "tasks/data=digits", "sleep.drive.patch=4")
    for own, told in {
        f"learner={{kind: {__name__}.MixesNoLabels}}": "MixesNoLabels.mix: gives f32[4,64]; must",
        f"sleep.drive.kind={__name__}.DrawsNone": "DrawsNone.draw: gives bool[0,64]; must give",
    }.items():
        with raises(told) as raised:
            print_protocol(parse(composed("+experiment=src_quick", *given, own)))
        assert str(raised.value).endswith((" (learner)", " (sleep.drive)"))
    assert not capsys.readouterr().out


class MeasuresNothing(Probe):
    def measure(self, tasks: Any) -> float:
        return tasks[0].nothing


class KeepsHalf(Learner):
    def kept(self, earlier: Any) -> Any:
        return sum(earlier) / 2


class CostsNothing(Learner):
    def passes(self, batch: int) -> float:
        return 0 * batch


class SaysNothing(Learner):
    def misfit(self, images: int) -> str | None:
        return images.nothing


class CannotBeMade(Learner):
    @classmethod
    def create(cls) -> Any:
        raise KeyError("nothing")


QUICK = (
    "arms=none", "tasks/data=digits", "tasks.samples=20", "tasks.count=2", "training.epochs=1",
    "network.hidden=[4]", "sleep.schedule=never", "seeds=1", "tracking.mode=disabled",
)  # fmt: skip


@pytest.mark.parametrize(
    ("key", "kind", "told"),
    [
        ("probes.own.mine", MeasuresNothing, "measure: AttributeError: "),
        ("learner", KeepsHalf, "kept: gives 0.0; must give a whole number of images"),
        ("learner", CostsNothing, "passes: gives 0; must give a number above 0"),
        ("learner", SaysNothing, "misfit: AttributeError: "),
        ("learner", CannotBeMade, "create: KeyError: 'nothing'"),
    ],
)
def test_what_only_a_run_shows_has_the_key_behind(
    key: str, kind: type, told: str, tmp_path: Path
) -> None:
    own = f"+{key}={{kind: {__name__}.{kind.__name__}}}".replace("+learner", "learner")
    with raises(f"{kind.__name__}.{told}") as raised:
        sleeprun.run(sleeprun.compose("src_quick", *QUICK, own), tmp_path / "run")
    assert str(raised.value).endswith(f" ({key})")


class DrawsNone(MeanImage):
    def draw(self, *told: Any) -> Any:
        return super().draw(*told)[:0]


class CutsBySeed(Cuts):
    def cut_up(self, sets: Any, order_seed: Any) -> Any:
        return (TASK, OTHER)[: 1 + order_seed % 2]


def test_tasks_are_as_many_for_every_seed() -> None:
    own = ("tasks.order_seed=by_seed", f"tasks.kind={__name__}.CutsBySeed")
    config = parse(composed("+experiment=src_quick", "arms=none", *own))
    with raises("CutsBySeed.cut_up: gives 1 and 2 tasks, by seed; must give as many for each"):
        config.phases()


def test_classes_may_be_numbers_of_numpy() -> None:
    (task,) = kept(Cuts, [TASK._replace(classes=tuple(np.arange(4)))])
    assert json.dumps(task.classes) == "[0, 1, 2, 3]"


class Nameless(AgentTasks):
    @property
    def names(self) -> Any:
        return self.goals

    def world(self, sees: Any) -> Any:
        return None


class Worldless(Nameless):
    @property
    def names(self) -> Any:
        return ["one"]


@pytest.mark.parametrize(
    ("kind", "asked", "told"),
    [
        (Nameless, agent.names_of, "Nameless.names: AttributeError: 'Nameless' object has no"),
        (
            Worldless,
            lambda tasks: agent.world_of(tasks, (2,)),
            "Worldless.world: gives None; must give a World",
        ),
    ],
)
def test_an_agents_tasks_have_names_and_a_world(
    kind: type[AgentTasks], asked: Any, told: str
) -> None:
    with raises(told):
        asked(kind.model_construct(kind="own"))


class Lucky(Foraging):
    """The tasks that there are, with another chance."""

    chance = 2.0


def test_tasks_may_be_derived_from_those_that_are_there() -> None:
    with raises("Lucky.chance: gives 2.0; must give a share, 0 or more, below 1"):
        configured(f"tasks.kind={__name__}.Lucky")


@pytest.mark.parametrize("chance", [2, -0.5, 1, float("nan")])
def test_chance_is_a_share(chance: float) -> None:
    own = type("Lucky", (Worldless,), {"chance": chance, "__module__": __name__})
    with raises(f"Lucky.chance: gives {chance!r}; must give a share, 0 or more, below 1"):
        agent.chance_of(own.model_construct(kind="own"))


def test_a_world_has_all_tasks() -> None:
    tasks = configured().agent_tasks
    world = tasks.world((7, 7))
    lacking = type("Lacking", (Worldless,), {"world": lambda *_: world, "__module__": __name__})
    with raises("Lacking.world: its tasks lack one"):
        agent.world_of(lacking.model_construct(kind="own"), (7, 7))
