"""Tasks of images: one data set cut into tasks by class, permuted, or several one after another."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from sleeprun.datasets import DataSet, place_in_class


class ImageTask(NamedTuple):
    name: str
    images: Float[np.ndarray, "image pixel"]
    labels: Int[np.ndarray, " image"]
    test_images: Float[np.ndarray, "test pixel"]
    test_labels: Int[np.ndarray, " test"]
    classes: tuple[int, ...]  # those that are in it


def class_groups(classes: int, tasks: int, seed: int | None = None) -> tuple[tuple[int, ...], ...]:
    """Classes 0 to `classes` - 1 in equal groups: in order, or with a seed drawn at random."""
    if tasks < 1 or classes % tasks:
        raise ValueError(f"{classes} classes can't be cut into {tasks} tasks of equal size")
    order = np.arange(classes)
    if seed is not None:
        order = np.random.default_rng(seed).permutation(order)
    return tuple(tuple(sorted(group.tolist())) for group in order.reshape(tasks, -1))


def split_by_class(
    data: DataSet, groups: Sequence[Sequence[int]], samples: int | None = None
) -> tuple[ImageTask, ...]:
    """A task for each group of classes, with its first `samples` training images in file order."""
    return _distinct([_of_classes(data, group, samples) for group in groups])


def one_after_another(
    sets: Sequence[DataSet], shared_labels: bool = True, samples: int | None = None
) -> tuple[ImageTask, ...]:
    """A task for each whole data set: all with the same outputs, or each with outputs of its own.

    With outputs of its own a set's labels begin where those of the set before it end.
    """
    if len({data.train.shape[1] for data in sets}) > 1:
        sizes = ", ".join(f"{data.name} {data.train.shape[1]}" for data in sets)
        raise ValueError(f"images of one sequence must have the same number of pixels: {sizes}")
    tasks, first = [], 0
    for data in sets:
        tasks.append(_shifted(_whole(data, data.name, samples), first))
        first += 0 if shared_labels else data.classes
    return _distinct(tasks)


def permuted(
    data: DataSet, tasks: int, seed: int, samples: int | None = None
) -> tuple[ImageTask, ...]:
    """The same images and labels in every task, with pixels in another order from the second on."""
    first = _whole(data, "original", samples)
    found = [first]
    for index in range(1, tasks):
        order = pixel_order(data.train.shape[1], seed, index)
        moved = first._replace(
            name=f"permuted {index}",
            images=first.images[:, order],
            test_images=first.test_images[:, order],
        )
        found.append(moved)
    return tuple(found)


def pixel_order(pixels: int, seed: int, task: int) -> Int[np.ndarray, " pixel"]:
    """Which pixel is shown where in a task; the same however many tasks there are."""
    return np.random.default_rng([seed, task]).permutation(pixels)


def mean_image(tasks: Sequence[ImageTask]) -> Float[np.ndarray, " pixel"]:
    """The mean over all training images of all the tasks, each image counted once per task."""
    total = sum(task.images.sum(axis=0, dtype=np.float64) for task in tasks)
    return np.asarray(total / sum(len(task.images) for task in tasks), np.float32)


def balanced(
    task: ImageTask, fraction: float, rng: np.random.Generator
) -> Int[np.ndarray, " chosen"]:
    """Indices of a random fraction of a task's training images, classes taking turns.

    Classes differ by one image at most, unless one has no more to give: then others fill up.
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"a fraction from 0 to 1 is needed, not {fraction}")
    order = rng.permutation(len(task.labels))
    turns = np.argsort(place_in_class(task.labels[order]), kind="stable")
    return order[turns[: round(fraction * len(order))]]


def _of_classes(data: DataSet, group: Sequence[int], samples: int | None) -> ImageTask:
    train = np.flatnonzero(np.isin(data.train_labels, group))[:samples]
    test = np.flatnonzero(np.isin(data.test_labels, group))
    for kind, labels in (("training", data.train_labels[train]), ("test", data.test_labels[test])):
        if missing := sorted(set(group) - set(labels.tolist())):
            among = f" among its first {samples}" if samples and kind == "training" else ""
            raise ValueError(f"{data.name} has no {kind} images of class {missing[0]}{among}")
    return ImageTask(
        _name(group),
        data.train[train],
        data.train_labels[train],
        data.test[test],
        data.test_labels[test],
        tuple(group),
    )


def _whole(data: DataSet, name: str, samples: int | None) -> ImageTask:
    classes = np.unique(data.train_labels).tolist()
    return _of_classes(data, classes, samples)._replace(name=name)


def _shifted(task: ImageTask, first: int) -> ImageTask:
    """The same task with outputs counted from `first`."""
    return task._replace(
        labels=task.labels + np.int32(first),
        test_labels=task.test_labels + np.int32(first),
        classes=tuple(label + first for label in task.classes),
    )


def _name(group: Sequence[int]) -> str:
    """`0-1`; of a large group its first classes and how many more."""
    shown = group if len(group) <= 5 else [*group[:3], f"{len(group) - 3} more"]
    return "-".join(map(str, shown))


def _distinct(tasks: Sequence[ImageTask]) -> tuple[ImageTask, ...]:
    names = [task.name for task in tasks]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"the task '{twice[0]}' is there twice")
    return tuple(tasks)
