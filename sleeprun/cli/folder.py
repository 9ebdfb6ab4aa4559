"""Where the shipped configs lie."""

from pathlib import Path

PACKAGE = Path(__file__).parent.parent


def conf_dir() -> Path:
    """`conf/` inside an installed package, or beside it in a checkout."""
    inside = PACKAGE / "conf"
    return inside if inside.is_dir() else PACKAGE.parent / "conf"
