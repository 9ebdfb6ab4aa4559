"""From a config to the tasks of images that it describes."""

from functools import lru_cache
from typing import NamedTuple

from pydantic import TypeAdapter

from sleeprun import datasets
from sleeprun.config import ConfigError, ImagesConfig
from sleeprun.config.images import DataConfig, FeatureData, IdxData, SequenceConfig
from sleeprun.datafiles import DataError
from sleeprun.tasks import images
from sleeprun.tasks.images import ImageTask


class Sequence(NamedTuple):
    tasks: tuple[ImageTask, ...]
    shape: tuple[int, int] | None  # rows and columns of an image
    classes: int

    @property
    def names(self) -> list[str]:
        return [task.name for task in self.tasks]

    def of(self, stage: str) -> list[ImageTask]:
        """The tasks of a training stage, whose name joins theirs by +."""
        return [task for task in self.tasks if task.name in stage.split("+")]


def sequence(config: ImagesConfig) -> Sequence:
    """The tasks in order. Raises ConfigError where the data are missing or don't fit."""
    return _sequence(config.data.model_dump_json(), config.sequence.model_dump_json())


@lru_cache(maxsize=4)  # arms and the plan ask again
def _sequence(data_json: str, tasks_json: str) -> Sequence:
    data = load(TypeAdapter(DataConfig).validate_json(data_json))
    wanted = SequenceConfig.model_validate_json(tasks_json)
    try:
        return Sequence(_cut(data, wanted), data.shape, data.classes)
    except ValueError as error:
        raise ConfigError(f"sequence: {error}") from None


def load(config: DataConfig) -> datasets.DataSet:
    try:
        match config:
            case FeatureData(file=None):
                raise DataError("data.file=null: must name an .npz file with X and y")
            case FeatureData(file=str(file)):
                return datasets.features(file)
            case IdxData(kind="fashion_mnist"):
                return datasets.fashion_mnist(config.folder)
            case IdxData(folder=None):
                raise DataError("data.folder=null: must name the folder of MNIST's four IDX files")
            case IdxData(folder=str(folder)):
                return datasets.idx(folder, config.kind)
        return datasets.digits() if config.kind == "digits" else datasets.mnist_5000()
    except DataError as error:
        raise ConfigError(str(error)) from None


def _cut(data: datasets.DataSet, wanted: SequenceConfig) -> tuple[ImageTask, ...]:
    if wanted.kind == "permuted":
        return images.permuted(data, wanted.count, wanted.order_seed or 0, wanted.samples)
    groups = images.class_groups(data.classes, wanted.count, wanted.order_seed)
    return images.split_by_class(data, groups, wanted.samples)
