"""Records of long runs stay small without losing a count."""

import itertools

from sleeprun.runs.records import of_seeds, results, thinned


def progress(phase: int, start: int) -> dict:
    return {
        "event": "progress", "phase": phase, "from": start, "to": start + 10, "awake": 10,
        "asleep": 0, "rewarded": [1, 2], "punished": [0, 1], "neutral": [0, 0],
        "spikes": {"hidden": [3, 4]},
    }  # fmt: skip


def test_thinning_merges_neighbours_of_a_phase_and_keeps_all_else() -> None:
    events = [{"event": "start"}]
    for phase in range(3):
        events += [progress(phase, 10 * k) for k in range(100)]
        events.append({"event": "score", "phase": phase})
    thin = thinned(iter(events), most=10)
    assert [e["event"] for e in thin if e["event"] != "progress"] == ["start", *["score"] * 3]
    merged = [e for e in thin if e["event"] == "progress"]
    assert 3 <= len(merged) <= 20
    for phase in range(3):
        own = [e for e in merged if e["phase"] == phase]
        assert sum(e["rewarded"][1] for e in own) == 200
        assert sum(e["spikes"]["hidden"][0] for e in own) == 300
        assert sum(e["awake"] for e in own) == 1000
        edges = [(e["from"], e["to"]) for e in own]
        assert edges[0][0] == 0
        assert edges[-1][1] == 1000
        assert all(a[1] == b[0] for a, b in itertools.pairwise(edges))


def test_an_event_is_told_for_some_of_the_seeds() -> None:
    part = of_seeds(progress(0, 0), [1])
    assert part == progress(0, 0) | {
        "rewarded": [2], "punished": [1], "neutral": [0], "spikes": {"hidden": [4]},
    }  # fmt: skip
    start = {"event": "start", "seeds": [7, 8, 9], "name": "x"}
    assert of_seeds(start, [2, 0]) == start | {"seeds": [9, 7]}
    first = {"event": "raster", "spikes": {"hidden": [[0, 3]]}}
    assert of_seeds(first, [0]) == first
    assert of_seeds(first, [1]) is None
    assert of_seeds({"event": "weights", "histograms": {}}, [0]) is None


def test_a_short_run_is_left_alone() -> None:
    events = [progress(0, 10 * k) for k in range(5)]
    assert [e["to"] for e in thinned(events)] == [10, 20, 30, 40, 50]


def step(kind: str, begin: int, end: int, **told: int) -> dict:
    return {"event": "progress", "kind": kind, "from": begin, "to": end, **told}


def test_results_count_steps_and_what_goes_into_a_later_task() -> None:
    rows = [("start", None), ("wake", "a"), ("sleep", "a"), ("wake", "b"), ("sleep", "b")]
    places = [
        {"index": index, "name": kind, "phase": kind, "task": task}
        for index, (kind, task) in enumerate(rows)
    ]
    start = {
        "event": "start", "name": "x", "variant": None, "shortened": False, "scale": 1.0,
        "chance": 0.5, "tasks": ["a", "b"], "seeds": [0], "device": "", "versions": {},
    }  # fmt: skip
    events = [start, step("wake", 0, 30), step("sleep", 30, 130), step("wake", 130, 160)]
    for place, carried in zip(places, (0, 90, 40, 80, 80), strict=True):
        score = {"event": "score", "boundary": place, "score": [0.5]}
        events += [score | {"task": task} for task in ("a", "b")]
        events.append({"event": "carried", "boundary": place, "bytes": carried})
    found = results(events)
    assert (found["training_steps"], found["sleep_steps"]) == (60, 100)
    assert found["carried_bytes"] == 40  # after the sleep of a; what follows b, nobody needs
    scored = {"event": "score", "boundary": places[0], "task": "a", "score": [0.5]}
    taking_turns = step("interleave", 0, 30, awake=20, asleep=10)
    found = results([start | {"cycle_steps": 600}, scored, taking_turns])
    assert (found["training_steps"], found["sleep_steps"]) == (12000, 6000)
    assert found["carried_bytes"] is None
