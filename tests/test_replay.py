"""A perceptron's sleep against a plain NumPy program written from src2022's equations."""

from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError
from replaying import ALPHA, STEPS, by_engine, drive, image, newborn, rasters, rule, words
from scipy.stats import chisquare

from sleeprun.gradient import replay
from sleeprun.gradient.replay import DRIVES, Asleep, Replay
from sleeprun.gradient.replay.schema import ReplayConfig

ENGINES = ["by_step", "by_layer", "native"]


def by_numpy(
    rule: Replay, state: Asleep, raster: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """The equations as they are written, and the spikes of each step and layer."""
    weights, membrane = ([np.array(x) for x in part] for part in state)
    inc, dec, slope, decay = (np.float32(x) for x in (rule.inc, rule.dec, rule.slope, rule.decay))
    counts = np.zeros((len(raster), len(weights)), int)
    for t, spikes in enumerate(raster):
        for layer, (matrix, potential) in enumerate(zip(weights, membrane, strict=True)):
            drive = np.zeros(matrix.shape[1], np.float32)
            for pre in np.flatnonzero(spikes):
                drive += matrix[pre]
            potential[:] = decay * potential + ALPHA[layer] * drive
            fired = potential >= np.float32(rule.threshold[layer])
            for post in np.flatnonzero(fired):
                column = matrix[:, post]
                factor = 2 / (1 + np.exp(np.clip(column / slope, -80, 80)))
                matrix[:, post] += np.where(spikes, inc * factor, -dec * factor)
                potential[post] = 0
            counts[t, layer] = fired.sum()
            spikes = fired
    return weights, membrane, counts


def assert_same(ours: Asleep, theirs: Asleep, atol: float = 0.0) -> None:
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=atol)


