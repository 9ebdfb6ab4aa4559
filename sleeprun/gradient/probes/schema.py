"""What a config says of probes."""

from collections.abc import Iterator
from typing import Annotated, Any

from sleeprun.config.declared import DeclaredSection
from sleeprun.config.promise import asking
from sleeprun.config.values import Count, Section
from sleeprun.gradient.probes import NOISES, PROBES, Noise, Probe
from sleeprun.gradient.probes.noises import CLEAN, Shape


class ProbesConfig(Section):
    images: Count  # test images of each task
    noises: dict[str, Annotated[Any, NOISES] | None]  # null: left out
    overlap: bool  # correlation of the tasks' mean activations in each hidden layer
    own: dict[str, Annotated[Any, PROBES]]

    @property
    def wanted(self) -> dict[str, DeclaredSection]:
        return {name: noise for name, noise in self.noises.items() if noise is not None}

    def made_noises(self) -> dict[str, Noise]:
        """By the name that people are told."""
        return {name.replace("_", " "): noise.make() for name, noise in self.wanted.items()}

    def made_probes(self) -> dict[str, Probe]:
        return {name: probe.make() for name, probe in self.own.items()}

    def names(self) -> list[str]:
        """Of the noises, none first."""
        return [CLEAN, *self.made_noises()]

    def misfits(self, shape: Shape | None) -> Iterator[str]:
        """`key: why` for each noise that cannot be on images of such a shape."""
        for name, noise in self.wanted.items():
            made = noise.make()
            with asking(made, "misfit"):
                misfit = made.misfit(shape)
            if misfit:
                yield f"noises.{name}: {misfit}"
