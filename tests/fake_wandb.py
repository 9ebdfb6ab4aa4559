"""W&B as a server keeps it: what was logged to every run, by its id, whoever opened it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

Row = dict[str, Any]


class Server:
    """Stands for the module `wandb`. With `fails` a call of that name does."""

    def __init__(self, fails: str = "", online: bool = True):
        self.fails, self.online = fails, online
        self.logged: dict[str, list[tuple[int, Row]]] = {}  # by the run's id
        self.opened: list[Row] = []  # the arguments of every init that went well
        self.refused: list[str] = []  # ids that were not reached, which W&B keeps hold of
        self.ends: list[tuple[int, bool]] = []  # exit codes, and whether marked as preempted
        self.summary: Row = {}

    def Settings(self, **given: object) -> Row:
        return given

    def Image(self, path: str) -> str:
        return path

    def Html(self, path: str, inject: bool) -> str:
        return path

    def Table(self, **given: object) -> SimpleNamespace:
        return SimpleNamespace(**given)

    def init(self, **given: Any) -> "Opened":
        if self.fails == "init" or given["id"] in self.refused:
            raise ConnectionError("not there")
        if not self.online and given["mode"] == "online":
            self.refused.append(given["id"])
            raise ConnectionError("no network")
        self.opened.append(given)
        return Opened(self, given)


class Opened:
    def __init__(self, server: Server, given: Row):
        self.server, self.preempted, self.summary = server, False, server.summary
        kept = server.logged if given["mode"] == "online" else {}
        self.rows = server.logged[given["id"]] = kept.get(given["id"], [])
        self.starting_step = self.rows[-1][0] + 1 if self.rows else 0
        folder = Path(given["dir"], "wandb", f"offline-run-{len(server.opened)}-{given['id']}")
        if given["mode"] == "offline":
            folder.mkdir(parents=True)
        self.dir = str(folder / "files")

    def define_metric(self, *_: str, **__: str) -> None: ...

    def log(self, row: Row, step: int) -> None:
        if self.server.fails == "log":
            raise ConnectionError("lost")
        self.rows.append((step, row))

    def mark_preempting(self) -> None:
        self.preempted = True

    def finish(self, exit_code: int) -> None:
        if self.server.fails == "finish":
            raise ConnectionError("gone")
        self.server.ends.append((exit_code, self.preempted))
