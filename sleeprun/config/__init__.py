"""What all configs are made of: declared constants, kinds to choose from, and messages."""

from sleeprun.config.error import ConfigError, Shortage
from sleeprun.config.experiment import ExperimentConfig
from sleeprun.config.role import Role
from sleeprun.config.spelling import nearest
from sleeprun.config.tracking import TrackingConfig

__all__ = ["ConfigError", "ExperimentConfig", "Role", "Shortage", "TrackingConfig", "nearest"]
