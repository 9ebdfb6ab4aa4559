"""Questions to runs that are done, answered in tables: one analysis a file.

Each is a class that declares its constants, says what it needs to be recorded, and makes of a
`Study`, some runs beside each other, tables and a sentence of what it found. What it computes is a
function on arrays. Nothing is drawn here: a `Chart` says in plain data how a table is shown.
"""

from sleeprun.analyses.analysis import Analysis, Answer, Chart, Table
from sleeprun.analyses.needs import BOUNDARIES, SCIKIT_LEARN, SNAPSHOTS, SPIKES, Need
from sleeprun.analyses.study import Study

__all__ = [
    "BOUNDARIES",
    "SCIKIT_LEARN",
    "SNAPSHOTS",
    "SPIKES",
    "Analysis",
    "Answer",
    "Chart",
    "Need",
    "Study",
    "Table",
]
