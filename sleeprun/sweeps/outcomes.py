"""What came of a sweep's jobs, and how they group by what was swept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sleeprun.config import Role
from sleeprun.directory.files import read_lines
from sleeprun.directory.store import RunDirectory
from sleeprun.protocol.describe import noted
from sleeprun.protocol.results import ACCOUNTS, Metrics
from sleeprun.sweeps.jobs import JOBS
from sleeprun.sweeps.pruning import PRUNED


@dataclass(frozen=True)
class Outcome:
    """A job of a sweep, or an arm of one."""

    path: Path
    name: str  # of its experiment
    note: str  # how that differs from the published one
    overrides: dict[str, str]
    done: bool
    pruned: bool  # found bad by a search, and stopped
    arm: str
    role: Role | None  # none of one that is not done
    seeds: list[int]
    metrics: Metrics  # as in results.json
    accounts: dict[str, float | None]  # what it carried and what it took
    chance: float | None


class Listed(NamedTuple):
    """A job, as a sweep's list has it."""

    overrides: list[str]
    own: bool  # the job took the run in its directory for its own


def jobs_of(sweep: Path) -> dict[Path, Listed]:
    """The directories of a sweep's jobs, in order; one that it has twice comes once, as the job
    whose run it is. Raises DamagedFile."""
    listed = sweep / JOBS
    lines = read_lines(listed, "number", "path", "overrides") if listed.exists() else []
    found: dict[Path, Listed] = {}
    for job in sorted(lines, key=lambda job: job["number"]):
        path, one = Path(job["path"]), Listed(job["overrides"], job.get("own", True))
        if path not in found or one.own:
            found[path] = one
    return found


def read(sweep: Path) -> list[Outcome]:
    return [found for path, job in jobs_of(sweep).items() for found in _read(path, job)]


def _read(job: Path, listed: Listed) -> Iterator[Outcome]:
    given, own = listed
    overrides = {key.lstrip("+~"): value for key, _, value in (o.partition("=") for o in given)}
    results: dict[str, Any] = {**((own and RunDirectory(job).results()) or {})}
    done = bool(results)
    pruned = not done and (job / PRUNED).exists()
    name = results.get("experiment", "")
    note = noted(results.get("variant"), results.get("shortened", False), results.get("scale", 1))
    arms = results.get("arms") or {"": results.get("metrics", {})}
    for arm, metrics in arms.items():
        role = _role(results, arm)
        told = results["accounts"][arm] if arm else results
        accounts = {name: told.get(name) for name in ACCOUNTS}
        seeds, chance = results.get("seeds", []), results.get("chance")
        of_run = job, name, note, overrides, done, pruned
        yield Outcome(*of_run, arm, role, seeds, metrics, accounts, chance)


def _role(results: dict[str, Any], arm: str) -> Role | None:
    """Of an arm; the first versions told it of the upper bound alone, by its name."""
    if not arm:
        role = results.get("role")
    else:
        role = results.get("roles", {Role.JOINT: Role.JOINT}).get(arm)
    return Role(role) if role else None


def swept(found: Sequence[Outcome]) -> list[str]:
    """The keys whose values differ between jobs."""
    keys = dict.fromkeys(key for one in found for key in one.overrides)
    return [key for key in keys if len({one.overrides.get(key) for one in found}) > 1]


def compared(found: Sequence[Outcome]) -> list[str]:
    """What was swept but for seeds, which are one sample."""
    return [key for key in swept(found) if key != "seeds"]


def values(found: Sequence[Outcome], measure: str) -> list[float | None]:
    """Of all seeds of all jobs of a group; a seed that two jobs have counts once."""
    by_seed: dict[int, float | None] = {}
    for one in found:
        if known := one.metrics.get(measure):
            by_seed |= dict(zip(one.seeds, known["per_seed"], strict=True))
    return list(by_seed.values())


def groups(found: Sequence[Outcome]) -> dict[tuple[str, ...], list[Outcome]]:
    """Jobs by the values of what was swept; those that differ in seeds only are together."""
    keys = compared(found)
    grouped: dict[tuple[str, ...], list[Outcome]] = {}
    for one in found:
        told = tuple(one.overrides.get(key, "-") for key in keys)
        grouped.setdefault((*told, one.arm), []).append(one)
    return grouped


def named(found: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """The groups of jobs that are done, by `KEY=VALUE, ARM`."""
    keys, told = compared(found), {}
    for values, group in groups(found).items():
        parts = [*map("=".join, zip(keys, values, strict=False)), *filter(None, values[-1:])]
        told[", ".join(parts)] = [one for one in group if one.done]
    return {name: group for name, group in told.items() if group}
