"""A wish to stop, at any moment."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sleeprun.runs import signals


def test_an_interruption_that_a_library_swallowed_stops_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signals, "_asked", threading.Event())
    stops: list[str] = []
    with signals.stopped_by_signals(lambda: stops.append("not yet")):
        assert not stops
    with pytest.raises(KeyboardInterrupt):
        signals.interrupt(signal.SIGTERM, None)
    with signals.stopped_by_signals(lambda: stops.append("at once")):
        assert stops == ["at once"]


@pytest.mark.parametrize("number", signals.SIGNALS)
def test_a_first_signal_stops_a_run_and_a_second_one_interrupts(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "_asked", threading.Event())
    before, stops = signal.getsignal(number), []
    with signals.stopped_by_signals(lambda: stops.append(number)):
        signal.raise_signal(number)
        assert stops == [number]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before
    with signals.stopped_by_signals(lambda: stops.append("a later run")):
        assert stops == [number]


@pytest.mark.parametrize("number", signals.SIGNALS)
def test_a_signal_while_the_command_sets_itself_up(number: signal.Signals, tmp_path: Path) -> None:
    code = (
        "import signal, sys, sleeprun.__main__ as command\n"
        f"command.print_help = lambda *_: signal.raise_signal({number.value})\n"
        "sys.argv = ['sleeprun', '--help']\n"
        "command.main()"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True)
    assert (ended.returncode, ended.stderr) == (130, b"")
