"""What a run is beside others."""

from enum import StrEnum


class Role(StrEnum):
    NAIVE = "naive"  # the lower bound: one stage after another, and nothing else
    JOINT = "joint"  # the upper bound: all tasks at once
    AWAKE = "awake"  # in another way
    SLEEP = "sleep"
    CONTROL = "control"  # a sleep that changes nothing
    QUIET = "quiet"  # awake for as long as others sleep, in the place of it
    RIVAL = "rival"  # what might save as much, in the place of sleep
