"""What a kind of tasks of images promises, whoever wrote it: tasks to be trained and tested on."""

from collections.abc import Iterable

import numpy as np

from sleeprun.config.promise import broken, gave_fields
from sleeprun.tasks.images.cutting import ImageTask


def kept(owner: object, tasks: Iterable[object]) -> tuple[ImageTask, ...]:
    """The tasks that `owner.cut_up` gave, their classes as plain numbers. Raises ConfigError."""
    found = tuple(_checked(owner, task) for task in tasks)
    names, pixels = [task.name for task in found], {task.images.shape[1] for task in found}
    if not found:
        raise broken(owner, "cut_up", "gives (); must give a task or more")
    if twice := [name for name in names if names.count(name) > 1]:
        told = f"gives two tasks named {twice[0]!r}; must give each a name of its own"
        raise broken(owner, "cut_up", told)
    if len(pixels) > 1:
        told = f"gives tasks of {' and '.join(map(str, sorted(pixels)))} pixels"
        raise broken(owner, "cut_up", f"{told}; must give as many in all")
    return found


def as_many(owner: object, orders: Iterable[tuple[ImageTask, ...]]) -> None:
    """Raises ConfigError unless each order has as many tasks."""
    numbers = sorted({len(tasks) for tasks in orders})
    if len(numbers) > 1:
        told = f"gives {' and '.join(map(str, numbers))} tasks, by seed"
        raise broken(owner, "cut_up", f"{told}; must give as many for each")


def _checked(owner: object, task: object) -> ImageTask:
    gave_fields(owner, "cut_up", task, ImageTask)
    assert isinstance(task, ImageTask)
    where = f"in task {task.name!r}"
    if not _counted(classes := task.classes):
        right = "must give a tuple of whole numbers from 0 on, each greater than the one before"
        raise broken(owner, "cut_up", f"gives classes {classes!r} {where}; {right}")
    for what, labels in (("training", task.labels), ("test", task.test_labels)):
        if not len(labels):
            raise broken(owner, "cut_up", f"gives no {what} images {where}; must give some")
        if beyond := sorted({*labels.tolist()} - {*classes}):
            told = f"gives the {what} label {beyond[0]} {where}, whose classes are {classes}"
            raise broken(owner, "cut_up", f"{told}; must give labels among them")
    return task._replace(classes=tuple(int(label) for label in classes))


def _counted(classes: object) -> bool:
    """Whether they are whole numbers from 0 on, in order."""
    if not isinstance(classes, tuple) or not classes:
        return False
    whole = all(isinstance(label, int | np.integer) and label >= 0 for label in classes)
    return whole and sorted(set(classes)) == [*classes]
