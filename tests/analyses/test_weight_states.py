"""Weights as points: told apart by others' machines, in two directions, and near to solutions."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from small_study import BOUNDARIES, STILL, TASKS, TIMES, Made

from sleeprun.analyses import Study
from sleeprun.analyses.points import by_sight, by_synapse
from sleeprun.analyses.separation import left_out
from sleeprun.analyses.solutions import nearest
from sleeprun.analyses.states import States, with_late
from sleeprun.analyses.trajectories import kernel_principal, principal
from sleeprun.config import ConfigError
from sleeprun.subjects.forager.phases import Wake

NETWORKS, EACH, SYNAPSES = 4, 6, 30


def clouds() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two clouds of every network, far apart, and some states half-way between them."""
    draw = np.random.default_rng(0)
    side = np.tile(np.repeat([-1, 1, 0], EACH), NETWORKS)
    network = np.repeat(np.arange(NETWORKS), 3 * EACH)
    points = side[:, None] + 0.1 * draw.standard_normal((len(side), SYNAPSES))
    return points.astype(np.float32), network, side


def test_separable_clouds_are_told_apart_and_what_is_between_them_is_between() -> None:
    points, network, side = clouds()
    found = left_out(points, network, side, cost=1.0, gamma=None)
    assert (np.sign(found.score) == side)[side != 0].all()
    between = np.abs(found.distance[side == 0]).max()
    assert between < 0.3 * np.abs(found.distance[side != 0]).min()


def test_a_network_is_judged_by_the_others_alone() -> None:
    """Of one whose sides are swapped all are found on the wrong one, and the others change too."""
    points, network, side = clouds()
    swapped = np.where(network == 2, -side, side)
    found = left_out(points, network, swapped, cost=1.0, gamma=None)
    own = (network == 2) & (side != 0)
    assert (np.sign(found.score) == -swapped)[own].all()
    honest = left_out(points, network, side, cost=1.0, gamma=None)
    np.testing.assert_array_equal(found.score[own], honest.score[own])


def test_its_own_states_judge_a_network_each_but_by_itself() -> None:
    """Sides that are swapped in one are found swapped there; one that lies among those of the other
    side is found there, since it is not asked.
    """
    points, network, side = clouds()
    swapped = np.where(network == 2, -side, side)
    found = left_out(points, network, swapped, cost=1.0, gamma=None, own=True)
    assert (np.sign(found.score) == swapped)[side != 0].all()
    astray = int(np.flatnonzero(side == 1)[0])
    points[astray] = points[side == -1].mean(axis=0)
    found = left_out(points, network, side, cost=1.0, gamma=None, own=True)
    assert found.score[astray] < 0


def test_where_one_side_is_left_nothing_is_judged() -> None:
    points, side = np.array([[0.0], [0.1], [1.0], [0.5]], np.float32), np.array([-1, -1, 1, 0])
    found = left_out(points, np.zeros(4, int), side, cost=1.0, gamma=None, own=True)
    assert np.isnan(found.score).tolist() == [False, False, True, False]


class Shuffled(Made):
    """The hidden neurons of the second network are those of the first, in another order."""

    def weights(self, boundary=None, *, cycle=None):
        draw = np.random.default_rng(0)
        seen, read = draw.uniform(size=(4, 5)), draw.uniform(size=(5, 2))
        order = [3, 0, 4, 1, 2]
        kept = {"hidden_output": np.stack([read, read[order]])}
        fixed = {"input_hidden": np.stack([seen, seen[:, order]])}
        return kept if cycle is not None else kept | fixed


def test_networks_that_see_alike_are_one_point_by_sight_and_two_by_their_synapses() -> None:
    wake = Wake(cycles=1, plastic=("hidden_output",), task="task1")
    path = {"hidden": ["input_hidden"], "output": ["input_hidden", "hidden_output"]}
    sight = SimpleNamespace(through=path, answers="output")
    config = SimpleNamespace(phases=lambda: (wake,), trained_tasks=TASKS, sight=sight)
    of = Study({"made": Shuffled(STILL, BOUNDARIES, (), config)})
    kept = of.weights("made", cycle=TIMES[0])
    by_one, other = by_synapse(of, "made")(kept)
    assert by_one.shape == (10,)
    assert not np.allclose(by_one, other)
    look = by_sight(of, "made")
    assert look
    first, second = look(kept)
    whole = of.weights("made")
    expected = whole["input_hidden"][0] @ whole["hidden_output"][0]  # [seen, output]
    np.testing.assert_allclose(first, expected.ravel(), rtol=1e-5)
    np.testing.assert_allclose(second, first, rtol=1e-5)
    with pytest.raises(ConfigError, match=r"runtime.weights_of: has not hidden_output, through wh"):
        look({})


