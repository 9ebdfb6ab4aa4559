"""What a config says of the analyses that follow a run: each by its name alone, or with keys.

The table names what lies above; a kind is loaded when a config chooses it.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator

from sleeprun.config.kinds import Kinds
from sleeprun.config.values import as_list

ANALYSES = Kinds(
    "analysis",
    "sleeprun.analyses.Analysis",
    distributions="sleeprun.analyses.distributions.Distributions",
    fields="sleeprun.analyses.fields.ReceptiveFields",
    relevant="sleeprun.analyses.relevant.Relevant",
    changes="sleeprun.analyses.changes.Changes",
    separation="sleeprun.analyses.separation.Separation",
    trajectories="sleeprun.analyses.trajectories.Trajectories",
    solutions="sleeprun.analyses.solutions.Solutions",
    replay="sleeprun.analyses.replay.Replay",
    pruning="sleeprun.analyses.pruning.Pruning",
    up_states="sleeprun.analyses.up_states.UpStates",
    directions="sleeprun.analyses.directions.Directions",
)


def _as_section(value: object) -> object:
    """`svm` means `{kind: svm}`."""
    return {"kind": value} if isinstance(value, str) else value


Analyses = Annotated[
    list[Annotated[Any, ANALYSES, BeforeValidator(_as_section)]], BeforeValidator(as_list)
]
