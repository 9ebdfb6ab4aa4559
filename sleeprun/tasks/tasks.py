"""What a config can say of tasks: the kinds that there are, and what all have."""

from typing import ClassVar

from sleeprun.config.kinds import Kinds
from sleeprun.config.values import Section


class Tasks(Section):
    """Tasks of one kind. Derived classes add their keys and say what they are for."""

    subject: ClassVar[str]  # the path of the experiments of those who can learn them

    kind: str


TASKS = Kinds(
    "kind of tasks",
    "sleeprun.tasks.tasks.Tasks",
    foraging="sleeprun.tasks.foraging.Foraging",
    sequences="sleeprun.tasks.sequences.tasks.Sequences",
    images="sleeprun.tasks.images.sequence.ImageTasks",
)
