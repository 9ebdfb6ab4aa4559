"""How analyses put into words what their tables say."""

import pandas as pd


def at_the_end(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of each run that are of the last boundary, `at`, that it has."""
    return frame[frame["at"] == frame.groupby("run")["at"].transform("max")]


def listed(values: "pd.Series[float]", digits: str) -> str:
    """`sleep 0.68; control 0.59`, of values by name."""
    return "; ".join(f"{name} {value:{digits}}" for name, value in values.items())
