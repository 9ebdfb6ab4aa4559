"""How things went within phases: scores of tasks, and what is counted while it goes on."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from sleeprun.protocol.events import Curve, Event
from sleeprun.report.page import Course
from sleeprun.report.performance import running, timeline
from sleeprun.report.style import start_of, told_of

MOST_VALUES = 2000  # of a task in a run, of all seeds


def curves(events: list[Event]) -> Iterator[Course]:
    """Of every phase and task."""
    told = sorted(told_of(events, Curve), key=lambda each: (each.phase, each.task, each.cycle))
    for (phase, task), of_one in groupby(told, lambda each: (each.phase, each.task)):
        once = {each.cycle: each.score for each in of_one}  # a resumed run tells some again
        yield Course(task, phase, [*once], np.array([*once.values()], float))


def fewer(courses: Sequence[Course]) -> list[Course]:
    """Of each task about so many values at most."""
    values: Counter[str] = Counter()
    for course in courses:
        values[course.of] += course.scores.size
    return [_every(course, -(-values[course.of] // MOST_VALUES)) for course in courses]


def _every(course: Course, every: int) -> Course:
    """Some of its points, its last one among them."""
    kept = [*range(len(course.at) - 1, -1, -every)][::-1]
    return course._replace(at=[course.at[place] for place in kept], scores=course.scores[kept])


def went(events: list[Event]) -> Iterator[Course]:
    chunks, _ = timeline(events)
    start = start_of(events)
    if start is None or not any(any(chunk.good + chunk.bad) for chunk in chunks):
        return
    for phase, cycle, score in running(chunks):
        if np.isfinite(score).any():
            yield Course(start.facts.performance, phase, cycle.tolist(), score)


def joined(found: Sequence[Sequence[Course]]) -> list[Course]:
    """Of jobs that differ in seeds; only of the first, where these were told at other times."""
    first, *others = found
    times = [[(each.of, each.phase, [*each.at]) for each in some] for some in found]
    if any(other != times[0] for other in times):
        return [*first]
    return [
        each._replace(scores=np.hstack([each.scores, *(other[place].scores for other in others)]))
        for place, each in enumerate(first)
    ]
