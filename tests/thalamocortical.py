"""The network of Gonzalez et al. 2020 as it is shipped, and its cells: no tests here."""

from functools import cache
from typing import Any

from conftest import composed

from sleeprun.spiking.modulation import Level
from sleeprun.spiking.neurons import NEURONS
from sleeprun.spiking.schema import NetworkConfig


def network(*overrides: str) -> NetworkConfig:
    whole = composed("network=gonzalez2020", *(f"network.{one}" for one in overrides))
    return NetworkConfig.model_validate(whole["network"])


@cache
def level(stage: str) -> Level:
    """What is otherwise in a stage of sleep."""
    return composed("network=gonzalez2020", f"sleep={stage}")["sleep"]["levels"][stage]


@cache
def shipped() -> dict[str, Any]:
    return composed("network=gonzalez2020")["network"]


def cell(name: str, step_ms: float, **more: Any) -> Any:
    """One of its cells, as it is awake but for what is said."""
    keys = shipped()["neurons"][name] | more
    return NEURONS.section(keys["kind"]).model_validate(keys).make(step_ms=step_ms)