def test_the_distance_is_that_in_the_space_of_the_kernel() -> None:
    """Of two points p and q it is half of |phi(p) - phi(q)| = sqrt(2 - 2 k(p, q))."""
    gamma = 0.5
    pair = np.array([[0.0, 0.0], [1.0, 1.0]], np.float32)
    points, network = np.concatenate([pair, pair]), np.array([0, 0, 1, 1])
    side = np.array([-1, 1, -1, 1])
    found = left_out(points, network, side, cost=100.0, gamma=gamma)
    half = np.sqrt(2 - 2 * np.exp(-gamma * 2)) / 2
    np.testing.assert_allclose(found.distance, side * half, rtol=1e-3)
    np.testing.assert_allclose(found.score, side, rtol=1e-3)


def test_solutions_are_of_other_networks_unless_they_are_asked_to_be_its_own() -> None:
    points = np.array([[0.0, 0.0], [3.0, 4.0]], np.float32)
    solutions = np.array([[0.0, 0.0], [0.0, 1.0], [3.0, 0.0]], np.float32)
    network, solver = np.array([7, 9]), np.array([7, 7, 9])
    assert nearest(points, network, solutions, solver, own=False).tolist() == [3.0, np.sqrt(18)]
    assert nearest(points, network, solutions, solver, own=True).tolist() == [0.0, 4.0]
    alone = nearest(points[:1], network[:1], solutions[:2], solver[:2], own=False)
    assert np.isnan(alone).all()


def test_a_line_has_all_its_variance_in_one_direction() -> None:
    along = np.linspace(-1, 1, 9)[:, None] * np.array([[3.0, 4.0, 0.0]])
    plane = principal(along.astype(np.float32))
    assert plane.explained == pytest.approx(1)
    np.testing.assert_allclose(np.abs(plane.first), np.abs(5 * np.linspace(-1, 1, 9)), atol=1e-5)
    np.testing.assert_allclose(plane.second, 0, atol=1e-5)


def test_the_kernel_parts_what_no_line_does() -> None:
    """A small ring inside of a large one: apart in the first direction, by the right kernel."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.concatenate([0.2 * ring, 2 * ring]).astype(np.float32)
    by_line = principal(points).first
    by_kernel = kernel_principal(points, gamma=1.0).first
    inside, outside = by_kernel[:40], by_kernel[40:]
    assert max(inside.min(), outside.min()) > min(inside.max(), outside.max())
    assert by_line[40:].min() < by_line[:40].min() < by_line[:40].max() < by_line[40:].max()


def states(rows: list[tuple[str, int, int, str, str, int, bool]]) -> States:
    columns = ["run", "seed", "phase", "kind", "name", "cycle", "late"]
    return States(pd.DataFrame(rows, columns=columns), np.zeros((len(rows), 2), np.float32))


def test_solutions_come_from_one_run_however_many_have_them() -> None:
    found = states([
        ("a", 0, 1, "wake", "task1", 5, False),
        ("a", 0, 1, "wake", "task1", 9, True),
        ("a", 0, 2, "interleave", "task2 / sleep", 20, True),
        ("b", 0, 1, "wake", "task1", 9, True),
        ("b", 0, 2, "wake", "task2", 20, True),
        ("b", 0, 3, "interleave", "task2 / task1", 30, True),
        ("b", 0, 4, "sleep", "task2", 40, True),
    ])  # fmt: skip
    assert np.flatnonzero(found.alone("task1")).tolist() == [1]
    assert np.flatnonzero(found.alone("task2")).tolist() == [4]
    assert np.flatnonzero(found.together(["task1", "task2"])).tolist() == [5]
    assert not found.together(["task1", "task3"]).any()
    with pytest.raises(ConfigError, match="no run has kept weights at the end of training task3"):
        found.alone("task3")


@pytest.mark.parametrize("opening", [True, False])
def test_the_last_part_of_a_phase_is_late_also_of_the_first_one(opening: bool) -> None:
    rows = [(0, "unsupervised", 0), (0, "unsupervised", 50), (0, "unsupervised", 100)]
    rows = rows if opening else [(1, "wake", 100)]
    rows += [(1, "wake", cycle) for cycle in (110, 180, 190, 200)] + [(2, "sleep", 210)]
    if not opening:
        rows = [(phase, kind, cycle - 100) for phase, kind, cycle in rows]
    kept = pd.DataFrame(rows, columns=["phase", "kind", "cycle"])
    found = with_late(kept, (kept["kind"] != "unsupervised").to_numpy(), 0.2)
    begin = 100 * opening
    assert (found["cycle"] - begin).tolist() == [0, 10, 80, 90, 100, 110]
    assert (found.loc[found["late"], "cycle"] - begin).tolist() == [90, 100, 110]
