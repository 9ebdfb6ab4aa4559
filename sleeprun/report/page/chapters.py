"""What stands on the page, in this order."""

from collections.abc import Iterator, Sequence

import numpy as np

from sleeprun.report.page import charts, matrices, scores, time
from sleeprun.report.page.plates import Plate, Section
from sleeprun.report.page.story import Analysed, Arm, Story

MOST_ARMS = 12  # that are shown along their way


def chapters(story: Story) -> Iterator[Section]:
    """The sentences stand before them."""
    drawn = story.arms[:MOST_ARMS]
    if story.warnings:
        yield Section("warnings", "Read with care", story.warnings)
    yield Section("run", "What was run", parts=[*_what_was_run(story)])
    yield Section("protocol", "Protocol", plates=[time.timeline(drawn)])
    yield Section("scores", "Scores", [*_left_out(story)], [*_scored(story.arms, drawn)])
    of_measures = filter(None, [scores.measures(story.arms)])
    measures = Section("measures", "Measures", plates=[*of_measures], parts=[*_measured(story)])
    if measures.plates or measures.parts:
        yield measures
    if learned := [*_learned(drawn)]:
        yield Section("learning", "Learning", plates=learned)
    if story.analysed:
        several = len({each.of for each in story.analysed}) > 1
        parts = [
            Section(
                f"analysis-{number}",
                f"{each.name.replace('_', ' ').capitalize()} ({_whose(each, several)})",
                [each.about, *each.sentences],
                [*charts.plates(each)],
            )
            for number, each in enumerate(story.analysed)
        ]
        yield Section("analyses", "Analyses", parts=parts)


def _whose(analysed: Analysed, several: bool) -> str:
    of = f"{analysed.of}, " if several else ""
    return f"{of}n = {analysed.networks}"


def _scored(arms: Sequence[Arm], drawn: Sequence[Arm]) -> Iterator[Plate]:
    if _any_score(arms):
        yield from (scores.ends(arms), scores.course(drawn), matrices.matrices(drawn))


def _any_score(arms: Sequence[Arm]) -> bool:
    return any(np.isfinite(np.array(arm.results["R"], float)).any() for arm in arms)


def _measured(story: Story) -> Iterator[Section]:
    if story.compared.rows:
        yield Section("compared", "Against the first arm", grid=story.compared)
    if story.seen.rows:
        yield Section("seen", "Seen of phases as a whole", grid=story.seen)
    for number, (title, grid) in enumerate(story.probed.items()):
        yield Section(f"probed-{number}", title, grid=grid)


def _left_out(story: Story) -> Iterator[str]:
    if not _any_score(story.arms):
        yield "No task has a score at any boundary."
    elif (arms := len(story.arms)) > MOST_ARMS:
        yield f"Of {arms} arms the first {MOST_ARMS} are shown along their way, and all at its end."


def _what_was_run(story: Story) -> Iterator[Section]:
    if story.differences.rows:
        yield Section("differences", "What differs between the arms", grid=story.differences)
    several = len(story.arms) > 1
    yield Section("settings", "What they have in common" if several else "Settings", grid=story.run)
    yield Section("took", "What each took" if several else "What it took", grid=story.took)


def _learned(arms: Sequence[Arm]) -> Iterator[Plate]:
    yield from filter(None, (time.within(arms), time.running(arms)))
