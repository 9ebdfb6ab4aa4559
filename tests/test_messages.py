"""What a mistake in a config is answered with: which key, what is wrong, and what to type."""

import re
from importlib import invalidate_caches
from pathlib import Path

import pytest

import sleeprun
from sleeprun.cli.arguments import choice_as_flag, overrides_first

OUTPUT = "network.projections.hidden_output"
HIDDEN = "network.populations.hidden"
CONDUCTANCE = "{kind: conductance, reversal: 0.0, kinetics: {kind: exponential}}"
OWN = """\
from sleeprun.spiking.neurons.lif import LIF
from sleeprun.spiking.plasticity.stdp import STDP

class Mine(LIF):
    pass

def helper():
    pass
"""


def complaint(*given: str, experiment: str = "foraging_quick", folder: Path | None = None) -> str:
    with pytest.raises(sleeprun.ConfigError) as raised:
        sleeprun.compose(experiment, *given, config_dir=folder)
    return str(raised.value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (f"{OUTPUT}.synapse={CONDUCTANCE}",
         f"{OUTPUT}.synapse.reversal: nothing is there yet; add it with +{OUTPUT}.synapse={{...}}"),
        (f"+{OUTPUT}.synapse={CONDUCTANCE}", f"{OUTPUT}.synapse.kinetics.tau: missing"),
        (f"{OUTPUT}.sign=inhib",
         f"{OUTPUT}.sign: nothing is there yet; add it with +{OUTPUT}.sign=..."),
        (f"{HIDDEN}.neuron.kind=adex",
         f"{HIDDEN}.neuron.kind: {HIDDEN}.neuron has a single value, and no keys below it"),
        (f"{HIDDEN}.neuron=adex",
         f"{HIDDEN}.neuron='adex': no such neuron; allowed: rulkov, lif; define another with "
         "+network.neurons.adex={kind: ...}"),
        ("learner.strength=3", "learner: only perceptrons on images have such a key"),
        ("sleep.drive.rate=3", "sleep.drive.rate: unknown key; allowed: kind, population, kick"),
        ("network.neurons.lfi.tau=3",
         "network.neurons.lfi: unknown key; did you mean 'lif'? Allowed: rulkov, lif; add a new "
         "one with +network.neurons.lfi=..."),
        ("hydra.job.num=x", "hydra.job.num=x: must be a whole number"),
        ("hydra.job.chdir=x", "hydra.job.chdir=x: must be true or false"),
        ("hydra.mode=foo", "hydra.mode=foo: Invalid value 'foo', expected one of [RUN, MULTIRUN]"),
        ("hydra.run.dir={a: 1}", "hydra.run.dir={a: 1}: must be a text"),
        ("hydra.job=3", "hydra.job=3: must be a mapping, {key: value}"),
        ("hydra.job.env_set=3", "hydra.job.env_set=3: must be a mapping, {key: value}"),
        ("hydra.job.env_copy=3", "hydra.job.env_copy=3: must be a list, [...]"),
        ("runtime=3", "runtime=3: must be a mapping, {key: value}"),
        ("hydra.job.env_set=[1]", "hydra.job.env_set=[1]: must be a mapping, {key: value}"),
        ("hydra.overrides.task={a: 1}", "hydra.overrides.task={a: 1}: must be a list, [...]"),
        ("+arms.../../x={}", "+arms.../../x={}: 'arms.../../x' is no key; a key is a.b.c, a group "
         "a/b"),
        ("+a..b=1", "+a..b=1: 'a..b' is no key; a key is a.b.c, a group a/b"),
        ("smoke", "smoke: cannot be read as KEY=VALUE; did you mean +experiment=smoke?"),
        ("seeds='1", "seeds='1: cannot be read as KEY=VALUE"),
        ("seeds=[1,2",
         "seeds=[1,2: cannot be read as KEY=VALUE (no viable alternative at input '[1,2')"),
    ],
)  # fmt: skip
def test_the_whole_of_what_is_said(given: str, told: str) -> None:
    assert complaint(given, "arms=none") == told


@pytest.mark.parametrize(
    ("given", "there", "elsewhere"),
    [
        ("+network.neurons.a={kind: adex, foo: 1}", "capacitance", ["mu", "channels", "refract"]),
        ("tasks.trian=3", "did you mean 'train'? Allowed: kind, stages", ["scenario", "samples"]),
        ("+sleep.also=[{drive: {kind: poisson, foo: 1}}]", "allowed: kind, population", ["peak"]),
    ],
)
def test_the_keys_of_the_kind_that_is_chosen_are_allowed(
    given: str, there: str, elsewhere: list[str]
) -> None:
    (line,) = [line for line in complaint(given).splitlines() if "unknown key" in line]
    assert there in line
    assert not [key for key in elsewhere if re.search(rf"\b{key}", line)]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("{own}.parts", "is a module; name a class in it; allowed: Mine"),
        ("{own}.parts.Mien", "has no 'Mien'; did you mean 'Mine'? Allowed: Mine"),
        ("{own}.Mine", "the module '{own}' has no 'Mine'; it has none derived from Neuron"),
    ],
)
def test_what_could_be_meant_is_of_the_kind(
    kind: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "mine_" + re.sub(r"\W", "", tmp_path.name)
    (tmp_path / own).mkdir()
    (tmp_path / own / "__init__.py").touch()
    (tmp_path / own / "parts.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    invalidate_caches()
    line = complaint(f"+network.neurons.a={{kind: '{kind.format(own=own)}'}}", "arms=none")
    assert line.endswith(told.format(own=own))
    assert "helper" not in line


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("name: mine\n", "experiment: its file must begin with the line: # @package _global_"),
        ("", "experiment: its file must begin with the line: # @package _global_"),
        (
            "# @package _global_\ndefaults: [/experiment/foraging_quik]\n",
            "experiment/mine.yaml: no experiment/foraging_quik; did you mean 'foraging_quick'? All",
        ),
    ],
)
def test_an_experiment_file_that_lacks_something(content: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text(content)
    assert complaint(experiment="mine", folder=tmp_path).startswith(told)


def test_a_flag_of_the_command_is_none_in_python() -> None:
    told = "--config-dir=conf: is a flag of the command; here it is config_dir=FOLDER"
    assert complaint("--config-dir=conf") == told


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("+experiment=a --config-dir D seeds=2", "+experiment=a seeds=2 --config-dir D"),
        ("--config-dir a=b seeds=2 ~probes", "seeds=2 ~probes --config-dir a=b"),
        ("-m seeds=1,2 --cfg job x=1", "seeds=1,2 x=1 -m --cfg job"),
        ("-sc install=bash", "-sc install=bash"),
        ("--config-dir=D x=1", "x=1 --config-dir=D"),
    ],
)
def test_overrides_and_flags_in_any_order(typed: str, meant: str) -> None:
    assert overrides_first(typed.split()) == meant.split()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("--experiment smoke", "--experiment: no such flag; did you mean +experiment=smoke?"),
        ("--sleep=n3 -m", "--sleep=n3: no such flag; did you mean sleep=n3?"),
        ("--experiment -m", "--experiment: no such flag; did you mean +experiment=...?"),
        ("-m --config-dir conf +experiment=smoke", None),
    ],
)
def test_a_choice_given_as_a_flag(typed: str, told: str | None) -> None:
    assert choice_as_flag(typed.split()) == told
