"""Several data sets, for tasks that are one after another."""

from typing import Annotated, Any

from pydantic import Field

from sleeprun.config.declared import setting
from sleeprun.tasks.images.datasets import DATA
from sleeprun.tasks.images.datasets.dataset import DataSet, ImageSource
from sleeprun.tasks.images.files import DataError

Parts = Annotated[dict[str, Annotated[Any, DATA]], Field(min_length=1)]


class Series(ImageSource):
    """Data sets in order, by the names that their tasks have."""

    sets: dict[str, Any] = setting(Parts, "in order")

    def load_all(self) -> list[DataSet]:
        return [_load(name, part)._replace(name=name) for name, part in self.sets.items()]


def _load(name: str, part: Any) -> DataSet:
    try:
        return part.make().loaded()
    except DataError as error:
        raise error.inside(f"sets.{name}") from None
