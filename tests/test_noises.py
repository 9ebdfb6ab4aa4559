"""Noisy images, the overlap of tasks, the weights moved and measures of a user's own, by hand."""

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError
from scipy import ndimage

from sleeprun.gradient import probes
from sleeprun.gradient.probes import Response
from sleeprun.gradient.probes.noises import Blur, Gaussian, SaltAndPepper
from sleeprun.gradient.probes.schema import ProbesConfig

GREY = np.full((200, 100), 0.5, np.float32)


def wanted(sd: float = 0.2, pixels: float = 1.0, share: float = 0.1, **more: Any) -> ProbesConfig:
    noises = {
        "gaussian": {"kind": "gaussian", "sd": sd},
        "blur": {"kind": "blur", "sd": pixels},
        "salt_and_pepper": {"kind": "salt_and_pepper", "share": share},
    }
    told = {"images": 20, "overlap": True, "own": {}, "noises": noises | more.pop("noises", {})}
    return ProbesConfig.model_validate(told | more)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


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
    hit = SaltAndPepper(0.2).shown(GREY, None, rng())
    white, black = np.mean(hit == 1), np.mean(hit == 0)
    four_sd = 4 * np.sqrt(0.1 * 0.9 / GREY.size)
    assert abs(white - 0.1) < four_sd
    assert abs(black - 0.1) < four_sd
    assert np.mean(hit == 0.5) == pytest.approx(1 - white - black)
    assert len({row.tobytes() for row in hit}) == len(hit)


def test_blur_is_of_each_image_in_its_own_two_dimensions() -> None:
    pictures = np.random.default_rng(0).random((3, 5, 7)).astype(np.float32)
    blurred = Blur(1.3).shown(pictures.reshape(3, 35), (5, 7), rng()).reshape(3, 5, 7)
    for ours, picture in zip(blurred, pictures, strict=True):
        np.testing.assert_allclose(ours, ndimage.gaussian_filter(picture, 1.3), rtol=1e-6)


def test_gaussian_noise_has_its_sd_and_stays_within_what_images_can_be() -> None:
    small = Gaussian(0.05).shown(GREY, None, rng()) - GREY
    assert small.std() == pytest.approx(0.05, rel=0.03)
    large = Gaussian(2.0).shown(GREY, None, rng())
    assert (large.min(), large.max()) == (0, 1)
    features = np.array([[-3.5, 1.7]], np.float32)
    np.testing.assert_array_equal(Gaussian(0.0).shown(features, None, rng()), features)


def test_noise_is_the_same_each_time_and_another_for_each_task() -> None:
    first, again, other = (
        probes.noisy(GREY, place, (10, 10), wanted().made_noises()) for place in (0, 0, 1)
    )
    assert list(first) == ["clean", "gaussian", "blur", "salt and pepper"]
    assert wanted().names() == list(first)
    for kind, shown in first.items():
        np.testing.assert_array_equal(shown, again[kind])
    for kind in ("gaussian", "salt and pepper"):
        assert (first[kind] != other[kind]).any()
        assert first[kind].dtype == np.float32
    few = wanted(noises={"gaussian": None, "salt_and_pepper": None})
    assert list(probes.noisy(GREY, 0, (10, 10), few.made_noises())) == ["clean", "blur"]


def test_noise_of_no_strength_leaves_images_as_they_are() -> None:
    images = np.random.default_rng(0).random((4, 12)).astype(np.float32)
    still = wanted(0.0, 0.0, 0.0).made_noises()
    for shown in probes.noisy(images, 0, (3, 4), still).values():
        np.testing.assert_array_equal(shown, images)


def test_images_are_chosen_from_the_whole_file() -> None:
    assert probes.chosen(9, 3).tolist() == [0, 4, 8]
    assert probes.chosen(3, 200).tolist() == [0, 1, 2]


def test_blur_is_of_every_plane_alone() -> None:
    planes = rng().random((2, 3, 5, 7)).astype(np.float32)
    blurred = Blur(1.3).shown(planes.reshape(2, -1), (5, 7), rng()).reshape(planes.shape)
    for ours, theirs in zip(blurred.reshape(6, 5, 7), planes.reshape(6, 5, 7), strict=True):
        np.testing.assert_allclose(ours, ndimage.gaussian_filter(theirs, 1.3), rtol=1e-6)


def test_what_does_not_fit_is_told_by_key() -> None:
    told = "noises.blur: features have no rows and columns; must be null"
    assert list(wanted().misfits(None)) == [told]
    assert not list(wanted().misfits((3, 4)))
    assert not list(wanted(noises={"blur": None}).misfits(None))
    for wrong in ({"share": 2.0}, {"sd": -1.0}, {"noises": {"gaussian": {"kind": "gausian"}}}):
        with pytest.raises(ValidationError):
            wanted(**wrong)


OWN = """
import numpy as np
from sleeprun.config.declared import setting
from sleeprun.gradient.probes import Noise, Probe


class Dark(Noise):
    left: float = setting(float, "share of the light")

    def shown(self, images, shape, draws):
        return images * np.float32(self.left)


class Active(Probe):
    layer: int = setting(int, "of the network, from 0 on")

    def measure(self, tasks):
        found = np.concatenate([task.activations[self.layer] for task in tasks])
        return (found > 0).any(axis=0).mean()
"""


def test_a_noise_and_a_probe_of_a_user_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_probes.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    dark = {"dark": {"kind": "own_probes.Dark", "left": 0.5}}
    config = wanted(noises=dark, own={"active": {"kind": "own_probes.Active", "layer": 0}})
    shown = probes.noisy(GREY, 0, (10, 10), config.made_noises())
    assert shown["dark"].max() == np.float32(0.25)

    def task(*active: float) -> Response:
        return Response("one", GREY[:1], np.zeros(1, np.int32), (np.array([active]),), ())

    seeds = [[task(0, 1, 0, 0), task(0, 2, 0, 3)], [task(0, 0, 0, 0)]]
    assert probes.measured(config.made_probes(), seeds) == {"active": [0.5, 0.0]}
