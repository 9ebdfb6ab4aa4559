"""From a config to the tasks of images that it describes."""

from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple, TypeVar

import numpy as np
from pydantic import TypeAdapter

from sleeprun.config import ConfigError, ImagesConfig
from sleeprun.config.images import DataConfig, FeatureData, IdxData, SequenceConfig, SeriesData
from sleeprun.tasks.images import cutting, datasets
from sleeprun.tasks.images.cutting import ImageTask
from sleeprun.tasks.images.datasets import DataSet
from sleeprun.tasks.images.files import DataError

T = TypeVar("T")


class Sequence(NamedTuple):
    tasks: tuple[ImageTask, ...]
    shape: tuple[int, int] | None  # rows and columns of an image
    outputs: int

    @property
    def names(self) -> list[str]:
        return [task.name for task in self.tasks]

    def of(self, stage: str) -> list[ImageTask]:
        """The tasks of a training stage, whose name joins theirs by +."""
        return [task for task in self.tasks if task.name in stage.split("+")]


def sequences(config: ImagesConfig) -> tuple[Sequence, ...]:
    """The tasks in order: one sequence for all seeds, or with `order_seed: by_seed` one for each.

    Raises ConfigError where the data are missing or don't fit.
    """
    wanted, seeds = config.sequence, [config.sequence.order_seed]
    if wanted.order_seed == "by_seed":
        seeds = [*config.seeds]
    return _sequences(config.data.model_dump_json(), wanted.model_dump_json(), tuple(seeds))


def sequence(config: ImagesConfig) -> Sequence:
    """The tasks of the first seed; all seeds have as many, of the same names and lengths."""
    return sequences(config)[0]


@lru_cache(maxsize=4)  # arms and the plan ask again
def _sequences(
    data_json: str, tasks_json: str, orders: tuple[int | None, ...]
) -> tuple[Sequence, ...]:
    sets = _sets(TypeAdapter(DataConfig).validate_json(data_json))
    wanted = SequenceConfig.model_validate_json(tasks_json)
    try:
        if wanted.validation:
            sets = [cutting.with_validation(data, wanted.validation) for data in sets]
        if wanted.samples_per_class:
            sets = [cutting.first_of_class(data, wanted.samples_per_class) for data in sets]
        by_class = wanted.kind == "classes"
        found = [
            _in_scenario(_cut(sets, wanted, order), wanted.scenario, by_class) for order in orders
        ]
        if wanted.order_seed == "by_seed":
            found = cutting.of_equal_length(found)
    except ValueError as error:
        raise ConfigError(f"sequence: {error}") from None
    outputs = 1 + max(label for tasks in found for task in tasks for label in task.classes)
    return tuple(Sequence(tasks, sets[0].shape, outputs) for tasks in found)


def _sets(config: DataConfig) -> list[DataSet]:
    try:
        if isinstance(config, SeriesData):
            return [
                _load(each, f"data.sets.{name}")._replace(name=name)
                for name, each in config.sets.items()
            ]
        return [_load(config, "data")]
    except DataError as error:
        raise ConfigError(str(error)) from None


def _load(config: DataConfig, key: str) -> DataSet:
    match config:
        case FeatureData(file=None):
            raise DataError(f"{key}.file=null: must name an .npz file with X and y")
        case FeatureData(file=str(file)):
            return datasets.features(file)
        case IdxData(kind="fashion_mnist"):
            return datasets.fashion_mnist(config.folder, f"{key}.folder")
        case IdxData(kind="mnist"):
            return datasets.idx(config.folder, config.kind, f"{key}.folder")
    return datasets.digits() if config.kind == "digits" else datasets.mnist_5000()


def _cut(
    sets: list[DataSet], wanted: SequenceConfig, order_seed: int | None
) -> tuple[ImageTask, ...]:
    """The tasks in the order of a seed, with the labels of the data sets."""
    if wanted.kind == "data_sets":
        return _in_order(cutting.one_after_another(sets, wanted.samples), order_seed)
    if wanted.kind == "permuted":
        return cutting.permuted(sets[0], wanted.count, order_seed or 0, wanted.samples)
    if wanted.groups:
        groups = _in_order([tuple(sorted(group)) for group in wanted.groups], order_seed)
    else:
        groups = cutting.class_groups(sets[0].classes, wanted.count, order_seed)
    return cutting.split_by_class(sets[0], groups, wanted.samples)


def _in_order(parts: Collection[T], order_seed: int | None) -> tuple[T, ...]:
    """As they are given, or with a seed at random."""
    if order_seed is None:
        return tuple(parts)
    order = np.random.default_rng(order_seed).permutation(len(parts))
    return tuple(list(parts)[place] for place in order)


def _in_scenario(
    tasks: tuple[ImageTask, ...], scenario: str, by_class: bool
) -> tuple[ImageTask, ...]:
    """Labels as van de Ven et al. 2022 name the scenarios.

    In the domain scenario a label says which class of its task an image is, whichever task it
    is; in the others all classes of all tasks have outputs of their own. Tasks `by_class` share
    the output of a class that both have.
    """
    if scenario == "domain":
        return tuple(cutting.within_task(task) for task in tasks)
    return tasks if by_class else cutting.with_own_outputs(tasks)
