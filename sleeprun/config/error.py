"""What stops a run with a line instead of a traceback."""


class ConfigError(Exception):
    """A mistake in the user's configuration, told in a line or two."""


class Shortage(ConfigError):
    """No mistake: disk or memory ran out, and the run can be gone on with once there is more."""
