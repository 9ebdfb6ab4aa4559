"""Tasks of images, as a config says them, and the sequence of tasks that it describes."""

from collections.abc import Collection, Iterator
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeVar

import numpy as np
from pydantic import AfterValidator, Field, NonNegativeInt

from sleeprun.config.error import ConfigError
from sleeprun.config.promise import asking, part_of
from sleeprun.config.values import Count, distinct
from sleeprun.tasks.images import cutting, promises
from sleeprun.tasks.images.cutting import ImageTask
from sleeprun.tasks.images.datasets import SOURCES, DataSet
from sleeprun.tasks.images.datasets.series import Series
from sleeprun.tasks.images.files import DataError
from sleeprun.tasks.tasks import Tasks

T = TypeVar("T")
Group = Annotated[list[NonNegativeInt], Field(min_length=1), AfterValidator(distinct)]


class Sequence(NamedTuple):
    tasks: tuple[ImageTask, ...]
    shape: tuple[int, int] | None  # rows and columns of an image, as its data set has them
    outputs: int
    loaded: str  # a hash of the data sets that it was cut from

    @property
    def names(self) -> list[str]:
        return [task.name for task in self.tasks]

    def of(self, names: Collection[str]) -> list[ImageTask]:
        """The tasks of these names, in order."""
        return [task for task in self.tasks if task.name in names]


class ImageTasks(Tasks):
    """Images in tasks. A user's own kind derives from it, gives `cut_up`, and adds its keys."""

    subject: ClassVar[str] = "sleeprun.subjects.classifier.experiment.ImageExperiment"

    data: Annotated[Any, SOURCES] = Field(description="the images and their classes")
    cut: Literal["classes", "permuted", "data_sets"]
    count: Count
    groups: Annotated[list[Group], Field(min_length=1)] | None  # of classes
    order_seed: Annotated[int, Field(ge=0)] | Literal["by_seed"] | None
    scenario: Literal["class", "domain", "task"]
    samples: Count | None
    samples_per_class: Count | None
    validation: Count | None
    together: bool

    def sequences(self, seeds: list[int]) -> tuple[Sequence, ...]:
        """The tasks in order: one sequence for all seeds, or with `order_seed: by_seed` one each.

        Raises ConfigError where the data are missing or don't fit.
        """
        by_seed = self.order_seed == "by_seed"
        orders = tuple(seeds) if by_seed else (self.order_seed,)
        return _sequences(type(self), self.model_dump_json(), orders)

    def sequence(self, seeds: list[int]) -> Sequence:
        """The tasks of the first seed; all seeds have as many, of the same names and lengths."""
        return self.sequences(seeds)[0]

    def cut_up(self, sets: list[DataSet], order_seed: int | None) -> tuple[ImageTask, ...]:
        """The tasks in the order of a seed, labels as each task has them.

        Raises ValueError where the data don't fit.
        """
        match self.cut:
            case "data_sets":
                return _in_order(cutting.one_after_another(sets, self.samples), order_seed)
            case "permuted":
                return cutting.permuted(sets[0], self.count, order_seed or 0, self.samples)
        if self.groups:
            groups = _in_order([tuple(sorted(group)) for group in self.groups], order_seed)
        else:
            groups = cutting.class_groups(sets[0].classes, self.count, order_seed)
        return cutting.split_by_class(sets[0], groups, self.samples)

    @property
    def own_outputs(self) -> bool:
        """Whether tasks share the output of a class that both have; else each has its own."""
        return self.cut != "classes"

    def contradictions(self, key: str = "tasks") -> Iterator[str]:
        """Values that are fine alone and impossible together, a line each."""
        several = issubclass(self.data.declares, Series)
        sets = len(self.data.sets) if several else 1
        if (self.cut == "data_sets") != several:
            allowed = "must be data_sets" if several else f"needs {key}.data.kind=series"
            yield f"{key}.cut={self.cut} with {key}.data.kind={self.data.kind}: {allowed}"
        if self.groups:
            if self.cut != "classes":
                yield f"{key}.groups: {self.cut} are not cut by class; must be null"
            if len(self.groups) != self.count:
                yield f"{key}.count={self.count}: must be {len(self.groups)}, one a group"
        if self.cut == "data_sets" and several and self.count != sets:
            yield f"{key}.count={self.count}: must be {sets}, one a set of {key}.data.sets"


@lru_cache(maxsize=4)  # arms and the plan ask again
def _sequences(
    kind: type[ImageTasks], told: str, orders: tuple[int | None, ...]
) -> tuple[Sequence, ...]:
    wanted = kind.model_validate_json(told)
    sets = _loaded(wanted)
    loaded = _hash(sets)
    try:
        if wanted.validation:
            sets = [cutting.with_validation(data, wanted.validation) for data in sets]
        if wanted.samples_per_class:
            sets = [cutting.first_of_class(data, wanted.samples_per_class) for data in sets]
        cut = [_cut_up(wanted, sets, order) for order in orders]
        promises.as_many(wanted, cut)
        found = [_in_scenario(wanted, tasks) for tasks in cut]
        if wanted.order_seed == "by_seed":
            found = cutting.of_equal_length(found)
    except ValueError as error:
        raise ConfigError(f"tasks: {error}") from None
    outputs = 1 + max(label for tasks in found for task in tasks for label in task.classes)
    return tuple(Sequence(tasks, sets[0].shape, outputs, loaded) for tasks in found)


def _cut_up(
    wanted: ImageTasks, sets: list[DataSet], order_seed: int | None
) -> tuple[ImageTask, ...]:
    """Raises ConfigError where a kind of a user's own gives no tasks, ValueError as it does."""
    with part_of("tasks.kind"):
        with asking(wanted, "cut_up", ValueError):
            tasks = tuple(wanted.cut_up(sets, order_seed))
        return promises.kept(wanted, tasks)


def _loaded(wanted: ImageTasks) -> list[DataSet]:
    try:
        with part_of("tasks.data"):
            return wanted.data.make().load_all()
    except DataError as error:
        raise ConfigError(str(error.inside("tasks.data"))) from None


def _hash(sets: list[DataSet]) -> str:
    found = sha256()
    for data in sets:
        for part in (data.train, data.train_labels, data.test, data.test_labels):
            found.update(repr((part.shape, part.dtype)).encode())
            found.update(np.ascontiguousarray(part).data)
    return found.hexdigest()


def _in_order(parts: Collection[T], order_seed: int | None) -> tuple[T, ...]:
    """As they are given, or with a seed at random."""
    if order_seed is None:
        return tuple(parts)
    order = np.random.default_rng(order_seed).permutation(len(parts))
    return tuple(list(parts)[place] for place in order)


def _in_scenario(wanted: ImageTasks, tasks: tuple[ImageTask, ...]) -> tuple[ImageTask, ...]:
    """Labels as van de Ven et al. 2022 name the scenarios.

    In the domain scenario a label says which class of its task an image is, whichever task it
    is; in the others all classes of all tasks have outputs of their own.
    """
    if wanted.scenario == "domain":
        return tuple(cutting.within_task(task) for task in tasks)
    return cutting.with_own_outputs(tasks) if wanted.own_outputs else tasks
