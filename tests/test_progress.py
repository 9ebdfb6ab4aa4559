"""How far a run with all its arms is, and how long one is said to take."""

import logging
from pathlib import Path

import pytest
from classifiers import tiny
from conftest import configured
from rich.console import Console

import sleeprun
from sleeprun.protocol import events
from sleeprun.protocol.phases import Score
from sleeprun.runs.devices import prepare_jax
from sleeprun.subjects.expected import expected_seconds
from sleeprun.subjects.forager.record import Foraged
from sleeprun.subjects.plans import behind, carried_out
from sleeprun.tracking.sink import Ahead
from sleeprun.tracking.terminal import Terminal

SMALL = ("+experiment=smoke", "seeds=2", "tracking=disabled")


def seconds_of(*overrides: str) -> dict[str, float]:
    """Of what is run once for all, under no name, and of every arm."""
    config = configured(*overrides)
    prepare_jax(config.devices)
    parts = carried_out(config).items()
    return {name: sum(expected_seconds(config.arm(name), part)) for name, part in parts}


def total(*overrides: str) -> float:
    return sum(seconds_of(*overrides).values())


def test_an_agents_time_goes_by_its_cycles_its_seeds_and_its_size() -> None:
    quick = ("+experiment=foraging_quick", "runtime.cores=2")
    parts = seconds_of(*quick)
    assert list(parts) == ["", "sequential", "sleep", "control"]
    # 6 tests of 100 aeons, 1,200 aeons unsupervised, 800 of training; of 100 cycles
    assert parts[""] == pytest.approx(3 * (600 + 2000) * 100 / 8000)
    assert parts["control"] == pytest.approx(3 * (200 + 800) * 100 / 8000)
    assert total(*quick, "seeds=12") == pytest.approx(2 * total(*quick))
    assert total(*quick, "protocol.scale=0.5") == pytest.approx(total(*quick) / 2)
    assert total(*quick, "arms=none") == pytest.approx(parts[""] + parts["sequential"])
    wider = total(*quick, "network.populations.hidden.size=[56,28]")
    assert wider == pytest.approx(total(*quick) * (841 + 784) / 841)


@pytest.mark.parametrize(("simulate", "longer"), [("by_layer", 12), ("by_step", 70)])
def test_a_slower_path_takes_longer(simulate: str, longer: int) -> None:
    quick = ("+experiment=foraging_quick",)
    slow = total(*quick, f"runtime.simulate={simulate}")
    assert slow == pytest.approx(longer * total(*quick))
    tiny = ("+experiment=src_quick", "tasks/data=digits", "sleep.drive.patch=4", "arms=none")
    assert total(*tiny, f"runtime.simulate={simulate}") > total(*tiny)


def test_a_perceptrons_time_goes_by_operations() -> None:
    config = tiny("runtime.expected_gflops=1", "runtime.cores=1", "network.hidden=[3]", "seeds=1",
                  "sleep.threshold=[2.0,2.0]")  # fmt: skip
    synapses = 64 * 3 + 3 * 6
    seconds = dict(zip(config.phases(), expected_seconds(config, config.phases()), strict=True))
    wake = next(phase for phase in seconds if phase.kind == "wake")
    assert seconds[wake] == pytest.approx(6 * synapses * 13 * wake.cycles / 1e9)
    test = next(phase for phase in seconds if isinstance(phase, Score))
    (task,) = config.sequence.of([test.task])
    assert seconds[test] == pytest.approx(2 * synapses * len(task.test_images) / 1e9)
    sleep, *_, last = (phase for phase in seconds if phase.kind == "sleep")
    assert seconds[last] / seconds[sleep] == pytest.approx(last.cycles / sleep.cycles)


