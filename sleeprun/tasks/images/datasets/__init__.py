"""Where images come from: data sets that lie on this machine. Nothing is ever downloaded."""

from sleeprun.config.kinds import Kinds
from sleeprun.tasks.images.datasets.dataset import (
    DataSet,
    ImageData,
    ImageSource,
    every_fifth,
    place_in_class,
)

__all__ = [
    "DATA",
    "SOURCES",
    "DataSet",
    "ImageData",
    "ImageSource",
    "every_fifth",
    "place_in_class",
]

DATA = Kinds(
    "data set",
    "sleeprun.tasks.images.datasets.ImageData",
    mnist_5000="sleeprun.tasks.images.datasets.packaged.SmallMNIST",
    digits="sleeprun.tasks.images.datasets.packaged.Digits",
    mnist="sleeprun.tasks.images.datasets.idx.MNIST",
    fashion_mnist="sleeprun.tasks.images.datasets.idx.FashionMNIST",
    features="sleeprun.tasks.images.datasets.features.Features",
)
SOURCES = Kinds(  # one data set, or a series of them
    "data set",
    "sleeprun.tasks.images.datasets.ImageSource",
    **DATA.built_in,
    series="sleeprun.tasks.images.datasets.series.Series",
)
