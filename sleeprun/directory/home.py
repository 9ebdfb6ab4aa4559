"""Where a run is whole, and the folder that it was called in: there are the relative paths that its
config names.
"""

from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

from sleeprun.directory.files import read_yaml


def whole_of(run: Path) -> Path:
    """The directory of the run that it is, or that it is an arm of."""
    return run.parent.parent if run.parent.name == "arms" else run


def home_of(run: Path) -> Path | None:
    """That of a run or an arm; none where nothing was recorded of it, or it is gone."""
    told = whole_of(run) / ".hydra" / "hydra.yaml"
    if not told.exists():
        return None
    home = Path(read_yaml(told, "hydra.runtime.cwd").hydra.runtime.cwd)
    return home if home.is_dir() else None


@contextmanager
def at_home(run: Path) -> Iterator[None]:
    """Meanwhile relative paths are those of the run, if its home is known."""
    with chdir(home_of(run) or Path.cwd()):
        yield
