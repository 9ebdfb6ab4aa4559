"""Calls of several jobs as one program, and the batch of jobs that make them."""

import gc
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sleeprun.runs import memory
from sleeprun.subjects.seeds import PerSeed, over_seeds
from sleeprun.sweeps import programs
from sleeprun.sweeps.batch import Batch, Member
from sleeprun.sweeps.calls import LARGE, Call
from sleeprun.sweeps.programs import Programs
from sleeprun.sweeps.progress import BatchProgress
from sleeprun.sweeps.rows import Places, Same


def counted() -> tuple[Callable, list[int]]:
    """A function of one seed, and a list that is longer by one whenever it is compiled."""
    traces = []

    def grow(rate: jax.Array, kind: str, count: jax.Array, state: jax.Array) -> tuple[Any, Any]:
        traces.append(1)
        sign = 1 if kind == "up" else -1
        state = jax.lax.fori_loop(0, count, lambda _, s: s + sign * rate, state)
        return state, state.sum()

    return grow, traces


def call(function: Callable, rate: float, seeds: int, kind: str = "up", count: int = 3) -> Call:
    state = jnp.arange(seeds * 2, dtype=jnp.float32).reshape(seeds, 2)
    return Call(function, (jnp.float32(rate), kind, jnp.int32(count), state))


def alone(one: Call) -> Any:
    return over_seeds(one.function, 1)(*one.arguments)


def assert_same(found: Any, expected: Any) -> None:
    jax.tree.map(np.testing.assert_array_equal, found, jax.tree.map(np.asarray, expected))


def test_calls_that_differ_in_numbers_are_one_program() -> None:
    grow, traces = counted()
    calls = [call(grow, rate, seeds) for rate, seeds in ((0.5, 3), (0.25, 1), (2.0, 2))]
    calls.append(call(grow, 1.0, 2, count=7))
    results = Programs().run(calls)
    assert len(traces) == 1
    for one, result in zip(calls, results, strict=True):
        assert_same(result, alone(one))


def test_calls_of_another_structure_are_another_program() -> None:
    grow, traces = counted()
    calls = [call(grow, 0.5, 1, kind) for kind in ("up", "down", "up", "down")]
    results = Programs().run(calls)
    assert len(traces) == 2
    for one, result in zip(calls, results, strict=True):
        assert_same(result, alone(one))


def test_a_group_that_shrinks_is_not_compiled_again() -> None:
    grow, traces = counted()
    group = Programs()
    calls = [call(grow, rate, 2) for rate in (0.1, 0.2, 0.3, 0.4)]
    for left in (4, 3, 1):
        results = group.run(calls[:left])
        assert len(traces) == 1
        assert len(results) == left
    assert_same(results[0], alone(calls[0]))


def test_what_calls_had_of_their_own_stays_so_as_a_group_shrinks() -> None:
    """A large leaf of the last call is not shared, which would be another program."""
    traces = []

    def look(data: jax.Array, state: jax.Array) -> jax.Array:
        traces.append(1)
        return state + data.sum()

    group = Programs()
    large = [jnp.full(LARGE, each, jnp.float32) for each in (1.0, 2.0, 3.0)]
    calls = [Call(look, (data, jnp.ones((1, 2)))) for data in large]
    for left in (3, 2, 1):
        for one, result in zip(calls, group.run(calls[:left]), strict=False):
            np.testing.assert_array_equal(result, 1 + one.arguments[0].sum())
    assert len(traces) == 1


def test_states_that_come_back_are_right_in_every_order() -> None:
    grow, _ = counted()
    group = Programs()
    calls = [call(grow, rate, seeds) for rate, seeds in ((0.5, 1), (0.25, 2), (2.0, 1))]
    for order in ([0, 1, 2], [0, 1, 2], [0, 2], [2, 1, 0]):
        results = group.run([calls[place] for place in order])
        for place, (state, total) in zip(order, results, strict=True):
            expected = alone(calls[place])
            assert_same((state, total), expected)
            calls[place] = calls[place]._replace(arguments=(*calls[place].arguments[:-1], state))


def test_what_was_given_out_is_known_by_itself_and_kept_while_it_is_remembered() -> None:
    """So that no array that is made later can be taken for it."""
    grow, _ = counted()
    group = Programs()
    ((state, _),) = group.run([call(grow, 0.5, 1)])
    assert Same(state) in group.given.now
    assert Same(state.copy()) not in group.given.now
    alive = weakref.ref(state)
    del state, _
    gc.collect()
    assert alive() is not None
    group.run([call(grow, 0.5, 1)])
    gc.collect()
    assert alive() is None


