"""Noisy images, the overlap of tasks and the weights moved, before and after sleep."""

import io
import json
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from classifiers import carried_out, run_of, tiny
from conftest import configured, of_kind
from rich.console import Console

from sleeprun.config import ConfigError
from sleeprun.directory.store import RunDirectory
from sleeprun.directory.subset import of_seeds
from sleeprun.protocol.events import Begun, Event, Scored
from sleeprun.protocol.phases import Boundary
from sleeprun.protocol.seen import Found
from sleeprun.report.probes import probes as picture_of
from sleeprun.report.tables import probes_table
from sleeprun.runs import job
from sleeprun.subjects.classifier.record import Moved, Overlap, Robustness
from sleeprun.tracking.history import History


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ("+experiment=src_quick", "probes.noises.salt_and_pepper.share=2"),
            "probes.noises.salt_and_pepper.share=2",
        ),
        (("+experiment=src_quick", "+probes.imags=2"), "probes.imags: unknown key; did you mean"),
        (
            ("+experiment=src_quick", "probes.noises.blur.kind=blurr"),
            "probes.noises.blur.kind='blurr': no such noise; did you mean 'blur'",
        ),
        (
            ("+experiment=src_quick", "+probes.noises.blur.sdd=1"),
            "probes.noises.blur.sdd: unknown key; did you mean 'sd'",
        ),
        (("+experiment=foraging_quick", "probes=default"), "probes: is for perceptrons on images"),
    ],
)
def test_mistakes_are_told_by_key(overrides: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match="^" + message.replace(".", r"\.")):
        configured(*overrides)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ("probes.noises.blur={kind: blur, sd: 1.5}",),
            "probes.noises.blur: features have no rows and columns; must be null",
        ),
        (("sleep.drive.patch=3",), "sleep.drive.patch=3: features have no rows and columns"),
        (
            ("sleep.also=[{stages: [2], drive: {patch: 3}}]",),
            "sleep.also.0.drive.patch=3: features have no rows and columns",
        ),
    ],
)
def test_what_features_lack_is_told_by_key(
    tmp_path: Path, overrides: tuple[str, ...], message: str
) -> None:
    features = np.random.default_rng(0).uniform(0, 1, (100, 6)).astype(np.float32)
    np.savez(tmp_path / "features.npz", X=features, y=np.arange(100) % 10)
    file = f"tasks.data.file={tmp_path / 'features.npz'}"
    config = configured("+experiment=src2022/features", "arms=none", file, *overrides)
    with pytest.raises(ConfigError, match="^" + message.replace(".", r"\.")):
        config.phases()


