"""Wiring by distance on rows and sheets, and weights that share a conductance."""

from typing import Any

import numpy as np
import pytest

from sleeprun.spiking.synapses import STARTS, WIRINGS
from sleeprun.spiking.synapses.wiring import Ends


def wired(pre: tuple[int, ...], post: tuple[int, ...], recurrent: bool = False, **keys: Any) -> Any:
    wiring = WIRINGS.section("nearby").model_validate({"kind": "nearby", **keys}).make()
    return wiring.connect(np.random.default_rng(0), Ends(pre, post, recurrent))


def targets(connected: np.ndarray, pre: int) -> list[int]:
    return np.flatnonzero(connected[pre]).tolist()


def test_a_row_joins_its_neighbours_and_has_open_ends() -> None:
    near = wired((10,), (10,), radius=2.0)
    assert targets(near, 5) == [3, 4, 5, 6, 7]
    assert targets(near, 0) == [0, 1, 2]
    assert targets(near, 9) == [7, 8, 9]


def test_the_ends_of_a_ring_meet() -> None:
    near = wired((10,), (10,), radius=2.0, wrap=True)
    assert targets(near, 0) == [0, 1, 2, 8, 9]
    assert (near.sum(axis=1) == 5).all()


def test_a_place_in_a_row_of_another_length() -> None:
    wide = wired((4,), (20,), radius=2.0)
    assert targets(wide, 2) == [8, 9, 10, 11, 12]
    assert targets(wired((4,), (20,), radius=2.0, anchor="middle"), 2) == [10, 11, 12, 13, 14]
    assert targets(wired((4,), (20,), radius=2.0, skip=1), 2) == [9, 10, 11, 12]
    narrow = wired((20,), (4,), radius=0.0)
    assert [targets(narrow, pre) for pre in (0, 4, 5, 19)] == [[0], [0], [1], [3]]


def test_a_sheet_joins_a_disc() -> None:
    near = wired((7, 7), (7, 7), radius=2.0)
    around = near[7 * 3 + 3].reshape(7, 7)
    expected = np.zeros((7, 7), bool)
    for row in range(7):
        for column in range(7):
            expected[row, column] = (row - 3) ** 2 + (column - 3) ** 2 <= 4
    np.testing.assert_array_equal(around, expected)
    assert around.sum() == 13
    assert near[0].sum() == 6  # a corner: a quarter of the disc
    wrapped = wired((7, 7), (7, 7), radius=2.0, wrap=True)
    assert (wrapped.sum(axis=1) == 13).all()


def test_a_pair_is_joined_with_a_probability() -> None:
    near, all_near = (
        wired((500,), (500,), radius=20.0, probability=0.6),
        wired((500,), (500,), radius=20.0),
    )
    assert not (near & ~all_near).any()
    assert near.sum() / all_near.sum() == pytest.approx(0.6, abs=0.015)


def test_a_row_and_a_sheet_have_no_distance() -> None:
    wiring = WIRINGS.section("nearby").model_validate({"kind": "nearby", "radius": 2.0}).make()
    told = wiring.misfit(Ends((9,), (3, 3), False))
    assert told == "radius=2.0: there is no distance between a row and a sheet; give both one shape"
    assert wiring.misfit(Ends((9,), (3,), False)) is None


def test_synapses_share_a_cells_conductance_by_the_most_inputs_of_any_projection() -> None:
    start = {"kind": "shared", "total": 6e-4, "area": 1e-3}
    shared = STARTS.section("shared").model_validate(start).make()
    connected = np.array([[1, 0], [1, 1], [0, 0]], bool)
    joined = connected | np.array([[0, 0], [0, 0], [1, 0]], bool)
    rng = np.random.default_rng(0)
    np.testing.assert_allclose(shared.among(joined).draw(rng, connected), 0.2 * connected)
    nothing = np.zeros((3, 2), bool)
    np.testing.assert_array_equal(shared.among(nothing).draw(rng, nothing), 0.0)
