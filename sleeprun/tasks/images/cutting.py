"""Tasks of images: one data set cut into tasks by class, permuted, or several one after another."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from sleeprun.tasks.images.datasets import DataSet, place_in_class


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


def with_validation(data: DataSet, count: int) -> DataSet:
    """The same training images without the last `count` of each class, on which it is tested.

    The test images of the data set are not in it. Raises ValueError where a class would be left
    without training images.
    """
    fewest = int(np.unique(data.train_labels, return_counts=True)[1].min())
    if count >= fewest:
        raise ValueError(
            f"validation={count} leaves no training images: {data.name} has classes of {fewest:,d}"
        )
    left = place_in_class(data.train_labels[::-1])[::-1]  # how many of its class come after
    held = left < count
    return data._replace(
        train=data.train[~held],
        train_labels=data.train_labels[~held],
        test=data.train[held],
        test_labels=data.train_labels[held],
    )


def first_of_class(data: DataSet, count: int) -> DataSet:
    """With the first `count` training images of each class alone."""
    first = place_in_class(data.train_labels) < count
    return data._replace(train=data.train[first], train_labels=data.train_labels[first])


def within_task(task: ImageTask) -> ImageTask:
    """The same task with labels that say only which of its classes it is: the first, second, ..."""
    place = np.searchsorted(np.array(task.classes), task.labels).astype(np.int32)
    test_place = np.searchsorted(np.array(task.classes), task.test_labels).astype(np.int32)
    classes = tuple(range(len(task.classes)))
    return task._replace(labels=place, test_labels=test_place, classes=classes)


def with_own_outputs(tasks: Sequence[ImageTask]) -> tuple[ImageTask, ...]:
    """The same tasks, the labels of each beginning where those of the task before it end."""
    moved, first = [], 0
    for task in tasks:
        moved.append(_shifted(task, first))
        first += task.classes[-1] + 1
    return tuple(moved)


def of_equal_length(sequences: Sequence[tuple[ImageTask, ...]]) -> list[tuple[ImageTask, ...]]:
    """Sequences of other orders under the same names, trained with equally many images.

    What is over of a longer task is left out. Tests are made equally long by images with the
    label -1, which are not counted. Raises ValueError where a class is left without images.
    """
    trained = min(len(task.labels) for tasks in sequences for task in tasks)
    tested = max(len(task.test_labels) for tasks in sequences for task in tasks)

    def fitted(index: int, task: ImageTask) -> ImageTask:
        if missing := sorted(set(task.classes) - set(task.labels[:trained].tolist())):
            raise ValueError(
                f"order_seed=by_seed trains every task with as many images as the shortest has, "
                f"{trained:,d}, among which task {task.name} has none of class {missing[0]}"
            )
        lacking = tested - len(task.test_labels)
        return ImageTask(
            f"task {index + 1}",
            task.images[:trained],
            task.labels[:trained],
            np.pad(task.test_images, [(0, lacking), (0, 0)]),
            np.pad(task.test_labels, (0, lacking), constant_values=-1),
            task.classes,
        )

    return [tuple(fitted(*each) for each in enumerate(tasks)) for tasks in sequences]


def one_after_another(sets: Sequence[DataSet], samples: int | None = None) -> tuple[ImageTask, ...]:
    """A task for each whole data set; class k of each is output k."""
    if len({data.train.shape[1] for data in sets}) > 1:
        sizes = ", ".join(f"{data.name} {data.train.shape[1]}" for data in sets)
        raise ValueError(f"images of one sequence must have the same number of pixels: {sizes}")
    return _distinct([_whole(data, data.name, samples) for data in sets])


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
    return _of_classes(data, classes, samples)._replace(
        name=name.replace("+", " ")
    )  # + joins names


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
