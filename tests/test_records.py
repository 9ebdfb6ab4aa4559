"""Records of long runs stay small without losing a count."""

import itertools

from sleeprun.records import of_seeds, thinned


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
