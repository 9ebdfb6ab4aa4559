"""A batch of jobs: each lives in a thread, and all wait for the device together.

One thread runs at a time. A job runs until it calls a compiled function; once all jobs that are
left wait at such a call, the calls are run together (`programs.Programs`) and each goes on with
its own result. So a job is an ordinary run, and needs no locks.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from queue import SimpleQueue
from typing import Generic, NamedTuple, TypeVar

from rich.console import RenderableType

from sleeprun.config import ExperimentConfig
from sleeprun.runs.run import Run
from sleeprun.runs.signals import stopped_by_signals
from sleeprun.sweeps.calls import Call
from sleeprun.sweeps.programs import Programs
from sleeprun.sweeps.progress import BatchProgress, JobProgress
from sleeprun.sweeps.pruning import Judge

Result = TypeVar("Result")


class Ended(NamedTuple, Generic[Result]):
    result: Result | BaseException  # what a job returned, or how it ended


class Member(Generic[Result]):
    """A job of a batch, and the host of its runs."""

    devices = 1

    def __init__(
        self,
        batch: "Batch[Result]",
        job: Callable[["Member[Result]"], Result],
        progress: JobProgress,
    ):
        self.batch, self.job, self.progress = batch, job, progress
        self.judge: Judge | None = None
        self.answers: SimpleQueue[object] = SimpleQueue()
        self.asked: SimpleQueue[Call | Ended[Result]] = SimpleQueue()

    def over(self, function: Callable, devices: int) -> Callable:
        return partial(self._ask, function)

    def shown(self, config: ExperimentConfig, seconds: float) -> JobProgress:
        return self.progress.of(config, seconds, self.judge)

    @contextmanager
    def stopping(self, run: Run) -> Iterator[None]:
        self.batch.runs.append(run)
        run.stopped = self.batch.stopped
        try:
            with self.judge.judging(run) if self.judge else nullcontext():
                yield
        finally:
            self.batch.runs.remove(run)

    def tell(self, *told: RenderableType | None) -> None:
        """Where many runs end, one table tells of all."""

    def _ask(self, function: Callable, *arguments: object) -> object:
        self.asked.put(Call(function, arguments))
        answer = self.answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def live(self) -> None:
        try:
            ended: Ended[Result] = Ended(self.job(self))
        except BaseException as error:
            ended = Ended(error)
        self.asked.put(ended)


class Batch(Generic[Result]):
    def __init__(self, programs: Programs, progress: BatchProgress[Result], at_once: int):
        self.programs, self.progress = programs, progress
        self.at_once = at_once  # jobs that are alive at a time
        self.stopped = False
        self.runs: list[Run] = []

    def carry_out(
        self, jobs: Sequence[Callable[[Member[Result]], Result]]
    ) -> list[Result | BaseException]:
        """The jobs' results, or the exceptions that they ended with."""
        results: list[Result | BaseException] = [KeyboardInterrupt()] * len(jobs)
        waiting = deque(enumerate(jobs))
        asking: dict[int, tuple[Member[Result], Call]] = {}

        def turn(number: int, member: Member[Result]) -> None:
            asked = member.asked.get()
            if isinstance(asked, Call):
                asking[number] = member, asked
            else:
                results[number] = asked.result
                self.progress.ended(number, asked.result)

        with stopped_by_signals(self.stop), self.progress:
            while True:
                while waiting and self._room_beside([call for _, call in asking.values()]):
                    number, job = waiting.popleft()
                    member = Member(self, job, self.progress.of_job(number))
                    threading.Thread(target=member.live, daemon=True).start()
                    turn(number, member)
                if not asking:
                    return results
                answers = self.programs.run([call for _, call in asking.values()])
                met = list(asking.items())
                asking.clear()
                for (number, (member, _)), answer in zip(met, answers, strict=True):
                    member.answers.put(answer)
                    turn(number, member)

    def _room_beside(self, calls: Sequence[Call]) -> bool:
        """Whether one more job may begin; the first always does."""
        if self.stopped or not calls:
            return not self.stopped
        return len(calls) < self.at_once and self.programs.has_room_beside(calls)

    def stop(self) -> None:
        self.stopped = True
        for run in [*self.runs]:  # a job may end meanwhile
            run.stopped = True
