"""The examples of docs/extending.md, in a folder of a user's own: each really runs."""

import json
import re
import shlex
import subprocess
import sys
from collections import Counter
from importlib import invalidate_caches
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import of_kind
from omegaconf import OmegaConf

import sleeprun
from sleeprun.cli.choices import experiments
from sleeprun.cli.folder import conf_dir
from sleeprun.gradient.probes import PROBES, measured
from sleeprun.protocol.events import Progress
from sleeprun.protocol.seen import Carried
from sleeprun.reading.loaded import LoadedRun
from sleeprun.subjects.classifier.record import Measured, Moved
from sleeprun.subjects.seeds import over_seeds

DOC = Path(__file__).parent.parent / "docs" / "extending.md"
BLOCKS = dict(re.findall(r'^```\w+ title="(\S+)"\n(.*?)^```', DOC.read_text(), re.M | re.S))
COMMANDS = re.findall(r"^    sleeprun --config-dir conf (.*)$", DOC.read_text(), re.M)
SHIPPED = [name for name, _ in experiments(conf_dir() / "experiment")]
PARTS = ("neuron", "synapse", "rule")
QUIET = (
    "tracking=disabled",
    "runtime.progress=false",
    "runtime.figures=false",
    "runtime.report=false",
)
SMALL = (
    *QUIET, "seeds=1", "network.populations.hidden.size=[4,4]", "tasks.stages=[north]",
    "tasks.train=0.2", "tasks.test=0.1",
)  # fmt: skip
DIGITS = (
    *QUIET, "tasks/data=digits", "arms=none", "seeds=2", "training.epochs=1", "network.hidden=[12]",
    "sleep.threshold=[1.0,1.0]", "sleep.length=60", "sleep.longer=0", "sleep.scale=first_sleep",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the page; and a network with three of its parts, of which each has its own."""
    folder = tmp_path_factory.mktemp("empty")
    for title, text in BLOCKS.items():
        (folder / title).parent.mkdir(parents=True, exist_ok=True)
        (folder / title).write_text(text)
    (folder / "own" / "__init__.py").touch()
    networks = [OmegaConf.create(BLOCKS[f"conf/network/own_{part}.yaml"]) for part in PARTS]
    OmegaConf.save(OmegaConf.merge(*networks), folder / "conf" / "network" / "all_own.yaml")
    X = np.random.default_rng(0).random((200, 6))
    np.savez(folder / "features.npz", X=X, y=np.arange(200) % 10)
    return folder


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    return folder


def composed(command: str, *overrides: str) -> Any:
    experiment, *given = shlex.split(command)
    name = experiment.removeprefix("+experiment=")
    return sleeprun.compose(name, *given, *overrides, config_dir="conf")


def called(folder: Path, *arguments: str) -> LoadedRun:
    """What the command leaves; as when it is installed, its folder is not on Python's path (-P)."""
    command = [sys.executable, "-P", "-m", "sleeprun", "--config-dir", "conf", *arguments]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    (name,) = (each.removeprefix("name=") for each in arguments if each.startswith("name="))
    (found,) = (folder / "runs" / name).iterdir()
    return sleeprun.load(found)


def test_an_example_takes_at_most_thirty_lines() -> None:
    classes = {title: text for title, text in BLOCKS.items() if title.endswith(".py")}
    assert len(classes) == 10
    for title, text in classes.items():
        assert len(text.splitlines()) <= 30, title


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_of_the_page_has_a_protocol(command: str, inside: Path) -> None:
    config = composed(command)
    assert all(config.arm(name).phases() for name in config.arms or [""])
    assert "own." in config.model_dump_json() or config.name == "own_features"


@pytest.fixture(scope="module")
def agent(folder: Path) -> LoadedRun:
    own = ("network=all_own", "sleep=own_drive", "name=agent")
    nothing = "network.projections.input_hidden.synapse.use=1e-9"
    with pytest.MonkeyPatch.context() as inside:
        inside.chdir(folder)
        inside.syspath_prepend(folder)
        (analysed,) = (each for each in COMMANDS if "analysis=" in each)
        config = composed(analysed, *own, nothing, *SMALL)
        sleeprun.run(config, folder / "agent")
    return sleeprun.load(folder / "agent")


@pytest.fixture(scope="module")
def perceptron(folder: Path) -> LoadedRun:
    own = ("tasks=own_turned", "sleep=own_white", "learner=own_stay", "probes=own_size")
    chosen = ("sleep.drive.rate=1.0", "name=perceptron", "runtime.keep_boundaries=true")
    return called(folder, "+experiment=src_quick", *own, *chosen, *DIGITS)


def spikes_of(run: LoadedRun, kind: str) -> dict[str, int]:
    spikes: Counter[str] = Counter()
    for each in of_kind(run.record(), Progress):
        if each.kind == kind:
            spikes.update({name: sum(counts) for name, counts in each.summary.spikes.items()})
    return spikes


@pytest.mark.slow
def test_own_neurons_synapses_and_drives_spike_as_they_say(agent: LoadedRun) -> None:
    awake, asleep = spikes_of(agent, "wake"), spikes_of(agent, "sleep")
    assert awake["input"] == 20 * 49  # all see something in each of 20 cycles
    assert awake["hidden"] == 0  # of which a synapse lets nothing through
    assert awake["output"] == 8 * (20 * 600 // 128)  # each fires every 128 steps
    assert asleep["hidden"] == 2 * 16  # two volleys in four cycles


@pytest.mark.slow
def test_an_own_world_scores_what_it_must(agent: LoadedRun) -> None:
    """All output neurons fire at once, of which the first is north."""
    assert agent.results["tasks"] == ["north", "south"]
    assert agent.R[0, :2].tolist() == [[1.0, 0.0], [1.0, 0.0]]


@pytest.mark.slow
def test_an_own_analysis_follows_the_run(agent: LoadedRun) -> None:
    (told,) = json.loads((agent.folder / "analyses" / "index.json").read_text())["analyses"]
    assert told["keys"] == {"projection": "hidden_output"}
    largest = agent.weights()["hidden_output"].max()
    assert told["sentences"] == [f"hidden_output has weights of up to {largest:.3g}."]


@pytest.mark.slow
def test_what_the_kernel_does_not_take_is_in_the_record(agent: LoadedRun) -> None:
    told = json.loads((agent.folder / "results.json").read_text())
    assert told["engine"] == "by_layer"
    assert told["refused"][:1] == ["population output (Integrator)"]
    assert told["slower"] is None  # which was not measured


@pytest.mark.slow
def test_own_tasks_are_what_is_learned(perceptron: LoadedRun, inside: Path) -> None:
    assert perceptron.results["tasks"] == ["turned 0", "turned 90"]
    first, second = perceptron.config.sequence.tasks
    upright, turned = (task.images[7].reshape(8, 8) for task in (first, second))
    assert np.array_equal(np.rot90(upright), turned)


@pytest.mark.slow
def test_an_own_learner_carries_what_it_keeps(perceptron: LoadedRun) -> None:
    layers, mean_image, alpha = 64 * 12 + 12 * 10, 64, 2
    carried = {each.bytes for each in of_kind(perceptron.record(), Carried)}
    assert carried == {4 * (layers + 1 + mean_image + alpha)}


@pytest.mark.slow
def test_inputs_that_always_spike_only_raise_weights(perceptron: LoadedRun) -> None:
    for moved in of_kind(perceptron.record(), Moved):
        assert min(moved.values["hidden 1"]["raised"]) > 0.1
        assert moved.values["hidden 1"]["lowered"] == [0.0, 0.0]


@pytest.mark.slow
def test_an_own_probe_is_told(perceptron: LoadedRun, inside: Path) -> None:
    *_, last = of_kind(perceptron.record(), Measured)
    weights = np.abs(perceptron.weights(last.boundary.index)["hidden 1"]).mean(axis=(1, 2))
    assert last.values["size"] == pytest.approx(weights, rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "refused"),
    [
        pytest.param("by_step", [], marks=pytest.mark.long),
        ("by_layer", []),
        ("native", ["projection hidden_output (rule Pull)"]),
    ],
)
def test_an_own_rule_runs_on_every_path(
    engine: str, refused: list[str], inside: Path, caplog: pytest.LogCaptureFixture
) -> None:
    short = (*SMALL, "network=own_rule", f"runtime.simulate={engine}", "sleep=never")
    config = composed("+experiment=own_compass", *short)
    results = sleeprun.run(config, inside / engine)
    assert (results["engine"], results["refused"]) == (engine, refused)
    assert results["slower"] == {"by_layer": 12, "native": 4}.get(engine)
    assert results["chance"] == 1 / 8
    assert caplog.text.count("so XLA computes the learning") == bool(refused)
    weights = sleeprun.load(inside / engine).weights()
    assert np.unique(weights["hidden_output"]).tolist() == [0.0625]
    assert len(np.unique(weights["input_hidden"])) > 2  # which the built-in rule has


@pytest.mark.parametrize(
    ("base", "spelt"),
    [*((base, "/experiment/{}") for base in SHIPPED), ("gonzalez2020/sequences_quick", "{}")],
)
def test_any_shipped_experiment_is_the_base_of_one_s_own(
    base: str, spelt: str, tmp_path: Path
) -> None:
    (tmp_path / "experiment").mkdir()
    mine = f"# @package _global_\ndefaults: [{spelt.format(base)}]\nname: mine\nseeds: [7]\n"
    (tmp_path / "experiment" / "mine.yaml").write_text(mine)
    config = sleeprun.compose("mine", config_dir=tmp_path)
    theirs = sleeprun.compose(base)
    assert config == theirs.model_copy(update={"name": "mine", "seeds": [7]})


NEURON = """\
from typing import NamedTuple
import jax.numpy as jnp
from sleeprun.config.declared import number
from sleeprun.spiking.neurons import Neuron

class State(NamedTuple):
    i: jnp.ndarray

class Mine(Neuron):
    bias: jnp.ndarray = number("of it", ge=0)

    def init(self, size):
        return State(jnp.zeros(size))

    def step(self, state):
        return state, state.i > 1
"""
STEP = "        return state, state.i > 1\n"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A name that no other test has imported."""
    monkeypatch.syspath_prepend(tmp_path)
    return "mine_" + re.sub(r"\W", "", tmp_path.name)


def with_neuron(module: str, text: str, tmp_path: Path, constants: str = ", bias: 1.0") -> Any:
    (tmp_path / f"{module}.py").write_text(text)
    invalidate_caches()
    kind = f"{{kind: {module}.Mine{constants}}}"
    return sleeprun.compose(
        "foraging_quick", "arms=none", f"+network.neurons.mine={kind}",
        "network.populations.output.neuron=mine",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "constants", "told"),
    [
        (NEURON, "", "mine.bias: missing"),
        (NEURON, ", bias: -1.0", "mine.bias=-1.0: must be greater than or equal to 0"),
        (
            NEURON,
            ", bias: 1.0, bais: 2.0",
            "mine.bais: unknown key; did you mean 'bias'? Allowed: k",
        ),
        (
            NEURON,
            ", bias: 1.0, tau: 2.0",
            "mine.tau: '{module}.Mine' has no such key; remove it wi",
        ),
        (NEURON.replace("Mine", "Mien"), "", "'{module}' has no 'Mine'; did you mean 'Mien'? Allo"),
        (NEURON.replace("(Neuron)", ""), "", "is no neuron: must be a class derived from sleeprun"),
        (NEURON.replace("def step", "def stop"), "", "does not define step, as sleeprun.spiking."),
        (NEURON.replace(" = number(", "  # "), "", "bias is not declared: write bias: ... = numbe"),
        (
            NEURON.replace("import jax.numpy", "import no_such_jax"),
            "",
            "cannot be loaded: ModuleNotFoundError: No module named 'no_such_jax' ({file}, line 2)",
        ),
        (NEURON + "1 / 0\n", "", "ZeroDivisionError: division by zero ({file}, line 17)"),
        (NEURON + "def\n", "", "SyntaxError: invalid syntax ({module}.py, line 17)"),
    ],
)
def test_a_mistake_in_a_class_is_a_line(
    text: str, constants: str, told: str, module: str, tmp_path: Path
) -> None:
    with pytest.raises(sleeprun.ConfigError) as raised:
        with_neuron(module, text, tmp_path, constants)
    (line,) = str(raised.value).splitlines()
    assert line.startswith("network.neurons.mine.")
    assert told.format(module=module, file=tmp_path / f"{module}.py") in line


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("return state, state.i[:2] > 1", "gives (State(i=f32[8]), bool[2]); must give (State(i=f"),
        ("return state, state.i", "gives (State(i=f32[8]), f32[8]); must give (State(i=f32[8]), b"),
        ("return state.i > 1", "gives bool[8]; must give (State(i=f32[8]), bool[8])"),
        (
            "return state, state.v > 1",
            "AttributeError: 'State' object has no attribute 'v' ({file},",
        ),
    ],
)
def test_a_step_that_gives_the_wrong_arrays_is_a_line(
    step: str, told: str, module: str, tmp_path: Path
) -> None:
    config = with_neuron(module, NEURON.replace(STEP, f"        {step}\n"), tmp_path)
    with pytest.raises(sleeprun.ConfigError) as raised:
        config.subject(1, over_seeds)
    (line,) = str(raised.value).splitlines()
    file = tmp_path / f"{module}.py"
    assert line.startswith(f"{module}.Mine.step: {told.format(file=file)}")


@pytest.mark.parametrize(
    ("part", "right", "wrong", "chosen", "told"),
    [
        (
            "synapse", "self.delivered(released, along)", "released", "network=own_synapse",
            "Depressing.step: gives (f32[49], f32[49]); must give (f32[49], f32[784])",
        ),
        (
            "rule", "(self.goal - weights), state", "(self.goal - weights).sum(axis=0), weights",
            "network=own_rule",
            "Pull.update: gives (f32[784,8], f32[784,8]); must give (f32[784,8], ())",
        ),
        (
            "drive", "jnp.ones((1, len(rates)))", "jnp.ones(len(rates))", "sleep=own_drive",
            "Volley.__call__: gives (f32[784], None); must give (f32[1,784], None) or (f32",
        ),
        (
            "compass", "bool).ravel()", "bool)", "own_compass",
            "Field.see: gives bool[7,7]; must give bool[49]",
        ),
        (
            "learner", "+ penalty", "+ batch.images[0]", "learner=own_stay",
            "Stay.loss: gives f32[64]; must give f32[]",
        ),
        (
            "white", "jnp.int32)[:, None]", "jnp.int32)", "sleep=own_white",
            "White.draw: TypeError",
        ),
    ],
)  # fmt: skip
def test_an_example_with_a_mistake_is_told_by_its_class(
    part: str, right: str, wrong: str, chosen: str, told: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    package = f"wrong_{part}"
    for title, text in BLOCKS.items():
        path = tmp_path / title.replace("own/", f"{package}/", 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        given = text.replace(right, wrong) if title == f"own/{part}.py" else text
        path.write_text(given.replace("kind: own.", f"kind: {package}."))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    command = next(each for each in COMMANDS if chosen in each)
    digits = ["tasks/data=digits", "seeds=1"] if "src_quick" in command else ["seeds=1"]
    config = composed(command, *digits)
    arm = config.arm(list(config.arms)[-1] if config.arms else "")
    with pytest.raises(sleeprun.ConfigError) as raised:
        _ = arm.footprint(), arm.subject(1, over_seeds).birth()  # as before a run, and in it
    (line,) = str(raised.value).splitlines()
    assert line.startswith(f"{package}.{part}.{told}")


def test_a_key_of_another_kind_is_told_once_however_many_arms_there_are(inside: Path) -> None:
    with pytest.raises(sleeprun.ConfigError) as raised:
        composed("+experiment=src_quick sleep=own_white", "sleep.drive.dt=0.1")
    assert str(raised.value) == (
        "sleep.drive.dt: 'own.white.White' has no such key; remove it with ~sleep.drive.dt "
        "(in a file: null), or choose mean_image, which has it"
    )


@pytest.mark.parametrize(
    ("measure", "told"), [("tasks[3].weights", "IndexError: list index"), ("'much'", "ValueError:")]
)
def test_a_probe_that_fails_is_told_by_its_class(
    measure: str, told: str, module: str, tmp_path: Path
) -> None:
    (tmp_path / f"{module}.py").write_text(
        "from sleeprun.gradient.probes import Probe\n\n"
        f"class Mine(Probe):\n    def measure(self, tasks):\n        return {measure}\n"
    )
    invalidate_caches()
    mine = PROBES.section(f"{module}.Mine").model_validate({"kind": f"{module}.Mine"}).make()
    with pytest.raises(sleeprun.ConfigError, match=rf"^{module}.Mine.measure: {told}"):
        measured({"mine": mine}, [[]])
