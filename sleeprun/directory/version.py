"""Which version wrote a run: an older one's is read and compared, but not gone on with."""

from pathlib import Path

from sleeprun.config import ConfigError
from sleeprun.directory.store import RunDirectory
from sleeprun.protocol.events import Start
from sleeprun.version import VERSION


def of_run(run: Path) -> str | None:
    """The version that began a run; none where its record does not say it."""
    starts = (event for event in RunDirectory(run).events() if isinstance(event, Start))
    return next((start.versions.get("sleeprun") for start in starts), None)


def refuse_other(run: Path) -> None:
    """Raises ConfigError where a version with other configs and states wrote the run."""
    wrote = of_run(run)
    if wrote and _series(wrote) != _series(VERSION):
        raise ConfigError(
            f"{run}: sleeprun {wrote} wrote it; this is {VERSION}, whose configs and states "
            "are others: it can be read and compared, but not gone on with"
        )


def _series(version: str) -> list[str]:
    return version.split(".")[:2]
