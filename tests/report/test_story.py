"""What a report tells of runs, from records that are made up."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from told_run import run_of

from sleeprun.config import ConfigError, Role
from sleeprun.directory.results import results_of
from sleeprun.directory.store import RunDirectory
from sleeprun.protocol.events import Begun, Curve, End, Event, Progress, Scored, Start, Warned
from sleeprun.protocol.results import pooled
from sleeprun.reading.gathered import story_of
from sleeprun.reading.groups import Group
from sleeprun.reading.loaded import load, load_done
from sleeprun.report.findings import NO_CONTROL
from sleeprun.report.page import Story
from sleeprun.report.page.chapters import chapters
from sleeprun.report.page.charts import merged, plates
from sleeprun.report.page.story import Analysed, Tabled
from sleeprun.sweeps.beside import beside


def made(folder: Path, role: Role = Role.NAIVE, **changes: Any) -> Path:
    """The directory of a run that is done; its start may say something else."""
    directory = RunDirectory(folder)
    directory.begin()
    told: list[Event] = [
        replace(event, **changes) if isinstance(event, Start) else event for event in run_of()
    ]
    for event in [*told, End(wall_seconds=2.0, steps_per_second=1.0)]:
        directory.write(event)
    directory.report({**results_of(directory.events()), "role": role})
    directory.finish()
    return folder


def told(**arms: Path) -> Story:
    return story_of({name: Group([load(path)], path) for name, path in arms.items()})


def test_runs_that_differ_in_seeds_are_one_sample(tmp_path: Path) -> None:
    """A seed that two of them have counts once, as the later of them has it."""
    one = results_of(RunDirectory(made(tmp_path / "a", seeds=[0, 1])).events())
    other = results_of(RunDirectory(made(tmp_path / "b", seeds=[1, 2])).events())
    both = pooled([one, other])
    assert both["seeds"] == [0, 1, 2]
    np.testing.assert_array_equal(both["R"], [one["R"][0], other["R"][0], other["R"][1]])
    assert both["metrics"]["final/task1"]["per_seed"] == [0.75, 0.75, 0.6]
    assert both["metrics"]["final/task1"]["n"] == 3
    assert both["wall_seconds"] == 4.0
    assert pooled([both], [2])["metrics"]["final/task1"]["per_seed"] == [0.6]


def test_jobs_of_one_name_are_one_arm(tmp_path: Path) -> None:
    paths = [made(tmp_path / "a", seeds=[0, 1]), made(tmp_path / "b", seeds=[4, 5])]
    story = story_of({"both": Group([*map(load, paths)], tmp_path)})
    (arm,) = story.arms
    assert arm.results["seeds"] == [0, 1, 4, 5]
    assert [each.scores.shape[1] for each in arm.running] == [4]
    assert story.notes[0] == "4 networks"


def test_what_is_measured_while_it_goes_on_is_the_share_of_what_went_well(tmp_path: Path) -> None:
    (arm,) = told(small=made(tmp_path / "a")).arms
    (course,) = arm.running  # of the phase in which food was counted
    assert course.of == "rewarded / (rewarded + punished)"
    np.testing.assert_allclose(course.scores, [[30 / 40, 28 / 40]] * len(course.at))


def test_scores_within_phases_are_a_course_each(tmp_path: Path) -> None:
    folder = made(tmp_path / "a")
    for cycle, score in ((520, [0.5, None]), (540, [0.6, 0.4]), (540, [0.7, 0.4])):
        event = Curve(phase=1, kind="wake", name="task1", cycle=cycle, task="task1", score=score)
        RunDirectory(folder).write(event)
    (course,) = told(small=folder).arms[0].courses
    assert (course.of, course.at) == ("task1", [520, 540])
    np.testing.assert_array_equal(course.scores, [[0.5, np.nan], [0.7, 0.4]])  # told last


def test_what_a_reader_must_know_is_warned_of(tmp_path: Path) -> None:
    awake = made(tmp_path / "awake", variant="smaller")
    asleep = made(tmp_path / "asleep", Role.SLEEP)
    RunDirectory(asleep).write(Warned(message="a checkpoint was damaged"))
    warnings = told(awake=awake, asleep=asleep).warnings
    assert warnings[:4] == [
        "smaller; shortened protocol (scale 0.02)",
        "shortened protocol (scale 0.02)",
        "2 seeds: fewer than 5 have no interval, and find nothing",
        NO_CONTROL,
    ]
    assert "asleep: a checkpoint was damaged" in warnings
    control = made(tmp_path / "control", Role.CONTROL)
    assert NO_CONTROL not in told(awake=awake, asleep=asleep, control=control).warnings


def test_silent_populations_are_warned_of_as_while_it_runs(tmp_path: Path) -> None:
    folder = made(tmp_path / "a")
    events = list(RunDirectory(folder).events())
    (folder / "events.jsonl").unlink()
    for event in events:
        if isinstance(event, Progress):
            spikes = {"hidden": [0, 0]}
            event = replace(event, kind="wake", summary=replace(event.summary, spikes=spikes))
        if isinstance(event, Scored):
            event = replace(event, spikes={"hidden": [0, 0]})
        RunDirectory(folder).write(event)
    RunDirectory(folder).write(Begun(index=3, kind="wake", name="task2", cycle=1500))
    (silent,) = [line for line in told(small=folder).warnings if "silent" in line]
    where = "tests after 'task1', tests after 'sleep', 'sleep' (wake)"
    assert silent == f"network.populations.hidden: hidden is silent in {where}, in all seeds"


def test_arms_are_told_in_sentences_of_the_seeds_that_all_have(tmp_path: Path) -> None:
    story = told(
        awake=made(tmp_path / "awake", seeds=[0, 1]),
        asleep=made(tmp_path / "asleep", Role.SLEEP, seeds=[1, 2]),
    )
    assert len(story.sentences) >= 1
    assert all("n = 2" not in sentence for sentence in story.sentences)
    nothing = told(
        awake=made(tmp_path / "more", seeds=[0, 1]),
        asleep=made(tmp_path / "others", Role.SLEEP, seeds=[2, 3]),
    )
    assert nothing.sentences == ["No seed is in all of them, so they are not compared in words."]
    assert any("nothing is paired" in line for line in nothing.warnings)


def test_a_run_that_is_not_done_is_refused_with_how_to_go_on(tmp_path: Path) -> None:
    folder = made(tmp_path / "a")
    (folder / "DONE").unlink()
    with pytest.raises(ConfigError, match="is not done; go on with it by resume="):
        load_done(folder)


def left(folder: Path, *runs: str, seeds: int = 2) -> None:
    """An analysis of runs by name, as it leaves itself in a folder."""
    keys = {"analysis": "mine", "about": "", "keys": {}, "sentences": [], "tables": []}
    entry = keys | {"runs": [*runs], "seeds": [*range(seeds)]}
    (folder / "analyses").mkdir(parents=True)
    (folder / "analyses" / "index.json").write_text(json.dumps({"analyses": [entry]}))


def test_analyses_are_those_of_each_run_and_those_of_all_of_them_together(tmp_path: Path) -> None:
    one, other = made(tmp_path / "one"), made(tmp_path / "other", seeds=[4, 5])
    left(one, "small")
    left(other, "small", seeds=3)
    left(tmp_path / "both", "a", "b", seeds=5)
    left(tmp_path / "strange", "a", "c")
    groups = {"a": Group([load(one)], one), "b": Group([load(other)], other)}
    titles = {}
    for here in ("both", "strange"):
        sections = {each.id: each for each in chapters(story_of(groups, tmp_path / here))}
        titles[here] = [part.title for part in sections["analyses"].parts]
    each = ["Mine (one, n = 2)", "Mine (other, n = 3)"]
    assert titles == {"both": [*each, "Mine (all of them, n = 5)"], "strange": each}
    of_one = Group([load(one), load(other)], one)  # what both left is there
    assert len(story_of({"a": of_one}).analysed) == 2


def charted(rows: list[dict[str, str]], **chart: Any) -> Analysed:
    drawn = {"kind": "line", "x": "at", "y": "size", "color": None, "facet": None} | chart
    return Analysed(
        "mine", "runs", 2, "", [], [Tabled("sizes", "analyses/mine.csv", rows, [drawn])]
    )


def row(**cells: Any) -> dict[str, str]:
    return {name: str(value) for name, value in cells.items()}


def test_lines_are_means_over_seeds_with_each_seed_behind_them() -> None:
    rows = [
        row(run=run, seed=seed, at=at, size=at + 10 * seed + 100 * (run == "b"))
        for run in "ab"
        for seed in (0, 1)
        for at in (1, 2)
    ]
    (plate,) = plates(charted(rows, color="run"))
    (panel,) = plate.panels
    means = [trace for trace in panel.traces if "seed" not in trace["meta"]]
    assert [(trace["name"], trace["x"], trace["y"]) for trace in means] == [
        ("a", [1, 2], [6, 7]), ("b", [1, 2], [106, 107]),
    ]  # fmt: skip
    seeds = [trace["y"] for trace in panel.traces if "seed" in trace["meta"]]
    assert seeds == [[1, 2, None, 11, 12], [101, 102, None, 111, 112]]
    assert [key.name for key in plate.keys] == ["a", "b"]
    assert all(key.arm for key in plate.keys)


def test_facets_are_panels_and_what_is_alike_in_all_names_none() -> None:
    rows = [row(of=of, run=run, at=1, size=2) for of in ("x", "y") for run in ("a", "b")]
    (plate,) = plates(charted(rows, facet=["of", "run"]))
    assert [panel.title for panel in plate.panels] == ["x, a", "x, b", "y, a", "y, b"]
    (plate,) = plates(charted(rows[:2], facet=["of", "run"]))
    assert [panel.title for panel in plate.panels] == ["a", "b"]


def test_a_heat_map_has_gaps_where_there_is_no_row() -> None:
    rows = [row(at=2, size=1, count=5), row(at=1, size=2, count=7), row(at=1, size=1, count="")]
    (plate,) = plates(charted(rows, kind="heat", color="count"))
    (heat,) = plate.panels[0].traces
    assert (heat["x"], heat["y"]) == ([1, 2], [1, 2])
    assert heat["z"] == [[None, 5], [7, None]]


def test_an_empty_table_is_not_drawn() -> None:
    assert list(plates(charted([]))) == []


def test_names_keep_the_order_in_which_all_arms_have_them() -> None:
    """An arm that sleeps has boundaries that others lack."""
    orders = [["task1", "task2"], ["task1", "task1, slept", "task2", "task2, slept"]]
    assert merged(orders) == orders[1]
    assert merged(orders[::-1]) == orders[1]
    assert merged([["a", "c"], ["b", "c"]]) == ["b", "a", "c"]


def test_a_course_of_many_points_is_thinned_and_keeps_its_last(tmp_path: Path) -> None:
    folder = made(tmp_path / "a")
    for cycle in range(500, 2600):
        score = [cycle / 5000, None]
        event = Curve(phase=1, kind="wake", name="task1", cycle=cycle, task="task1", score=score)
        RunDirectory(folder).write(event)
    (course,) = told(small=folder).arms[0].courses
    assert len(course.at) == 700  # every third
    assert (course.at[-1], course.at[-2]) == (2599, 2596)
    np.testing.assert_array_equal(course.scores[:, 0], np.array(course.at) / 5000)


def test_how_to_run_it_again_is_told_of_the_whole_run(tmp_path: Path) -> None:
    arms = [made(tmp_path / "run" / "arms" / name) for name in ("awake", "asleep")]
    assert told(awake=arms[0], asleep=arms[1]).again == [
        "# begun in Python; its config is run/.hydra/config.yaml"
    ]


def test_of_many_arms_the_first_are_drawn_along_their_way(tmp_path: Path) -> None:
    folder = made(tmp_path / "a")
    story = told(**{f"arm{number}": folder for number in range(14)})
    sections = {section.id: section for section in chapters(story)}
    scores = sections["scores"]
    assert scores.text == ["Of 14 arms the first 12 are shown along their way, and all at its end."]
    end, _, matrices = scores.plates
    assert len({trace["name"] for trace in end.panels[0].traces}) == 14
    assert len(matrices.panels) == 12


def test_jobs_of_a_sweep_that_differ_in_seeds_are_one_arm(tmp_path: Path) -> None:
    given = [("0", [0, 1]), ("0", [2, 3]), ("1", [0, 1])]
    lines = []
    for number, (reward, seeds) in enumerate(given):
        path = made(tmp_path / f"job{number}", seeds=seeds)
        overrides = [f"sleep.reward={reward}", f"seeds={seeds}"]
        lines.append(json.dumps({"number": number, "path": str(path), "overrides": overrides}))
    (tmp_path / "jobs.jsonl").write_text("\n".join(lines) + "\n")
    groups = beside([tmp_path])
    assert list(groups) == ["sleep.reward=0", "sleep.reward=1"]
    seeds = [arm.results["seeds"] for arm in story_of(groups).arms]
    assert seeds == [[0, 1, 2, 3], [0, 1]]


def test_another_family_is_refused_by_name(tmp_path: Path) -> None:
    agents, others = made(tmp_path / "agents"), made(tmp_path / "others")
    directory = RunDirectory(others)
    directory.report({**results_of(directory.events()), "family": "own.record.Facts"})
    with pytest.raises(ConfigError) as refused:
        told(agents=agents, others=others)
    assert str(refused.value).startswith(f"others ({others}): networks of another family than ")


def test_without_any_score_it_is_said_and_nothing_is_drawn(tmp_path: Path) -> None:
    folder = made(tmp_path / "a")
    directory = RunDirectory(folder)
    for event in list(directory.events()):
        if isinstance(event, Scored):
            directory.write(replace(event, score=[None, None]))
    directory.report({**results_of(directory.events()), "role": Role.NAIVE})
    sections = {section.id: section for section in chapters(told(small=folder))}
    assert sections["scores"].text == ["No task has a score at any boundary."]
    assert list(sections["scores"].plates) == []
    assert "measures" not in sections
