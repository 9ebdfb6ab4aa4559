"""How fast a perceptron's sleep is simulated: one line of JSON on stdout, a table on stderr.

A 784-1200-1200-10 network is trained on five tasks of MNIST's 5,000 images and sleeps after each,
with the parameters published for MNIST (Tadros et al. 2022). sleeprun's engines and a plain NumPy
program that touches only what spiked are timed in turns over all five sleeps, on one core and in
processor time; ratios are taken round by round. Before that all are given the same input.
"""

import argparse
import json
import sys
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sleeprun import noise
from sleeprun.gradient import replay
from sleeprun.runs.devices import device_name
from sleeprun.spiking import native
from sleeprun.subjects.classifier.classifier import Classifier
from speed import numpy_sleep, rounds
from speed.rounds import Entries, Sample, seconds
from speed.sleeper import Sleeper, classifier_of, sleepers

ENGINES = ("native", "by_layer", "by_step")
MOST = {"by_step": 200}  # steps of each sleep that an engine is timed for; others take all
SAME = 2500  # steps whose spikes are compared; later ones have hardly any
LAYERS = ("hidden 1", "hidden 2", "output")


def engines() -> list[str]:
    return [name for name in ENGINES if native.available() or name != "native"]


def same_input(sleeper: Sleeper, steps: int = SAME) -> dict[str, list[int]]:
    """Every formulation's spikes of each layer, given the same input."""
    rule, drive = sleeper.phase.replay.make(), sleeper.phase.drive.make()
    words, image = noise.stream(noise.seed_key(0), 0), jnp.asarray(sleeper.image.ravel())
    raster = drive.draw(image, sleeper.image.shape, words, jnp.int32(0), steps)
    weights, membrane = sleeper.copies()
    counts = [
        numpy_sleep.step(sleeper.rule, weights, membrane, np.flatnonzero(spikes))
        for spikes in np.asarray(raster)
    ]
    found = {"numpy": np.sum(counts, axis=0).tolist()}
    asleep = replay.Asleep(*(tuple(map(jnp.asarray, part)) for part in sleeper.copies()))
    for engine in engines():
        run = jax.jit(replay.ENGINES[engine])
        _, spikes = run(
            rule, rule.alpha(sleeper.state.factors[0]), asleep, raster, jnp.int32(steps)
        )
        found[engine] = spikes.tolist()
    return found


def entries(sleeping: list[Sleeper]) -> Entries:
    found: Entries = {}
    for name in engines():
        classifier = classifier_of(name)
        _engine(classifier, sleeping, 1)  # compiles
        found[name] = partial(_engine, classifier, sleeping, MOST.get(name))
    return found | {"numpy": partial(_numpy, sleeping)}


def _engine(classifier: Classifier, sleeping: list[Sleeper], most: int | None) -> Sample:
    steps = [most or one.phase.cycles for one in sleeping]
    pairs = list(zip(sleeping, steps, strict=True))
    took, reports = seconds(
        lambda: [classifier.advance(one.phase, count, one.state)[1] for one, count in pairs]
    )
    return _sample(took, sum(steps), [report.spikes[0] for report in reports])


def _numpy(sleeping: list[Sleeper]) -> Sample:
    rng = np.random.default_rng()
    networks = [(one, *one.copies()) for one in sleeping]
    took, spikes = seconds(
        lambda: [
            numpy_sleep.sleep(
                one.rule, one.drive, weights, membrane, one.image, one.phase.cycles, rng
            )
            for one, weights, membrane in networks
        ]
    )
    return _sample(took, sum(one.phase.cycles for one in sleeping), spikes)


def _sample(took: float, steps: int, spikes: list[Any]) -> Sample:
    a_step = np.sum(spikes, axis=0) / steps
    return Sample(steps / took, dict(zip(LAYERS, a_step.tolist(), strict=True)))


def table(found: dict[str, dict[str, Any]]) -> str:
    """Median, range, spikes a step, and the median ratio to NumPy with its range."""
    spikes = "".join(f"{name:>10}" for name in LAYERS)
    lines = [f"{'asleep':10}{'steps/s':>9}{'min':>8}{'max':>8}{spikes}{'/ numpy':>10}"]
    for name, one in found.items():
        speed, ratio = one["steps_per_second"], one["ratio_to"].get("numpy")
        line = f"{name:10}{speed['median']:9,.0f}{speed['min']:8,.0f}{speed['max']:8,.0f}"
        line += "".join(f"{one['spikes_a_step'][layer]:10.4f}" for layer in LAYERS)
        told = "{median:10.2f} ({min:.2f} to {max:.2f})".format(**ratio) if ratio else ""
        lines.append(line + told)
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rounds.pin(1)
    sleeping = sleepers()
    same = same_input(sleeping[0])
    print(f"spikes of {SAME} steps with the same input: {same}", file=sys.stderr, flush=True)
    samples = rounds.in_turns(entries(sleeping), arguments.rounds)
    found = rounds.compared(samples, "step", ("numpy",))
    print(table(found), file=sys.stderr, flush=True)
    line = {"device": device_name(jax.devices()[0]), "unit": "steps/s", "same_input": same}
    print(json.dumps(line | {"engines": found}))


if __name__ == "__main__":
    main()
