"""What stands on the page, in this order."""

from collections.abc import Iterator

from sleeprun.report.page import charts, scores, time
from sleeprun.report.page.plates import Plate, Section
from sleeprun.report.page.story import Arm, Story

MOST_ARMS = 12  # that are drawn each; all of more are in the tables


def chapters(story: Story) -> Iterator[Section]:
    """The sentences stand before them."""
    drawn = story.arms[:MOST_ARMS]
    if story.warnings:
        yield Section("warnings", "Read with care", story.warnings)
    yield Section("run", "What was run", parts=[*_what_was_run(story)])
    yield Section("protocol", "Protocol", plates=[time.timeline(drawn)])
    of_scores = [scores.ends(story.arms), scores.course(drawn), scores.matrices(drawn)]
    yield Section("scores", "Scores", [*_left_out(story)], of_scores)
    parts = [Section("compared", "Against the first arm", grid=story.compared)]
    of_measures = [scores.measures(story.arms)]
    yield Section(
        "measures", "Measures", plates=of_measures, parts=parts if story.compared.rows else []
    )
    if learned := [*_learned(drawn)]:
        yield Section("learning", "Learning", plates=learned)
    if story.analysed:
        parts = [
            Section(
                f"analysis-{each.name}",
                each.name.replace("_", " ").capitalize(),
                [each.about, *each.sentences],
                [*charts.plates(each)],
            )
            for each in story.analysed
        ]
        yield Section("analyses", "Analyses", parts=parts)


def _left_out(story: Story) -> Iterator[str]:
    if (arms := len(story.arms)) > MOST_ARMS:
        yield f"Of {arms} arms the first {MOST_ARMS} are shown along their way, and all at its end."


def _what_was_run(story: Story) -> Iterator[Section]:
    if story.differences.rows:
        yield Section("differences", "What differs between the arms", grid=story.differences)
    yield Section("settings", "What they have in common", grid=story.run)
    yield Section("took", "What each took", grid=story.took)


def _learned(arms: list[Arm]) -> Iterator[Plate]:
    yield from filter(None, (time.within(arms), time.running(arms)))
