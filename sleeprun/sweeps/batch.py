"""Where the jobs of a batch meet: each lives in a thread, and all wait for the device together.

One thread runs at a time. A job runs until it calls a compiled function; once all jobs that are
left wait at such a call, the calls are run together (`batch.Programs`) and each goes on with its
own result. So a job is an ordinary run, and needs no locks.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import Any, NamedTuple

from sleeprun.config import Common
from sleeprun.runs.host import stopped_by_signals
from sleeprun.runs.run import Run
from sleeprun.sweeps.overview import Overview, Share
from sleeprun.sweeps.programs import Call, Programs

Aside = Callable[[], Callable[[], None]]  # what a job keeps to itself; returns how to put it back


class Ended(NamedTuple):
    result: Any  # or the exception that a job ended with


class Seat:
    """A job's host at a rendezvous."""

    devices = 1

    def __init__(self, rendezvous: "Rendezvous", job: Callable[["Seat"], Any], share: Share):
        self.rendezvous, self.job, self.share = rendezvous, job, share
        self.answers: SimpleQueue[Any] = SimpleQueue()
        self.asked: SimpleQueue[Call | Ended] = SimpleQueue()

    def over(self, function: Callable, devices: int) -> Callable:
        return partial(self._ask, function)

    def shown(self, config: Common, cycles: int, done: int) -> Share:
        return self.share.of(config, cycles, done)

    @contextmanager
    def stopping(self, run: Run) -> Iterator[None]:
        self.rendezvous.runs.append(run)
        run.stopped = self.rendezvous.stopped
        try:
            yield
        finally:
            self.rendezvous.runs.remove(run)

    def tell(self, *told: Any) -> None:
        """Where many runs end, one table tells of all."""

    def _ask(self, function: Callable, *arguments: Any) -> Any:
        put_back = self.rendezvous.aside()
        self.asked.put(Call(function, arguments))
        answer = self.answers.get()
        put_back()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def live(self) -> None:
        try:
            ended = Ended(self.job(self))
        except BaseException as error:
            ended = Ended(error)
        self.asked.put(ended)


class Rendezvous:
    def __init__(self, programs: Programs, overview: Overview, aside: Aside, at_once: int):
        self.programs, self.overview, self.aside = programs, overview, aside
        self.at_once = at_once  # jobs that are alive at a time
        self.stopped = False
        self.runs: list[Run] = []

    def hold(self, jobs: Sequence[Callable[[Seat], Any]]) -> list[Any]:
        """The jobs' results, or the exceptions that they ended with."""
        results: list[Any] = [KeyboardInterrupt()] * len(jobs)
        waiting = deque(enumerate(jobs))
        asking: dict[int, tuple[Seat, Call]] = {}

        def turn(number: int, seat: Seat) -> None:
            put_back = self.aside()
            asked = seat.asked.get()
            put_back()
            if isinstance(asked, Call):
                asking[number] = seat, asked
            else:
                results[number] = asked.result
                self.overview.ended(number, asked.result)

        with stopped_by_signals(self.stop), self.overview:
            while True:
                while waiting and self._room_beside([call for _, call in asking.values()]):
                    number, job = waiting.popleft()
                    seat = Seat(self, job, self.overview.share(number))
                    threading.Thread(target=seat.live, daemon=True).start()
                    turn(number, seat)
                if not asking:
                    return results
                answers = self.programs.run([call for _, call in asking.values()])
                met = list(asking.items())
                asking.clear()
                for (number, (seat, _)), answer in zip(met, answers, strict=True):
                    seat.answers.put(answer)
                    turn(number, seat)

    def _room_beside(self, calls: Sequence[Call]) -> bool:
        """Whether one more job may begin; the first always does."""
        if self.stopped or not calls:
            return not self.stopped
        return len(calls) < self.at_once and self.programs.has_room_beside(calls)

    def stop(self) -> None:
        self.stopped = True
        for run in [*self.runs]:  # a job may end meanwhile
            run.stopped = True
