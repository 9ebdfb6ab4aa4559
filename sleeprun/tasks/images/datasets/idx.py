"""MNIST and its like: four IDX files in a folder, each as it is or as .gz."""

from pathlib import Path

import numpy as np

from sleeprun.config.declared import setting
from sleeprun.tasks.images import files
from sleeprun.tasks.images.datasets.dataset import (
    DataSet,
    ImageData,
    of_good_labels,
    same_number,
)
from sleeprun.tasks.images.files import DataError

FASHION_MNIST = "/usr/share/datasets/fashion-mnist"  # where Debian's package puts it
IDX_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


class MNIST(ImageData):
    """MNIST's four IDX files, each as it is or as .gz."""

    folder: str | None = setting(str | None, "of the four files")

    def load(self) -> DataSet:
        how = "put the four files, which MNIST's mirrors have, into its 'folder'"
        if self.folder is None:
            raise DataError(f"must name a folder with {', '.join(IDX_FILES)}\n{how}", "folder=null")
        return _told_of("folder", self.folder, "mnist", how)


class FashionMNIST(ImageData):
    """Fashion-MNIST's IDX files."""

    folder: str | None = setting(str | None, "null: that of Debian's dataset-fashion-mnist")

    def load(self) -> DataSet:
        how = "apt install dataset-fashion-mnist, or put the four files into its 'folder'"
        return _told_of("folder", self.folder or FASHION_MNIST, "fashion_mnist", how)


def _told_of(key: str, folder: str, name: str, how: str) -> DataSet:
    """What `read` gives; the key that says where is in what it refuses."""
    try:
        return read(Path(folder).expanduser(), name, how)
    except DataError as error:
        raise error.inside(key) from None


def read(folder: Path, name: str, how: str) -> DataSet:
    """Images divided by 255. `how` tells where to get files that are missing."""
    paths = [_plain_or_packed(folder / file) for file in IDX_FILES]
    if missing := [file for file, path in zip(IDX_FILES, paths, strict=True) if path is None]:
        near = _under_other_names(folder, missing[0]) or how
        raise DataError(f"{name}: {folder} has no {', '.join(missing)} (nor as .gz)\n{near}")
    parts = []
    found = [path for path in paths if path]
    for images, labels in (found[:2], found[2:]):
        pixels, classes = files.idx(images, 3), files.idx(labels, 1)
        same_number(labels, len(classes), len(pixels))
        parts.append((pixels, classes.astype(np.int32)))
    (train, train_labels), (test, test_labels) = parts
    if train.shape[1:] != test.shape[1:]:
        sizes = "{} x {} in training, {} x {} in test".format(*train.shape[1:], *test.shape[1:])
        raise DataError(f"{folder}: images are {sizes}")
    shape = (train.shape[1], train.shape[2])
    train, test = (part.reshape(len(part), -1) / np.float32(255) for part in (train, test))
    return of_good_labels(DataSet(name, train, train_labels, test, test_labels, shape), folder)


def _under_other_names(folder: Path, file: str) -> str | None:
    """What torchvision (root/MNIST/raw) and Kaggle (a dot for a dash) make of the four files."""
    if deeper := sorted(folder.glob(f"*/{file}*")) + sorted(folder.glob(f"*/raw/{file}*")):
        return f"did you mean the folder {deeper[0].parent}?"
    dotted = file.replace("-idx", ".idx")
    if found := sorted(folder.glob(f"{dotted}*")):
        right = found[0].name.replace(dotted, file)
        return f"rename {found[0].name} to {right}, and the others alike"
    return None


def _plain_or_packed(path: Path) -> Path | None:
    packed = path.with_name(f"{path.name}.gz")
    return next((found for found in (path, packed) if found.is_file()), None)