@pytest.mark.parametrize(
    ("learner", "passes"),
    [
        (["averaging"], 1),
        (["rehearsal"], 2),  # half of each batch is old
        (["lwf"], 1 + 1 / 3),  # the teacher goes there
        (["agem", "learner.size=26"], 1 + 2),  # of twice the batch is the reference
        (["derpp", "learner.size=26"], 1 + 2 + 2 + 1 / 3),  # outputs, labels; what is kept
    ],
)
def test_training_takes_as_long_as_its_learner_says(learner: list[str], passes: float) -> None:
    def awake(*overrides: str) -> float:
        config = tiny("training.batch=13", *overrides)
        took = zip(config.phases(), expected_seconds(config, config.phases()), strict=True)
        return sum(seconds for phase, seconds in took if phase.kind == "wake")

    assert awake(f"learner={learner[0]}", *learner[1:]) == pytest.approx(passes * awake())


def test_arms_that_share_no_training_do_all_of_it() -> None:
    images = configured("+experiment=src_quick", "tasks/data=digits", "sleep.drive.patch=4")
    parts = carried_out(images)
    assert behind(images, parts[""]) == 0
    assert parts["src"] == images.arm("src").phases()
    agents = configured("+experiment=foraging_quick")
    parts = carried_out(agents)
    assert parts[""] + parts["sleep"] == agents.arm("sleep").phases()


def test_the_line_counts_what_is_behind_and_the_time_of_the_whole(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    terminal = Terminal(Console(), configured("seeds=2"), 100.0, shown=False)
    terminal.begin(Ahead("mine:a", [0.5, 1.0], 20.0))
    ate = Foraged(awake=40, asleep=0, rewarded=[3, 0], punished=[1, 0], neutral=[0, 0], spikes={})
    with caplog.at_level(logging.INFO, "sleeprun"):
        terminal.write(events.Begun(index=0, kind="wake", name="task1", cycle=0))
        now[0] = 10.0
        terminal.write(
            events.Progress(phase=0, kind="wake", name="task1", begin=0, end=40, summary=ate)
        )
        terminal.begin(Ahead("mine:b", [1.0], 0.0))
        terminal.write(events.Tested(phase=0, cycles=1))
    # 20 s' worth were done before; 20 more took 10 s, with 5 that are as expected 25 in 15
    assert caplog.messages == [" 40 %  mine:a, wake: task1; 36 s left"]
    assert terminal.part == pytest.approx(0.41)
    assert terminal.bar.tasks[0].fields["left"] == "34 s left"  # 59 at 26 in 15 s


def test_a_narrow_terminal_shows_how_long_it_takes_and_how_well_it_does() -> None:
    console = Console(width=80)
    terminal = Terminal(console, configured("seeds=2"), 100.0, shown=False)
    terminal.begin(Ahead("foraging_quick:sleep", [1.0], 0.0))
    phase = {"kind": "interleave", "name": "task2 / sleep"}
    terminal.write(events.Begun(index=0, cycle=0, **phase))
    told = Foraged(awake=1, asleep=0, rewarded=[5], punished=[4], neutral=[0], spikes={})
    terminal.write(events.Progress(phase=0, begin=0, end=10, summary=told, **phase))
    terminal.bar.update(terminal.task, left="1 h 13 min left")
    with console.capture() as shown:
        console.print(terminal.bar.get_renderable())
    for word in ("foraging_quick:sl", "10 %", "performance 0.556", "1 h 13 min left"):
        assert word in shown.get()


@pytest.mark.long
@pytest.mark.slow
def test_a_run_with_arms_comes_to_its_end_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that is taken up again where an arm is done and another is not."""
    parts: list[float] = []
    ends = Terminal.__exit__

    def kept(terminal: Terminal, *why: object) -> None:
        parts.append(terminal.part)
        ends(terminal, *why)

    monkeypatch.setattr(Terminal, "__exit__", kept)
    config = sleeprun.compose(*(SMALL[0].removeprefix("+experiment="), *SMALL[1:]))
    sleeprun.run(config, tmp_path)
    (tmp_path / "DONE").unlink()
    (tmp_path / "arms" / "after" / "DONE").unlink()
    sleeprun.run(config, tmp_path, resume=True)
    assert parts == pytest.approx([1.0, 1.0])
