"""Cortical ion channels as code for Brian2: the equations of sleeprun's, solved as those are.

Runs in an interpreter that has no sleeprun. What is here are the shapes of the equations; every
number of a channel's own is read from the description of the network.
"""

from collections.abc import Callable, Mapping, Sequence
from math import exp
from typing import NamedTuple

Numbers = Mapping[str, float]


class Moved(NamedTuple):
    """A channel in a turn: its gates move at the potential `v`, and then it lets through."""

    code: str
    g: str  # mS/cm2


class Turn(NamedTuple):
    name: str  # that all its variables begin with
    v: str  # variable of the potential, mV
    ms: float  # how long it is


def linoid(name: str, y: str, scale: float) -> str:
    """`name` = y / (1 - exp(-y / scale)), by its series where that is 0 / 0."""
    return (
        f"{name}_y = {y}\n"
        f"{name}_near = int(abs({name}_y) < 0.05)\n"
        f"{name}_far = {name}_y / (1 - exp(-{name}_y / {scale}) + {name}_near)\n"
        f"{name} = {name}_near * ({scale} + {name}_y / 2) + (1 - {name}_near) * {name}_far\n"
    )


def both_ways(turn: Turn, gate: str, y: str, scale: float, opening: float, closing: float) -> str:
    """Rates opening L(y) and closing L(-y), of which L(-y) is L(y) - y."""
    one = f"{turn.name}_{gate}_l"
    rates = (
        f"{turn.name}_{gate}_opens = {opening} * {one}\n"
        f"{turn.name}_{gate}_closes = {closing} * ({one} - {one}_y)\n"
    )
    return linoid(one, y, scale) + rates


def by_rates(turn: Turn, gate: str, speed: float) -> str:
    """The gate a turn later, by the rates of its opening and closing."""
    its = f"{turn.name}_{gate}"
    return f"{its}_rate = {its}_opens + {its}_closes\n" + relaxed(
        its, f"{its}_opens / {its}_rate", f"exp({-speed * turn.ms} * {its}_rate)"
    )


def relaxed(gate: str, steady: str, kept: str) -> str:
    return f"{gate}_steady = {steady}\n{gate} = {gate}_steady + ({gate} - {gate}_steady) * {kept}\n"


def leak(turn: Turn, numbers: Numbers) -> Moved:
    return Moved("", f"({numbers['conductance']} + {numbers['spread']} * {turn.name}_u)")


def cortical_sodium(turn: Turn, numbers: Numbers) -> Moved:
    w, speed, h = f"{turn.v} - {numbers['shift']}", numbers["speed"], f"{turn.name}_h"
    code = both_ways(turn, "m", f"{w} + 35", 9.0, 0.182, 0.124) + by_rates(turn, "m", speed)
    code += linoid(f"{h}_a", f"{w} + 50", 5.0) + linoid(f"{h}_b", f"-({w} + 75)", 5.0)
    code += f"{h}_rate = 0.024 * {h}_a + 0.0091 * {h}_b\n"
    steady = f"1 / (1 + exp(({w} + 65) / 6.2))"
    code += relaxed(h, steady, f"exp({-speed * turn.ms} * {h}_rate)")
    m = f"{turn.name}_m"
    return Moved(code, f"{speed * numbers['conductance']} * {m} * {m} * {m} * {h}")


def persistent_sodium(turn: Turn, numbers: Numbers) -> Moved:
    kept = exp(-numbers["speed"] * turn.ms / numbers["tau"])
    code = relaxed(f"{turn.name}_m", f"0.02 / (1 + exp(-({turn.v} + 42) / 5))", str(kept))
    return Moved(code, f"{numbers['conductance']} * {turn.name}_m")


def cortical_potassium(turn: Turn, numbers: Numbers) -> Moved:
    speed = numbers["speed"]
    code = both_ways(turn, "m", f"{turn.v} - 25", 9.0, 0.02, 0.002) + by_rates(turn, "m", speed)
    return Moved(code, f"{speed * numbers['conductance']} * {turn.name}_m")


def m_current(turn: Turn, numbers: Numbers) -> Moved:
    speed = numbers["speed"]
    code = both_ways(turn, "m", f"{turn.v} + 30", 9.0, 0.001, 0.001) + by_rates(turn, "m", speed)
    return Moved(code, f"{speed * numbers['conductance']} * {turn.name}_m")


def calcium_potassium(turn: Turn, numbers: Numbers) -> Moved:
    speed = numbers["speed"]
    rates = f"{turn.name}_m_opens = 0.01 * calcium\n{turn.name}_m_closes = 0.02\n"
    code = rates + by_rates(turn, "m", speed)
    return Moved(code, f"{speed * numbers['conductance']} * {turn.name}_m")


def high_voltage_calcium(turn: Turn, numbers: Numbers) -> Moved:
    v, speed, m, h = turn.v, numbers["speed"], f"{turn.name}_m", f"{turn.name}_h"
    code = linoid(f"{m}_l", f"{v} + 27", 3.8) + f"{m}_opens = 0.055 * {m}_l\n"
    code += f"{m}_closes = 0.94 * exp(-({v} + 75) / 17)\n" + by_rates(turn, "m", speed)
    code += f"{h}_opens = 0.000457 * exp(-({v} + 13) / 50)\n"
    code += f"{h}_closes = 0.0065 / (1 + exp(-({v} + 15) / 28))\n" + by_rates(turn, "h", speed)
    return Moved(code, f"{speed * numbers['conductance']} * {m} * {m} * {h}")


class Kind(NamedTuple):
    """Of channels: its gates, in the order of sleeprun's state, and how they move."""

    gates: Sequence[str]
    moved: Callable[[Turn, Numbers], Moved]


CHANNELS = {
    "Leak": Kind("u", leak),
    "CorticalSodium": Kind("mh", cortical_sodium),
    "PersistentSodium": Kind("m", persistent_sodium),
    "CorticalPotassium": Kind("m", cortical_potassium),
    "MCurrent": Kind("m", m_current),
    "CalciumPotassium": Kind("m", calcium_potassium),
    "HighVoltageCalcium": Kind("mh", high_voltage_calcium),
}
CARRIES_CALCIUM = "HighVoltageCalcium"