def test_an_argument_of_each_seeds_own_goes_with_its_seed() -> None:
    """Among numbers that a job has for all its seeds, and beside calls whose seeds share it."""
    traces = []

    def look(rate: jax.Array, images: jax.Array, labels: Any, state: jax.Array) -> jax.Array:
        traces.append(1)
        return state + rate * images.sum(axis=0) + labels["of"].sum()

    def look_of(rate: float, seeds: int, own: bool) -> Call:
        shape = (seeds, 3, 2) if own else (3, 2)
        images = rate + jnp.arange(np.prod(shape), dtype=jnp.float32).reshape(shape)
        labels = {"of": jnp.arange(seeds, dtype=jnp.float32)[:, None] if own else jnp.ones(1)}
        given = (PerSeed(images), PerSeed(labels)) if own else (images, labels)
        return Call(look, (jnp.float32(rate), *given, jnp.ones((seeds, 2))))

    calls = [look_of(rate, seeds, own) for rate, seeds, own in (
        (0.5, 3, True), (1.0, 2, False), (2.0, 1, True), (4.0, 2, True), (8.0, 1, False),
    )]  # fmt: skip
    results = Programs().run(calls)
    assert len(traces) == 2
    for one, result in zip(calls, results, strict=True):
        assert_same(result, alone(one))
    images = np.arange(18, dtype=np.float32).reshape(3, 3, 2) + np.float32(0.5)
    expected = 1 + 0.5 * images.sum(axis=1) + np.arange(3)[:, None]
    np.testing.assert_array_equal(results[0], expected)


