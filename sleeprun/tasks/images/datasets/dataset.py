"""What a data set is: images in training and test, with their labels."""

from abc import abstractmethod
from math import prod
from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Bool, Float, Int

from sleeprun.config.promise import asking, broken, gave_fields, named
from sleeprun.tasks.images.files import DataError


class DataSet(NamedTuple):
    """Images are float32, in training from 0 to 1, or of features from -1 on.

    A loader always gives the same split.
    """

    name: str
    train: Float[np.ndarray, "image pixel"]
    train_labels: Int[np.ndarray, " image"]
    test: Float[np.ndarray, "test pixel"]
    test_labels: Int[np.ndarray, " test"]
    # Rows and columns of an image, whose channels lie plane after plane; none for features.
    shape: tuple[int, int] | None

    @property
    def classes(self) -> int:
        """How many outputs the labels need."""
        return int(self.train_labels.max()) + 1


class ImageSource(eqx.Module):
    """Where the images of a sequence of tasks come from."""

    @abstractmethod
    def load_all(self) -> list[DataSet]:
        """Raises DataError where one is missing or corrupt."""


class ImageData(ImageSource):
    """Where a data set lies."""

    @abstractmethod
    def load(self) -> DataSet:
        """Raises DataError where it is missing or corrupt."""

    def load_all(self) -> list[DataSet]:
        return [self.loaded()]

    def loaded(self) -> DataSet:
        """What `load` gives. Raises DataError, or ConfigError where that is no data set."""
        with asking(self, "load", DataError):
            data = self.load()
        gave_fields(self, "load", data, DataSet)
        where, pixels = named(self, "load"), data.train.shape[1]
        for labels, images in ((data.train_labels, data.train), (data.test_labels, data.test)):
            same_number(where, len(labels), len(images))
        if data.shape is not None and pixels % prod(data.shape):
            raise broken(self, "load", f"gives images of {pixels} pixels and shape {data.shape}")
        return of_good_labels(data, where)


def place_in_class(labels: Int[np.ndarray, " image"]) -> Int[np.ndarray, " image"]:
    """How many images of the same class come before each."""
    place = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        place[labels == label] = np.arange(np.sum(labels == label))
    return place


def every_fifth(labels: Int[np.ndarray, " image"]) -> Bool[np.ndarray, " image"]:
    """The fifth, tenth, ... image of each class."""
    return place_in_class(labels) % 5 == 4


def split(
    name: str,
    images: Float[np.ndarray, "image pixel"],
    labels: Int[np.ndarray, " image"],
    test: Bool[np.ndarray, " image"],
    shape: tuple[int, int] | None,
) -> DataSet:
    """Those marked by `test` are for testing."""
    return DataSet(name, images[~test], labels[~test], images[test], labels[test], shape)


def of_good_labels(data: DataSet, where: Path | str) -> DataSet:
    """The same data, whose labels count from 0; there are test images of trained classes alone."""
    if least := data.train_labels.min():
        raise DataError(
            f"{where}: labels count from {least}; they must count from 0: subtract {least}"
        )
    for label in np.setdiff1d(data.test_labels, data.train_labels):
        raise DataError(f"{where}: class {label} has test images but no training images")
    return data


def same_number(where: Path | str, labels: int, images: int) -> None:
    if labels != images or not images:
        raise DataError(f"{where}: {labels:,} labels for {images:,} images")
