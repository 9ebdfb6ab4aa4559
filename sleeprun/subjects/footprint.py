"""How much memory an experiment takes."""

from typing import NamedTuple


class Footprint(NamedTuple):
    """Bytes, of all seeds together, by the keys that they depend on; of what is known."""

    states: dict[str, int]  # of one state, of which a run holds several
    data: dict[str, int]  # that lie there once

    @property
    def least(self) -> int:
        """A state before and after a step, and the data."""
        return 2 * sum(self.states.values()) + sum(self.data.values())