def test_large_equal_leaves_are_given_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stacked = []
    honest = Places.stacked
    monkeypatch.setattr(
        Places,
        "stacked",
        lambda self, rows: stacked.append(jax.tree.leaves(rows[0])) or honest(self, rows),
    )

    def look(data: jax.Array, state: jax.Array) -> jax.Array:
        return state + data.sum()

    def run(*data: jax.Array) -> list[Any]:
        stacked.clear()
        calls = [Call(look, (one, jnp.ones((1, 2)))) for one in data]
        results = Programs().run(calls)
        for one, result in zip(calls, results, strict=True):
            assert_same(result, alone(one))
        return stacked[0]

    images = jnp.ones((LARGE // 16, 8))
    assert run(images, images + 0) == []
    assert len(run(images, images + 1)) == 1


def together_noted(monkeypatch: pytest.MonkeyPatch, most: int | None = None) -> list[int]:
    """How many calls each program was tried with; more than `most` are too many."""
    sizes: list[int] = []
    whole = Programs._together

    def noted(self: Programs, kind: Any, calls: list[Call]) -> list[Any]:
        sizes.append(len(calls))
        if most is not None and len(calls) > most:
            raise MemoryError
        return whole(self, kind, calls)

    monkeypatch.setattr(Programs, "_together", noted)
    return sizes


def test_what_fails_together_is_tried_in_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of more than two rows fails; the smaller ones are not filled up to its size."""
    grow, _ = counted()
    sizes: list[int] = []
    honest = programs.over_seeds

    def small_alone(function: Callable, devices: int) -> Callable:
        def run(*arguments: Any) -> Any:
            sizes.append(len(arguments[-1][0]))
            if sizes[-1] > 2:
                raise MemoryError
            return honest(function, devices)(*arguments)

        return run

    monkeypatch.setattr(programs, "over_seeds", small_alone)
    calls = [call(grow, rate, 1) for rate in (0.1, 0.2, 0.3, 0.4, 0.5)]
    for one, result in zip(calls, Programs(memory_gb=1).run(calls), strict=True):
        assert_same(result, alone(one))
    assert sizes == [8, 2, 4, 2, 2]


def test_what_does_not_fit_into_memory_is_run_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    grow, traces = counted()
    sizes = together_noted(monkeypatch)
    calls = [call(grow, rate, 1) for rate in (0.1, 0.2, 0.3)]
    a_row = programs.COPIES * 8
    results = Programs(memory_gb=2 * a_row / 2**30).run(calls)
    assert sizes == [2, 1]
    assert len(traces) == 1
    for one, result in zip(calls, results, strict=True):
        assert_same(result, alone(one))


def test_what_each_seed_has_of_its_own_takes_memory() -> None:
    def look(images: jax.Array, state: jax.Array) -> jax.Array:
        return state + images.sum()

    call = Call(look, (PerSeed(jnp.ones((2, 6))), jnp.ones((2, 2))))
    a_job = programs.COPIES * (2 * 6 * 4 + 2 * 2 * 4)
    parts = [[*Programs(memory_gb=room / 2**30)._fitting([call] * 3, [0, 1, 2])]
             for room in (3 * a_job, 2 * a_job, a_job)]  # fmt: skip
    assert parts == [[[0, 1, 2]], [[0, 1], [2]], [[0], [1], [2]]]


def test_rows_are_dealt_to_the_devices_evenly() -> None:
    at = Places.dealt(5, 8, 2).at
    assert sorted(place // 4 for place in at) == [0, 0, 0, 1, 1]
    assert len(set(at)) == 5


def together(*jobs: Callable[[Member], Any], at_once: int = 99, stop: Any = None) -> list[Any]:
    progress = BatchProgress(["job"] * len(jobs), lambda result: type(result).__name__)
    batch = Batch(Programs(), progress, at_once)
    if stop is not None:
        stop.append(batch)
    return batch.carry_out(jobs)


def test_jobs_meet_at_their_calls_and_leave_when_they_end() -> None:
    grow, traces = counted()

    def job(rate: float, chunks: int) -> Callable[[Member], Any]:
        def live(member: Member) -> Any:
            *shared, state = call(grow, rate, 2).arguments
            for _ in range(chunks):
                state, _ = member.over(grow, member.devices)(*shared, state)
            return np.asarray(state)

        return live

    results = together(job(0.5, 1), job(0.25, 3), job(2.0, 2))
    assert len(traces) == 1
    start = np.arange(4, dtype=np.float32).reshape(2, 2)
    for result, grown in zip(results, (1.5, 2.25, 12.0), strict=True):
        np.testing.assert_allclose(result, start + grown)


def test_a_job_that_fails_takes_nobody_down() -> None:
    grow, _ = counted()

    def fails(member: Member) -> None:
        member.over(grow, 1)(*call(grow, 1.0, 1).arguments)
        raise ValueError("mine alone")

    def lives(member: Member) -> float:
        for _ in range(3):
            _, total = member.over(grow, 1)(*call(grow, 1.0, 1).arguments)
        return float(total[0])

    failed, lived = together(fails, lives)
    assert isinstance(failed, ValueError)
    assert lived == 7.0


def test_what_fails_when_compiled_is_told_to_its_jobs_alone() -> None:
    grow, _ = counted()

    def wrong(state: jax.Array) -> jax.Array:
        raise TypeError("cannot be compiled")

    def one(function: Callable, *shared: Any) -> Callable[[Member], Any]:
        return lambda member: member.over(function, 1)(*shared, jnp.ones((1, 2)))

    bad, good = together(one(wrong), one(grow, jnp.float32(1.0), "up", jnp.int32(1)))
    assert isinstance(bad, TypeError)
    np.testing.assert_array_equal(good[0], [[2.0, 2.0]])


def test_no_more_jobs_live_at_once_than_wanted() -> None:
    grow, _ = counted()
    alive: list[int] = []

    def job(member: Member) -> int:
        before = threading.active_count()
        member.over(grow, 1)(*call(grow, 1.0, 1).arguments)
        alive.append(threading.active_count())
        return before

    others = threading.active_count()
    assert len(together(*[job] * 7, at_once=2)) == 7
    assert max(alive) <= others + 2


def test_jobs_that_are_stopped_are_not_begun() -> None:
    batch: list[Batch] = []

    def first(member: Member) -> str:
        batch[0].stop()
        return "done"

    done, never = together(first, first, stop=batch)
    assert done == "done"
    assert isinstance(never, KeyboardInterrupt)


def test_no_jobs() -> None:
    assert together() == []


def test_jobs_that_would_not_fit_wait() -> None:
    """Room for two jobs of this size at once."""
    grow, _ = counted()
    calls = [call(grow, rate, 1) for rate in (0.1, 0.2)]
    roomy = Programs(memory_gb=2.5 * programs.COPIES * calls[0].size / 2**30)
    assert roomy.has_room_beside([])
    assert roomy.has_room_beside(calls[:1])
    assert not roomy.has_room_beside(calls)


def test_what_the_process_may_take_is_the_least_that_any_group_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job of a cluster is limited by a group above its own, which has files in memory."""
    own = tmp_path / "fs" / "job_7" / "step"
    own.mkdir(parents=True)
    (tmp_path / "cgroup").write_text("1:name=systemd:/\n0::/job_7/step\n")
    for group, limit in {own: "max", own.parent: str(5 << 20)}.items():
        told = {"memory.max": limit, "memory.current": str(4 << 20)}
        told["memory.stat"] = f"anon 5\ninactive_file {1 << 20}"
        for name, content in told.items():
            (group / name).write_text(f"{content}\n")
    monkeypatch.setattr(memory, "_CGROUP", tmp_path / "fs")
    monkeypatch.setattr(memory, "_OWN", tmp_path / "cgroup")
    assert memory.free() == 2 << 20


def test_a_machine_that_does_not_tell_what_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """macOS has neither /proc nor the number of free pages."""
    for place in ("_MEMINFO", "_OWN"):
        monkeypatch.setattr(memory, place, tmp_path / "nothing")
    pages = {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr("os.sysconf", lambda name: pages[name])
    assert memory.free() == 500 * 4096


@pytest.mark.parametrize(("limit", "programs"), [(1 << 40, 1), (2, 0)])
def test_programs_are_let_go_of_before_the_limit_of_memory_maps(
    limit: int, programs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "max_map_count").write_text(f"{limit}\n")
    monkeypatch.setattr(memory, "_MOST_MAPS", tmp_path / "max_map_count")
    twice = jax.jit(lambda x: 2 * x)
    assert twice(3) == 6
    assert twice._cache_size() == 1
    memory.forget_programs_if_crowded()
    assert twice._cache_size() == programs
    assert twice(3) == 6


def test_a_batch_lets_go_of_programs_and_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "max_map_count").write_text("2\n")
    grow, traces = counted()
    group, calls = Programs(), [call(grow, rate, 2) for rate in (0.5, 0.25)]
    before = group.run(calls)
    monkeypatch.setattr(memory, "_MOST_MAPS", tmp_path / "max_map_count")
    assert_same(group.run(calls), before)
    assert len(traces) == 2
