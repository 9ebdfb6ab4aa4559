"""Anyone's own images or features, from an .npz file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int, Num

from sleeprun.config.declared import setting
from sleeprun.tasks.images import files
from sleeprun.tasks.images.datasets.dataset import (
    DataSet,
    ImageData,
    every_fifth,
    of_good_labels,
    same_number,
)
from sleeprun.tasks.images.files import DataError

SHAPES = "(image, feature), (image, row, column) or (image, channel, row, column)"


class Features(ImageData):
    """A .npz with X and y [image], and perhaps X_test and y_test.

    X is [image, feature], or has images in their shape: [image, row, column] or [image, channel,
    row, column]. It is divided by its largest magnitude in training, so that test images can go
    beyond 1. Without X_test every fifth image of a class is for testing.
    """

    file: str | None = setting(str | None, "an .npz")

    def load(self) -> DataSet:
        if self.file is None:
            raise DataError("must name an .npz file with X and y", "file=null")
        try:
            return _read(Path(self.file).expanduser())
        except DataError as error:
            raise error.inside("file") from None


def _read(path: Path) -> DataSet:
    if not path.is_file():
        raise DataError(
            f"no file {path}\nwhat is needed is an .npz with X {SHAPES}, y (image), "
            "and perhaps X_test and y_test"
        )
    arrays = files.npz(path, ("X", "y", "X_test", "y_test"))
    X, y = _checked(path, arrays, "X", "y")
    if "X_test" in arrays or "y_test" in arrays:
        X_test, y_test = _checked(path, arrays, "X_test", "y_test")
    else:
        test = every_fifth(y)
        X, y, X_test, y_test = X[~test], y[~test], X[test], y[test]
        if not len(y_test):
            raise DataError(f"{path}: no class has five images, so none is left for testing")
    if X_test.shape[1:] != X.shape[1:]:
        raise DataError(f"{path}: X has {_each(X)} and X_test {_each(X_test)}")
    return of_good_labels(_scaled(path, X, y, X_test, y_test), path)


def _scaled(
    path: Path,
    X: Num[np.ndarray, "image ..."],
    y: Int[np.ndarray, " image"],
    X_test: Num[np.ndarray, "test ..."],
    y_test: Int[np.ndarray, " test"],
) -> DataSet:
    largest = max(X.max(initial=0), -float(X.min(initial=0)))
    if not largest > 0:
        raise DataError(f"{path}: X is zero everywhere")
    shape = (X.shape[-2], X.shape[-1]) if X.ndim > 2 else None
    X, X_test = ((x.reshape(len(x), -1) / largest).astype(np.float32) for x in (X, X_test))
    return DataSet(path.stem, X, y, X_test, y_test, shape)


def _checked(
    path: Path, arrays: Mapping[str, Any], X_key: str, y_key: str
) -> tuple[Num[np.ndarray, "image ..."], Int[np.ndarray, " image"]]:
    """Images and labels, still in their own scale."""
    for key in (X_key, y_key):
        if key not in arrays:
            raise DataError(f"{path}: no {key}; it has {', '.join(arrays) or 'nothing'}")
    X, y = arrays[X_key], arrays[y_key]
    if X.ndim not in (2, 3, 4) or X.dtype.kind not in "uif":
        raise DataError(f"{path}: {X_key} must be numbers of shape {SHAPES}, not {_kind(X)}")
    if y.ndim != 1 or y.dtype.kind not in "ui":
        raise DataError(f"{path}: {y_key} must be integers (image), not {_kind(y)}")
    same_number(path, len(y), len(X))
    if not np.isfinite(X).all():
        raise DataError(f"{path}: {X_key} has NaN or infinite features")
    if y.min() < 0 or y.max() > np.iinfo(np.int32).max:
        raise DataError(f"{path}: {y_key} has labels from {y.min()} to {y.max()}, not from 0 on")
    return X, y.astype(np.int32)


def _kind(array: np.ndarray) -> str:
    return f"{array.dtype} of shape {array.shape}"


def _each(images: np.ndarray) -> str:
    """What an array has of each image."""
    if images.ndim == 2:
        return f"{images.shape[1]} features"
    return "images of " + " x ".join(map(str, images.shape[1:]))
