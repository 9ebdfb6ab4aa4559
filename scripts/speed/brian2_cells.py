"""Cortical cells as code for Brian2: a dendrite, a soma without capacitance, in sleeprun's order.

Runs in an interpreter that has Brian2 and not sleeprun.
"""

from collections.abc import Mapping
from math import exp
from typing import Any

import numpy as np
from brian2 import NeuronGroup
from brian2_channels import CARRIES_CALCIUM, CHANNELS, Turn

NEVER = -1e5  # ms

Part = Mapping[str, Any]  # of the description of a network


def population(name: str, its: Part, arrivals: Part, dt: float, silent: float) -> NeuronGroup:
    """Newborn cells, which count their spikes after so many ms; `drive` is in uA/cm2."""
    v = its["numbers"]["v_start"]
    starts = {"v": v, "v_soma": v, "calcium": its["calcium"]["start"], "spiked": NEVER}
    for place in ("dendrite", "soma"):
        for channel, one in its[place].items():
            for gate, start in zip(CHANNELS[one["kind"]].gates, one["gates"], strict=True):
                starts[f"{place}_{channel}_{gate}"] = np.array(start)
    sums = [f"{what}_{one}" for one in arrivals for what in ("bound", "left", "releasing")]
    variables = [*starts, *sums, "drive", "counted"]
    model = "".join(f"{one} : 1\n" for one in variables) + "fired : boolean\n"
    spike = f"spiked = t / ms\ncounted += int(t / ms >= {silent})"
    cells = NeuronGroup(its["size"], model, threshold="fired", reset=spike, name=name)
    cells.run_regularly(_step(its, arrivals, dt), when="groups", name=f"{name}_step")
    for variable, start in starts.items():
        setattr(cells, variable, start)
    return cells


def _step(cell: Part, arrivals: Part, dt: float) -> str:
    """Synapses, gates, calcium, soma, dendrite, and whether the cell spikes."""
    its, last = cell["numbers"], cell["soma_substeps"] - 1
    capacitance, load = its["capacitance"], its["resistance"] * its["soma_area"]
    share = capacitance / its["input_capacitance"]
    gates, g, driven = _moved("dendrite", cell["dendrite"], "v", dt)
    opened = "".join(f" + {share} * open_{name}" for name in arrivals)
    brought = "".join(
        f" + {share * one['reversal']} * open_{name}" for name, one in arrivals.items()
    )
    return (
        _arriving(arrivals, dt)
        + gates
        + _influx(cell, dt)
        + _soma(cell, dt)
        + f"seen = part_{last} / {its['area_ratio']}\n"
        f"g = {g} + seen * soma_g_{last}{opened}\n"
        f"driven = {driven} + seen * soma_driven_{last} + {share} * drive{brought}\n"
        f"v = driven / g + (v - driven / g) * exp({-dt / capacitance} * g)\n"
        f"after = (v + {load} * soma_driven_{last}) * part_{last}\n"
        f"fired = (v_soma < {its['threshold']}) and (after >= {its['threshold']})\n"
        "v_soma = after\n"
    )


def _arriving(arrivals: Part, dt: float) -> str:
    """The conductances that synapses hold open, of sums over the synapses of a cell."""
    code = ""
    for name, its in arrivals.items():
        binding, beta = its["alpha"] * its["transmitter"], its["beta"]
        steady, kept = binding / (binding + beta), exp(-(binding + beta) * dt)
        free = f" / (1 + exp(-(v - {its['middle']}) / {its['slope']}))" if "middle" in its else ""
        code += (
            f"bound_{name} = {kept} * bound_{name} + {steady * (1 - kept)} * releasing_{name}\n"
            f"left_{name} = {exp(-beta * dt)} * left_{name}\n"
            f"open_{name} = {its['gain']} * (bound_{name} + left_{name}){free}\n"
        )
    return code


def _moved(place: str, channels: Part, v: str, dt: float, turn: str = "") -> tuple[str, str, str]:
    """The gates a turn later; and what the channels let through, g and g E."""
    code, g, driven = "", [], []
    for name, its in channels.items():
        kind, numbers = CHANNELS[its["kind"]], its["numbers"]
        moved = kind.moved(Turn(f"{place}_{name}", v, dt), numbers)
        opened = f"{place}_{name}_g{turn}"
        code += moved.code + f"{opened} = {numbers['gain']} * {moved.g}\n"
        g.append(opened)
        driven.append(f"{numbers['reversal']} * {opened}")
    return code, " + ".join(g), " + ".join(driven)


def _influx(cell: Part, dt: float) -> str:
    """The calcium of the dendrite."""
    its = cell["calcium"]
    flows = [
        f"dendrite_{name}_g * (v - {one['numbers']['reversal']})"
        for name, one in cell["dendrite"].items()
        if one["kind"] == CARRIES_CALCIUM
    ]
    return (
        f"inwards = -({' + '.join(flows)})\n"
        f"entering = {its['molar'] / its['depth']} * inwards * int(inwards > 0)\n"
        f"resting = {its['rest']} + {its['tau']} * entering\n"
        f"calcium = resting + (calcium - resting) * {exp(-dt / its['tau'])}\n"
    )


def _soma(cell: Part, dt: float) -> str:
    """Its gates in turns, each by the potential that the one before left it at."""
    its, turns = cell["numbers"], cell["soma_substeps"]
    load, code, felt = its["resistance"] * its["soma_area"], "", "v_soma"
    for turn in range(turns):
        moved, g, driven = _moved("soma", cell["soma"], felt, dt / turns, f"_{turn}")
        felt = f"felt_{turn}"
        code += (
            f"{moved}soma_g_{turn} = {g}\n"
            f"soma_driven_{turn} = {driven} + {its['soma_current']}\n"
            f"part_{turn} = 1 / (1 + {load} * soma_g_{turn})\n"
            f"{felt} = (v + {load} * soma_driven_{turn}) * part_{turn}\n"
        )
    return code