def test_events_are_told_for_some_of_the_seeds() -> None:
    boundary = Boundary(1, "a", "wake", ("a",))
    layers = {"output": {"share": [0.1, 0.2], "mean": [1.0, 2.0]}}
    moved = of_seeds(Moved(boundary=boundary, values=layers), [1])
    assert moved == Moved(boundary=boundary, values={"output": {"share": [0.2], "mean": [2.0]}})
    noise = of_seeds(Robustness(boundary=boundary, values={"clean": [0.5, 0.6]}), [1, 0])
    assert noise == Robustness(boundary=boundary, values={"clean": [0.6, 0.5]})
    overlap = of_seeds(Overlap(boundary=boundary, values={"hidden 1": [3.0, 4.0]}), [0])
    assert overlap == Overlap(boundary=boundary, values={"hidden 1": [3.0]})


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
        if isinstance(event, Found):
            place = event.tag, event.boundary.index
            assert place not in found
            found[place] = event.values
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A run, what it told, and its weights before and after the last sleep."""
    run = run_of(tiny(*SHORT, "probes.noises.gaussian.sd=0.0"), tmp_path_factory.mktemp("whole"))
    events, layers = [], []
    for event in run.events():
        events.append(event)
        if isinstance(event, Begun) and event.kind == "sleep":
            layers = [np.asarray(layer.weights) for layer in run.state.layers]
    return run, events, layers


def test_noise_of_no_strength_scores_as_the_test_does(whole: Any) -> None:
    found = probed(whole[1])
    names, noisy = whole[0].subject.sequence.names, []
    for row in range(1, 7):
        trained = names[: (row + 1) // 2]
        scores = [
            event.score
            for event in of_kind(whole[1], Scored)
            if event.boundary.index == row and event.task in trained
        ]
        accuracy = found["robustness", row]
        np.testing.assert_allclose(accuracy["clean"], np.mean(scores, axis=0), rtol=1e-12)
        assert accuracy["gaussian"] == accuracy["clean"]
        noisy.append(accuracy["salt and pepper"] != accuracy["clean"])
    assert any(noisy)


def test_what_a_sleep_moved_and_how_tasks_overlap_is_what_plain_numpy_finds(whole: Any) -> None:
    run, events, before = whole
    found = probed(events)
    after = [np.asarray(layer.weights) for layer in run.state.layers]
    for name, early, late in zip(("hidden 1", "hidden 2", "output"), before, after, strict=True):
        told = found["moved", 6][name]
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
        assert found["overlap", 6][name][1] == pytest.approx(np.mean(pairs), abs=1e-5)


def test_overlap_needs_two_tasks_and_moving_a_sleep(whole: Any) -> None:
    found = probed(whole[1])
    assert [row for told, row in found if told == "robustness"] == list(range(1, 7))
    assert [row for told, row in found if told == "overlap"] == list(range(3, 7))
    assert [row for told, row in found if told == "moved"] == [2, 4, 6]


@pytest.mark.parametrize("steps", [60, 190])
def test_a_run_broken_off_asleep_tells_the_same(whole: Any, tmp_path: Path, steps: int) -> None:
    """Within the second sleep, and when all of its 190 steps are done."""
    config = tiny(*SHORT, "probes.noises.gaussian.sd=0.0")
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
    assert max(row for _, row in left) == 6
    assert not again.state.before


@pytest.mark.slow
def test_neither_chunks_nor_devices_nor_company_change_what_is_told(
    whole: Any, tmp_path: Path
) -> None:
    config = tiny(*SHORT, "probes.noises.gaussian.sd=0.0", *LARGER)
    assert probed(carried_out(run_of(config, tmp_path / "spread", devices=2))) == probed(whole[1])
    config = tiny(*SHORT, "probes.noises.gaussian.sd=0.0", "seeds=[1]")
    alone = carried_out(run_of(config, tmp_path / "alone"))
    part = [of_seeds(event, [1]) for event in whole[1] if isinstance(event, Found)]
    assert probed(alone) == probed(part)


def test_a_sleep_that_changes_nothing_moves_nothing(tmp_path: Path) -> None:
    config = tiny(*SHORT, "sleep.inc=0.0", "sleep.dec=0.0")
    found = probed(carried_out(run_of(config, tmp_path)))
    for row in (2, 4, 6):
        assert not any(jax.tree.leaves(found["moved", row]))
        assert found["robustness", row] == found["robustness", row - 1]
        assert found.get(("overlap", row)) == found.get(("overlap", row - 1))


@pytest.mark.slow
def test_a_learner_reads_out_noisy_images_in_its_own_way(tmp_path: Path) -> None:
    config = tiny(*SHORT, "learner=icarl", "learner.capacity=40", "sleep.schedule=never")
    events = carried_out(run_of(config, tmp_path))
    last = [event.score for event in of_kind(events, Scored)][-3:]
    np.testing.assert_allclose(probed(events)["robustness", 3]["clean"], np.mean(last, axis=0))


def test_nothing_is_probed_unless_asked_for(tmp_path: Path) -> None:
    config = tiny(*SHORT[::2], "~probes", "sleep.length=20", "sleep.longer=0")
    run = run_of(config, tmp_path)
    assert not probed(carried_out(run))
    assert not run.state.before


def test_results_table_and_picture_tell_what_the_last_sleep_changed(tmp_path: Path) -> None:
    quiet = ("tracking.mode=disabled", "runtime.progress=false", "runtime.figures=true")
    job.carry_out(tiny(*SHORT, *quiet), tmp_path)
    results = json.loads((tmp_path / "results.json").read_text())
    assert (tmp_path / "figures" / "probes.png").exists()
    rows = results["probes"]
    assert [row["boundary"]["index"] for row in rows] == list(range(1, 7))
    clean = rows[-1]["robustness"]["clean"]
    assert clean["mean"] == pytest.approx(results["metrics"]["accuracy"]["mean"])
    assert clean["mean"] == pytest.approx(np.mean(clean["per_seed"]))
    history = History()
    record = RunDirectory(tmp_path).events()
    *_, (_, tracked) = (row for event in record for row in history.write(event))
    assert tracked["probes/robustness/clean"] == pytest.approx(clean["mean"])
    moved = rows[-1]["moved"]["output"]["share"]["mean"]
    assert tracked["probes/moved/output"] == pytest.approx(moved)
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
    assert picture_of([], {**results, "probes": rows[:1]}) is None
