"""What an analysis is, and what it answers."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

import equinox as eqx

from sleeprun.analyses.needs import Need
from sleeprun.analyses.study import Study
from sleeprun.subjects.experiment import Experiment

if TYPE_CHECKING:
    import pandas as pd


class Chart(NamedTuple):
    """How a table is drawn: what is along which of its columns."""

    kind: Literal["line", "points", "bars", "heat"]
    x: str
    y: str
    color: str | None = None  # what tells lines, points and bars apart; the shade of a heat map
    facet: str | Sequence[str] | None = None  # a panel each, or each of several together


class Table(NamedTuple):
    """Tidy: a row is one number, or one thing that has some."""

    name: str  # a word, for its file
    title: str
    frame: "pd.DataFrame"
    charts: Sequence[Chart]


class Answer(NamedTuple):
    tables: Sequence[Table]
    sentences: Sequence[str] = ()  # what was found


class Analysis(eqx.Module):
    """A question to runs that are done, with its constants."""

    family: ClassVar[type[Experiment] | None] = None  # whose runs it is of; none: of all
    needs: ClassVar[Sequence[Need]] = ()  # what must have been recorded of them

    def misfits(self, config: Experiment) -> Iterator[str]:
        """Why it cannot be made of the runs of a config, a line each; known before they begin."""
        if self.family and not isinstance(config, self.family):
            yield f"is for {self.family.what}, these are {config.what}"
            return
        yield from (f"needs {need.told}" for need in self.needs if not need.met(config))

    @abstractmethod
    def answer(self, study: Study) -> Answer:
        """Raises ConfigError, in a line, where the runs do not have what it asks for."""
