"""A protocol is a tuple of phases: plain data, which a run folds over a state.

Whoever imports it knows all kinds of events that are not a family's own, and can read them.
"""

from sleeprun.protocol import events, seen

__all__ = ["events", "seen"]