def test_a_step_is_the_equations() -> None:
    state, raster = newborn(), rasters()
    weights, membrane, counts = by_numpy(rule(), state, np.asarray(raster))
    assert (counts.sum(axis=0) > 50).all()
    assert (counts == 0).all(axis=1).any()
    step = jax.jit(replay.step)
    for spikes, expected in zip(raster, counts, strict=True):
        state, found = step(rule(), jnp.asarray(ALPHA), state, spikes)
        assert found.tolist() == expected.tolist()
    # Sums of products are fused and ordered as the compiler likes.
    assert_same(state, Asleep(tuple(weights), tuple(membrane)), 2e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_is_the_equations(engine: str) -> None:
    """Weights: the last bit of exp differs between libraries, and sums as above."""
    state, raster = newborn(), rasters()
    weights, membrane, counts = by_numpy(rule(), state, np.asarray(raster))
    assert counts.max(axis=0).min() > 1, "no neurons that spike together"
    ours, found = by_engine(engine, rule(), state, raster)
    assert found.tolist() == counts.sum(axis=0).tolist()
    assert_same(ours, Asleep(tuple(weights), tuple(membrane)), 3e-6)
    for matrix, start in zip(ours.weights, state.weights, strict=True):
        assert np.abs(matrix - start).max() > 0.01


def test_the_kernel_rounds_as_the_equations_do() -> None:
    """Where plasticity is off there is no exp: potentials are equal to the last bit."""
    still, raster = rule(inc=0.0, dec=0.0), rasters()
    _, membrane, counts = by_numpy(still, newborn(), np.asarray(raster))
    assert (counts.sum(axis=0) > 50).all()
    ours, found = by_engine("native", still, newborn(), raster)
    assert found.tolist() == counts.sum(axis=0).tolist()
    assert_same(ours, Asleep(newborn().weights, tuple(membrane)))


@pytest.mark.parametrize("engine", ENGINES)
def test_without_plasticity_weights_stay(engine: str) -> None:
    ours, counts = by_engine(engine, rule(inc=0.0, dec=0.0), newborn(), rasters())
    assert (counts > 0).all()
    assert_same(Asleep(ours.weights, ()), Asleep(newborn().weights, ()))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_window_may_end_early(engine: str) -> None:
    raster = rasters(70)
    part, few = by_engine(engine, rule(), newborn(), raster, 41)
    whole, same = by_engine(engine, rule(), newborn(), raster[:41])
    assert few.tolist() == same.tolist()
    assert (few > 0).all()
    assert_same(part, whole, 1e-6 if engine == "by_layer" else 0.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_quiet_layer_quietens_what_follows(engine: str) -> None:
    quiet = eqx.tree_at(lambda rule: rule.threshold, rule(), jnp.array([1.2, 100.0, 0.3]))
    start = newborn()
    ours, counts = by_engine(engine, quiet, start, rasters())
    assert counts[0] > 0
    assert counts[1:].tolist() == [0, 0]
    np.testing.assert_array_equal(ours.weights[2], start.weights[2])
    faded = 0.95**STEPS * np.asarray(start.membrane[2], float)
    np.testing.assert_allclose(ours.membrane[2], faded, rtol=1e-3, atol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("chunk", [1, 7, 64, 1000])
def test_chunks_do_not_matter(engine: str, chunk: int) -> None:
    def asleep(chunk: int, start: Asleep, first_step: int, count: int) -> tuple[Asleep, jax.Array]:
        return jax.jit(replay.sleep, static_argnums=(5, 9, 10))(
            rule(), drive(), jnp.asarray(ALPHA), start, image(), (6, 6), words(),
            jnp.int32(first_step), jnp.int32(count), engine, chunk,
        )  # fmt: skip

    whole, counts = asleep(200, newborn(), 5, 200)
    ours, found = asleep(chunk, newborn(), 5, 150)
    ours, more = asleep(chunk, ours, 155, 50)
    assert (np.asarray(counts) > 10).all()
    assert (found + more).tolist() == counts.tolist()
    assert_same(ours, whole, 2e-6 if engine == "by_layer" else 0.0)


def test_sleep_shows_what_was_drawn() -> None:
    state, counts = by_engine("by_step", rule(), newborn(), rasters(90, 3))
    ours, found = replay.sleep(
        rule(), drive(), jnp.asarray(ALPHA), newborn(), image(), (6, 6), words(),
        jnp.int32(3), jnp.int32(90), "by_step",
    )  # fmt: skip
    assert found.tolist() == counts.tolist()
    assert_same(ours, state)


@pytest.mark.parametrize("engine", ENGINES)
def test_networks_side_by_side_sleep_as_alone(engine: str) -> None:
    starts = [newborn(seed) for seed in range(3)]
    raster = [rasters(first_step=1000 * seed) for seed in range(3)]
    stacked = jax.tree.map(lambda *x: jnp.stack(x), *starts)
    both = jax.vmap(replay.ENGINES[engine], (None, None, 0, 0, None))
    ours, counts = jax.jit(both)(
        rule(), jnp.asarray(ALPHA), stacked, jnp.stack(raster), jnp.int32(STEPS)
    )
    for k in range(3):
        alone, found = by_engine(engine, rule(), starts[k], raster[k])
        assert (found > 0).all()
        assert counts[k].tolist() == found.tolist()
        assert_same(jax.tree.map(lambda x, k=k: x[k], ours), alone, 2e-6)


def test_g_by_hand() -> None:
    slope = jnp.float32(0.001)
    weights = jnp.array([-9.0, -0.001, 0.0, 0.001, 9.0])
    expected = [2, 2 / (1 + np.exp(-1)), 1, 2 / (1 + np.exp(1)), 0]
    np.testing.assert_allclose(replay.g(weights, slope), expected, rtol=1e-5)


def test_factors_by_hand() -> None:
    weights = [jnp.array([[0.5, -9.0], [0.25, 0.1]]), jnp.array([[3.0], [-4.0]])]
    activations = [jnp.float32(2.0), jnp.float32(1.0)]
    # f_1 = max(0.5, 2) / 1 = 2, f_2 = max(3, 1) / 2 = 1.5
    found = replay.factors(weights, activations)
    np.testing.assert_allclose(found, [2.0, 1.5], rtol=1e-6)
    alpha = rule(alpha_scale=6.0).alpha(found)
    np.testing.assert_allclose(alpha, [3.0, 4.0], rtol=1e-6)


def drawn(shape: tuple[int, int] | None, bright: jax.Array, steps: int = 20_000) -> np.ndarray:
    return np.asarray(drive(500.0, 3).draw(bright, shape, words(), jnp.int32(7), steps))


def test_patches_are_whole_and_lie_anywhere() -> None:
    shown = drawn((5, 6), jnp.ones(30)).reshape(-1, 5, 6)  # all that is shown spikes
    assert (shown.sum(axis=(1, 2)) == 9).all()
    row, column = shown.any(axis=2).argmax(axis=1), shown.any(axis=1).argmax(axis=1)
    squares = [shown[t, row[t] : row[t] + 3, column[t] : column[t] + 3] for t in range(len(shown))]
    assert np.all(squares)
    assert (row.max(), column.max()) == (2, 3)
    assert chisquare(np.bincount(4 * row + column, minlength=12)).pvalue > 1e-3


def test_an_input_spikes_with_its_probability() -> None:
    """One below 0, as standardised features have them, never does."""
    bright = jnp.array([-2.0, 0.1, 0.5, 0.9, 1.0, 3.0])  # 2 dt max_rate = 1
    spikes = drawn(None, bright)
    expected = np.clip(np.asarray(bright), 0, 1)
    error = np.sqrt(expected * (1 - expected) / len(spikes))
    assert (np.abs(spikes.mean(axis=0) - expected) <= 4 * error + 1e-7).all()
    assert abs(np.corrcoef(spikes[:-1, 2], spikes[1:, 2])[0, 1]) < 4 / np.sqrt(len(spikes))


def test_a_draw_does_not_depend_on_its_chunk() -> None:
    np.testing.assert_array_equal(rasters(60)[20:], rasters(40, 20))


def test_a_patch_is_shown_of_every_plane_of_an_image() -> None:
    planes = drawn((5, 6), jnp.ones(3 * 30), steps=200).reshape(-1, 3, 30)
    one = drawn((5, 6), jnp.ones(30), steps=200)
    for plane in range(3):
        np.testing.assert_array_equal(planes[:, plane], one)


@pytest.mark.parametrize(
    ("patch", "shape", "why"),
    [
        (3, None, "patch=3: features have no rows and columns; must be null"),
        (7, (6, 9), "patch=7: images are 6 x 9; choose 1 to 6"),
        (6, (6, 9), None),
        (None, None, None),
    ],
)
def test_a_patch_must_fit(
    patch: int | None, shape: tuple[int, int] | None, why: str | None
) -> None:
    assert drive(patch=patch).misfit(shape) == why


SLEEP = {
    "kind": "replay", "schedule": "after", "stages": "all", "length": 15, "longer": 5,
    "plasticity": True, "also": [], "inc": 0.03, "dec": 0.002, "slope": 0.001, "decay": 0.95,
    "threshold": [1.2, 0.5, 0.3], "alpha_scale": 55.0, "scale": "every_sleep",
    "drive": {"kind": "mean_image", "max_rate": 200.0, "dt": 0.001, "patch": 4, "shown": "seen"},
}  # fmt: skip


def test_a_config_says_what_sleep_is_made_of() -> None:
    asleep = ReplayConfig.model_validate(SLEEP)
    made = asleep.make()
    assert made.threshold.tolist() == np.array([1.2, 0.5, 0.3], np.float32).tolist()
    assert (float(made.inc), asleep.drive.make().patch) == (np.float32(0.03), 4)
    control = made.still()
    assert (float(control.inc), float(control.dec)) == (0.0, 0.0)
    assert jax.tree.structure(control) == jax.tree.structure(made)
    for wrong in ({"threshold": [1.0]}, {"threshold": [1.0, -1.0]}, {"decay": 1.0}, {"kick": 1.0}):
        with pytest.raises(ValidationError):
            ReplayConfig.model_validate(SLEEP | wrong)


def test_a_drive_of_a_user_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """White noise, which knows nothing of what was seen."""
    (tmp_path / "own_drive.py").write_text(OWN_DRIVE)
    monkeypatch.syspath_prepend(tmp_path)
    told = {"kind": "own_drive.White", "rate": 0.25, "shown": "seen"}
    white = DRIVES.section("own_drive.White").model_validate(told).make()
    raster = white.draw(image(), None, words(), jnp.int32(0), 400)
    assert abs(float(raster.mean(dtype=jnp.float32)) - 0.25) < 4 * np.sqrt(
        0.25 * 0.75 / raster.size
    )
    _, counts = replay.sleep(
        rule(), white, jnp.asarray(ALPHA), newborn(), image(), None, words(),
        jnp.int32(0), jnp.int32(50), "by_step",
    )  # fmt: skip
    _, expected = by_engine("by_step", rule(), newborn(), raster[:50])
    assert counts.tolist() == expected.tolist()


OWN_DRIVE = """
import jax.numpy as jnp
from sleeprun import noise
from sleeprun.config.declared import number
from sleeprun.gradient.replay import Drive


class White(Drive):
    rate: jnp.ndarray = number("of every input", unit="a step", ge=0, le=1)

    def draw(self, mean_image, shape, words, first_step, steps):
        time = first_step + jnp.arange(steps, dtype=jnp.int32)[:, None]
        pixel = jnp.arange(len(mean_image), dtype=jnp.int32)
        return noise.uniform(words, time, pixel) < self.rate
"""
