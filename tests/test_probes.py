"""Noisy images, the overlap of tasks and the weights moved: by hand, and before and after sleep."""

import io
import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import configured, of_kind
from rich.console import Console
from scipy import ndimage
from test_classifier import carried_out, run_of, same, tiny

from sleeprun.config import ConfigError
from sleeprun.config.images import ProbesConfig
from sleeprun.gradient import probes
from sleeprun.protocol.events import Begun, Event, Moved, Overlap, Robustness, Scored
from sleeprun.protocol.phases import Boundary, BoundaryKind
from sleeprun.report.probes import probes as picture_of
from sleeprun.report.tables import probes_table
from sleeprun.runs import job
from sleeprun.runs.subset import of_seeds
from sleeprun.tracking.wandb_run import probe_row

TOLD = (Robustness, Overlap, Moved)
GREY = np.full((200, 100), 0.5, np.float32)


def wanted(**other: Any) -> ProbesConfig:
    default = {"gaussian": 0.2, "blur": 1.0, "salt_and_pepper": 0.1}
    return ProbesConfig(images=20, overlap=True, **{**default, **other})


def test_overlap_is_the_mean_correlation_over_pairs_of_tasks() -> None:
    rising, steeper, falling = [1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [3.0, 2.0, 1.0]
    assert probes.overlap(np.array([rising, steeper])) == pytest.approx(1)
    assert probes.overlap(np.array([rising, steeper, falling])) == pytest.approx(-1 / 3)
    # deviations (-1, 1, 0) and (1, 1, -2): uncorrelated
    assert probes.overlap(np.array([[0.0, 2.0, 1.0], [2.0, 2.0, -1.0]])) == pytest.approx(0)
    silent = [0.0, 0.0, 0.0]
    assert probes.overlap(np.array([rising, silent, falling])) == pytest.approx(-1)
    assert np.isnan(probes.overlap(np.array([rising, silent])))


def test_moved_weights_by_hand() -> None:
    before = [jnp.array([[0.0, 1.0], [2.0, 3.0]]), jnp.array([[1.0], [1.0]])]
    after = [jnp.array([[0.0, 1.5], [1.0, 3.0]]), jnp.array([[2.0], [4.0]])]
    found = probes.moved(before, after)
    np.testing.assert_allclose(found.raised, [0.25, 1.0])
    np.testing.assert_allclose(found.lowered, [0.25, 0.0])
    np.testing.assert_allclose(found.mean, [1.5 / 4, 2.0])


def test_salt_and_pepper_hit_their_share_of_pixels() -> None:
    hit = probes.salt_and_pepper(GREY, 0.2, np.random.default_rng(0))
    white, black = np.mean(hit == 1), np.mean(hit == 0)
    four_sd = 4 * np.sqrt(0.1 * 0.9 / GREY.size)
    assert abs(white - 0.1) < four_sd
    assert abs(black - 0.1) < four_sd
    assert np.mean(hit == 0.5) == pytest.approx(1 - white - black)
    assert len({row.tobytes() for row in hit}) == len(hit)


def test_blur_is_of_each_image_in_its_own_two_dimensions() -> None:
    pictures = np.random.default_rng(0).random((3, 5, 7)).astype(np.float32)
    blurred = probes.blur(pictures.reshape(3, 35), 1.3, (5, 7)).reshape(3, 5, 7)
    for ours, picture in zip(blurred, pictures, strict=True):
        np.testing.assert_allclose(ours, ndimage.gaussian_filter(picture, 1.3), rtol=1e-6)


def test_gaussian_noise_has_its_sd_and_stays_within_what_images_can_be() -> None:
    small = probes.gaussian(GREY, 0.05, np.random.default_rng(0)) - GREY
    assert small.std() == pytest.approx(0.05, rel=0.03)
    large = probes.gaussian(GREY, 2.0, np.random.default_rng(0))
    assert (large.min(), large.max()) == (0, 1)
    features = np.array([[0.0, 1.7]], np.float32)
    same(probes.gaussian(features, 0.0, np.random.default_rng(0)), features)


def test_noise_is_the_same_each_time_and_another_for_each_task() -> None:
    first, again, other = (probes.noisy(GREY, place, (10, 10), wanted()) for place in (0, 0, 1))
    assert list(first) == ["clean", "gaussian", "blur", "salt and pepper"]
    same(first, again)
    for kind in ("gaussian", "salt and pepper"):
        assert (first[kind] != other[kind]).any()
        assert first[kind].dtype == np.float32
    some = probes.noisy(GREY, 0, (10, 10), wanted(gaussian=None, salt_and_pepper=None))
    assert list(some) == ["clean", "blur"]


def test_noise_of_no_strength_leaves_images_as_they_are() -> None:
    images = np.random.default_rng(0).random((4, 12)).astype(np.float32)
    still = wanted(gaussian=0.0, blur=0.0, salt_and_pepper=0.0)
    for shown in probes.noisy(images, 0, (3, 4), still).values():
        same(shown, images)


def test_images_are_chosen_from_the_whole_file() -> None:
    assert probes.chosen(9, 3).tolist() == [0, 4, 8]
    assert probes.chosen(3, 200).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("+experiment=src2022/features", "probes.blur=1.5"), "probes.blur=1.5: features have no"),
        (("+experiment=src2022/features", "sleep.patch=3"), "sleep.patch=3: features have no rows"),
        (("+experiment=src_quick", "probes.salt_and_pepper=2"), "probes.salt_and_pepper=2"),
        (("+experiment=src_quick", "+probes.blurr=2"), "probes.blurr: unknown key; did you mean"),
        (("+experiment=foraging_quick", "probes=default"), "probes: is for perceptrons on images"),
    ],
)
def test_mistakes_are_told_by_key(overrides: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match="^" + message.replace(".", r"\.")):
        configured(*overrides)


