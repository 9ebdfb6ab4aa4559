"""A mistake of the user's."""


class ConfigError(Exception):
    """A mistake in the user's configuration, told in a line or two."""