def test_events_are_told_for_some_of_the_seeds() -> None:
    boundary = Boundary(1, "a", BoundaryKind.WAKE, "a")
    layers = {"output": {"share": [0.1, 0.2], "mean": [1.0, 2.0]}}
    moved = of_seeds(Moved(boundary=boundary, layers=layers), [1])
    assert moved == Moved(boundary=boundary, layers={"output": {"share": [0.2], "mean": [2.0]}})
    noise = of_seeds(Robustness(boundary=boundary, accuracy={"clean": [0.5, 0.6]}), [1, 0])
    assert noise == Robustness(boundary=boundary, accuracy={"clean": [0.6, 0.5]})
    overlap = of_seeds(Overlap(boundary=boundary, layers={"hidden 1": [3.0, 4.0]}), [0])
    assert overlap == Overlap(boundary=boundary, layers={"hidden 1": [3.0]})


LARGER = ("runtime.chunk_steps=1000", "runtime.chunk_batches=1000")
SHORT = (
    "training.epochs=5",
    "probes.images=1000",
    "runtime.chunk_steps=60",
    "runtime.chunk_batches=60",
)
Events = list[Event]


def probed(events: Events) -> dict[tuple[str, int], Any]:
    found = {}
    for event in events:
        if isinstance(event, TOLD):
            place = event.tag, event.boundary.index
            assert place not in found
            found[place] = event.accuracy if isinstance(event, Robustness) else event.layers
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A run, what it told, and its weights before and after the last sleep."""
    run = run_of(tiny(*SHORT, "probes.gaussian=0.0"), tmp_path_factory.mktemp("whole"))
    events, layers = [], []
    for event in run.events():
        events.append(event)
        if isinstance(event, Begun) and event.kind == "sleep":
            layers = [np.asarray(layer.weights) for layer in run.state.layers]
    return run, events, layers


def test_noise_of_no_strength_scores_as_the_test_does(whole: Any) -> None:
    found = probed(whole[1])
    names = whole[0].subject.sequence.names
    for row in range(1, 11):
        trained = names[: (row + 1) // 2]
        scores = [
            event.score
            for event in of_kind(whole[1], Scored)
            if event.boundary.index == row and event.task in trained
        ]
        accuracy = found["robustness", row]
        np.testing.assert_allclose(accuracy["clean"], np.mean(scores, axis=0), rtol=1e-12)
        assert accuracy["gaussian"] == accuracy["clean"]
        assert accuracy["salt and pepper"] != accuracy["clean"]


def test_what_a_sleep_moved_and_how_tasks_overlap_is_what_plain_numpy_finds(whole: Any) -> None:
    run, events, before = whole
    found = probed(events)
    after = [np.asarray(layer.weights) for layer in run.state.layers]
    for name, early, late in zip(("hidden 1", "hidden 2", "output"), before, after, strict=True):
        told = found["moved", 10][name]
        for seed in range(2):
            change = late[seed].astype(float) - early[seed]
            assert told["share"][seed] == pytest.approx(np.mean(change != 0), rel=1e-6)
            assert told["raised"][seed] == pytest.approx(np.mean(change > 0), rel=1e-6)
            assert told["lowered"][seed] == pytest.approx(np.mean(change < 0), rel=1e-6)
            assert told["mean"][seed] == pytest.approx(np.abs(change).mean(), rel=1e-5)
        assert sum(told["share"]) > 0
    shown = [task.test_images for task in run.subject.sequence.tasks]
    for name, weights in zip(("hidden 1", "hidden 2"), after, strict=False):
        shown = [np.maximum(images @ weights[1], 0) for images in shown]
        means = [activity.mean(axis=0) for activity in shown]
        pairs = [np.corrcoef(a, b)[0, 1] for i, a in enumerate(means) for b in means[:i]]
        assert found["overlap", 10][name][1] == pytest.approx(np.mean(pairs), abs=1e-5)


def test_overlap_needs_two_tasks_and_moving_a_sleep(whole: Any) -> None:
    found = probed(whole[1])
    assert [row for told, row in found if told == "robustness"] == list(range(1, 11))
    assert [row for told, row in found if told == "overlap"] == list(range(3, 11))
    assert [row for told, row in found if told == "moved"] == [2, 4, 6, 8, 10]


@pytest.mark.parametrize("steps", [60, 190])
def test_a_run_broken_off_asleep_tells_the_same(whole: Any, tmp_path: Path, steps: int) -> None:
    """Within the second sleep, and when all of its 190 steps are done."""
    config = tiny(*SHORT, "probes.gaussian=0.0")
    broken = run_of(config, tmp_path)
    second = (event for event in broken.events() if broken.state.seen[0].sum() == 2)
    while getattr(next(second), "kind", None) != "sleep" or broken.done < steps:
        pass
    assert (broken.done, len(broken.state.before)) == (steps, 3)
    broken.save()
    again = run_of(config, tmp_path)
    left = probed(carried_out(again))
    assert ("moved", 4) in left
    assert left == {place: told for place, told in probed(whole[1]).items() if place in left}
    assert max(row for _, row in left) == 10
    assert not again.state.before


@pytest.mark.slow
def test_neither_chunks_nor_devices_nor_company_change_what_is_told(
    whole: Any, tmp_path: Path
) -> None:
    config = tiny(*SHORT, "probes.gaussian=0.0", *LARGER)
    assert probed(carried_out(run_of(config, tmp_path / "spread", devices=2))) == probed(whole[1])
    config = tiny(*SHORT, "probes.gaussian=0.0", "seeds=[1]")
    alone = carried_out(run_of(config, tmp_path / "alone"))
    part = [of_seeds(event, [1]) for event in whole[1] if isinstance(event, TOLD)]
    assert probed(alone) == probed(part)


def test_a_sleep_that_changes_nothing_moves_nothing(tmp_path: Path) -> None:
    config = tiny(*SHORT, "sleep.inc=0.0", "sleep.dec=0.0")
    found = probed(carried_out(run_of(config, tmp_path)))
    for row in (2, 4, 6, 8, 10):
        assert not any(jax.tree.leaves(found["moved", row]))
        assert found["robustness", row] == found["robustness", row - 1]
        assert found.get(("overlap", row)) == found.get(("overlap", row - 1))


@pytest.mark.slow
def test_a_learner_reads_out_noisy_images_in_its_own_way(tmp_path: Path) -> None:
    config = tiny(*SHORT, "learner=icarl", "learner.capacity=40", "sleep.schedule=never")
    events = carried_out(run_of(config, tmp_path))
    last = [event.score for event in of_kind(events, Scored)][-5:]
    np.testing.assert_allclose(probed(events)["robustness", 5]["clean"], np.mean(last, axis=0))


def test_nothing_is_probed_unless_asked_for(tmp_path: Path) -> None:
    config = tiny(*SHORT[::2], "~probes", "sleep.first=20", "sleep.more=0")
    run = run_of(config, tmp_path)
    assert not probed(carried_out(run))
    assert not run.state.before


def test_results_table_and_picture_tell_what_the_last_sleep_changed(tmp_path: Path) -> None:
    quiet = ("tracking.mode=disabled", "runtime.progress=false", "runtime.figures=true")
    job.carry_out(tiny(*SHORT, *quiet), tmp_path)
    results = json.loads((tmp_path / "results.json").read_text())
    assert (tmp_path / "figures" / "probes.png").exists()
    rows = results["probes"]
    assert [row["boundary"]["index"] for row in rows] == list(range(1, 11))
    clean = rows[-1]["robustness"]["clean"]
    assert clean["mean"] == pytest.approx(results["metrics"]["accuracy"]["mean"])
    assert clean["mean"] == pytest.approx(np.mean(clean["per_seed"]))
    assert probe_row(rows[-1])["robustness/clean"] == clean["mean"]
    assert probe_row(rows[-1])["moved/output"] == rows[-1]["moved"]["output"]["share"]["mean"]
    table = probes_table(results)
    text = io.StringIO()
    Console(file=text, width=80).print(table)
    assert "…" not in text.getvalue()
    change = clean["mean"] - rows[-2]["robustness"]["clean"]["mean"]
    line = next(line for line in text.getvalue().splitlines() if "accuracy, clean" in line)
    assert f"{change:+.2f}" in line
    assert probes_table({**results, "probes": []}) is None
    assert probes_table({**results, "probes": rows[:1]}) is None
    assert picture_of([], {**results, "probes": []}) is None
