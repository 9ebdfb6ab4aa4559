"""A plain program of the cells of Gonzalez et al. 2020, written without the package: no tests here.

float64, Runge-Kutta with steps of 0.0025 ms.
"""

from functools import cache
from math import exp, log
from typing import Any

import numpy as np

FINE = 0.0025
Q = 2.3**1.3
A = 10 / (2 * 96489)


def lin(y: float, k: float) -> float:
    return k if abs(y) < 1e-9 else y / (1 - exp(-y / k))


def fast_sodium(v: float, m: float, h: float) -> tuple[float, float]:
    w = v - 10
    dm = Q * (0.182 * lin(w + 35, 9) * (1 - m) - 0.124 * lin(-(w + 35), 9) * m)
    rate = 0.024 * lin(w + 50, 5) + 0.0091 * lin(-(w + 75), 5)
    return dm, Q * rate * (1 / (1 + exp((w + 65) / 6.2)) - h)


def persistent(v: float, m: float) -> float:
    return (0.02 / (1 + exp(-(v + 42) / 5)) - m) / (0.8 / 2.7**1.4)


def soma_potential(y: np.ndarray, its: dict[str, float]) -> float:
    v, m, h, n, p = y[0], *y[9:13]
    g_na, g_kv, g_nap = Q * its["na"] * m**3 * h, Q * its["kv"] * n, its["nap"] * p
    g2 = 50 * (g_na + g_nap) - 90 * g_kv + 6.74172
    return (v + 0.01 * g2) / (1 + 0.01 * (g_na + g_kv + g_nap))


def cortical_slope(y: np.ndarray, current: float, its: dict[str, float]) -> np.ndarray:
    v, ca, m, h, p, km, kca, mc, hc, sm, sh, sn, sp = y
    vs = soma_potential(y, its)
    i_ca = Q * 0.01 * mc**2 * hc * (v - 140)
    own = (
        its["gl"] * (v - its["el"])
        + its["kl"] * (v + 95)
        + i_ca
        + Q * 0.05 * kca * (v + 90)
        + Q * its["km"] * km * (v + 90)
        + Q * 0.8 * m**3 * h * (v - 50)
        + its["dnap"] * p * (v - 50)
    )
    dv = (-own + (vs - v) / (1e4 * 1e-6 * its["rho"])) / 0.75 + current
    dca = max(0.0, -A * i_ca) + (2.4e-4 - ca) / 165
    dkm = Q * (0.001 * lin(v + 30, 9) * (1 - km) - 0.001 * lin(-(v + 30), 9) * km)
    dkca = Q * (0.01 * ca * (1 - kca) - 0.02 * kca)
    dmc = Q * (0.055 * lin(v + 27, 3.8) * (1 - mc) - 0.94 * exp(-(v + 75) / 17) * mc)
    close = 0.0065 / (1 + exp(-(v + 15) / 28))
    dhc = Q * (0.000457 * exp(-(v + 13) / 50) * (1 - hc) - close * hc)
    dsn = Q * (0.02 * lin(vs - 25, 9) * (1 - sn) - 0.002 * lin(-(vs - 25), 9) * sn)
    dend, axon = fast_sodium(v, m, h), fast_sodium(vs, sm, sh)
    dp, dsp = persistent(v, p), persistent(vs, sp)
    return np.array([dv, dca, *dend, dp, dkm, dkca, dmc, dhc, *axon, dsn, dsp])


def sodium_potassium(
    v: float, m: float, h: float, n: float, vm: float, vk: float
) -> tuple[float, float, float]:
    v, k = v - vm, v - vk
    dm = 0.32 * lin(v - 13, 4) * (1 - m) - 0.28 * lin(40 - v, 5) * m
    dh = 0.128 * exp((17 - v) / 18) * (1 - h) - 4 / (1 + exp((40 - v) / 5)) * h
    dn = 0.032 * lin(k - 15, 5) * (1 - n) - 0.5 * exp((10 - k) / 40) * n
    return dm, dh, dn


def reticular_slope(y: np.ndarray, current: float, its: dict[str, float]) -> np.ndarray:
    v, ca, m, h, n, tm, th = y
    i_t = 2.2 * tm**2 * th * (v - 13.32 * log(2 / ca))
    own = 0.05 * (v + 77) + its["kl"] * (v + 95) + i_t
    own += 100 * m**3 * h * (v - 50) + 10 * n**4 * (v + 95)
    tau_m = (3 + 1 / (exp((v + 27) / 10) + exp(-(v + 102) / 15))) / 5**1.2
    tau_h = (85 + 1 / (exp((v + 48) / 4) + exp(-(v + 407) / 50))) / 3**1.2
    dtm = (1 / (1 + exp(-(v + 52) / 7.4)) - tm) / tau_m
    dth = (1 / (1 + exp((v + 80) / 5)) - th) / tau_h
    dca = max(0.0, -A * i_t) + (2.4e-4 - ca) / 5
    return np.array([-own + current, dca, *sodium_potassium(v, m, h, n, -50, -50), dtm, dth])


def relay_slope(y: np.ndarray, current: float, its: dict[str, float]) -> np.ndarray:
    v, ca, m, h, n, tm, th, o1, p1, o2 = y
    i_t = 2.5 * tm**2 * th * (v - 13.32 * log(2 / ca))
    own = 0.01 * (v + 70) + its["kl"] * (v + 95) + i_t + 0.016 * (o1 + 2 * o2) * (v + 40)
    own += 90 * m**3 * h * (v - 50) + 12 * n**4 * (v + 95)
    tau_m = (0.612 + 1 / (exp(-(v + 131.6) / 16.7) + exp((v + 16.8) / 18.2))) / 3.55**1.2
    slow = (211.4 + exp((v + 115.2) / 5)) / (1 + exp((v + 86) / 3.2))
    tau_h = (30.8 + slow) / 3**1.2
    dtm = (1 / (1 + exp(-(v + 59) / 6.2)) - tm) / tau_m
    dth = (1 / (1 + exp((v + 83) / 4)) - th) / tau_h
    dca = max(0.0, -A * i_t / 2) + (2.4e-4 - ca) / 5
    w = v + its["fh"]
    opens = 1 / (1 + exp((w + 75) / 5.5))
    tau = 20 + 1000 / (exp((w + 71.5) / 14.2) + exp(-(w + 89) / 11.6))
    do1 = (opens * (1 - o1 - o2) - (1 - opens) * o1) / tau
    dp1 = 0.0004 * ((ca / 0.0015) ** 4 * (1 - p1) - p1)
    do2 = 0.001 * (p1 / 0.007 * o1 - o2)
    gates = sodium_potassium(v, m, h, n, -40, -28)
    return np.array([-own + current, dca, *gates, dtm, dth, do1, dp1, do2])


PYRAMIDAL = {"gl": 0.0152, "el": -67, "kl": 0.133 * 0.011, "km": 0.02, "dnap": 2.5, "rho": 165}
PYRAMIDAL |= {"na": 3000, "kv": 200, "nap": 15}
INTERNEURON = {"gl": 0.0132, "el": -70, "kl": 0.133 * 0.009, "km": 0.015, "dnap": 0.0, "rho": 50}
INTERNEURON |= {"na": 2500, "kv": 200, "nap": 0}
SHARE = 0.4  # u, of the leak that neurons differ in

# slope, its constants, a current that makes it fire, in uA/cm2, and for how long, in ms
CELLS = {
    "pyramidal": (cortical_slope, PYRAMIDAL, 2.0, 40.0),
    "interneuron": (cortical_slope, INTERNEURON, 3.0, 40.0),
    "relay": (relay_slope, {"kl": 0.4 * 0.024, "fh": -24}, 3.0, 40.0),
    "reticular": (reticular_slope, {"kl": 0.9 * 0.012}, 3.0, 40.0),
}


def flat(name: str, state: Any, which: int = 0) -> np.ndarray:
    """A neuron's state, as the package keeps it, in the order of the plain program."""
    if name in ("pyramidal", "interneuron"):
        d, s = state.dendrite, state.soma
        zero = np.zeros_like(state.v)
        order = [state.v, state.calcium, *d["sodium"], d.get("persistent_sodium", zero)]
        order += [d["m_current"], d["calcium_potassium"], *d["calcium"], *s["sodium"]]
        order += [s["potassium"], s.get("persistent_sodium", zero)]
    else:
        g = state.gates
        order = [state.v, state.calcium, *g["sodium"], g["potassium"], *g["t_current"]]
        order += list(g.get("h_current", ()))
    return np.array([float(np.ravel(each)[which]) for each in order])


@cache
def fine(name: str, start: tuple[float, ...]) -> tuple[list[float], np.ndarray]:
    """Times of spikes, and V [ms] of the compartment that spikes."""
    (slope, its, current, ms), y = CELLS[name], np.array(start)
    cortical = slope is cortical_slope

    def seen(y: np.ndarray) -> float:
        return soma_potential(y, its) if cortical else float(y[0])

    times, traced, before = [], [], seen(y)
    for k in range(round(ms / FINE)):
        a = slope(y, current, its)
        b = slope(y + FINE / 2 * a, current, its)
        c = slope(y + FINE / 2 * b, current, its)
        d = slope(y + FINE * c, current, its)
        y = y + FINE / 6 * (a + 2 * b + 2 * c + d)
        after = seen(y)
        if before < 0 <= after:
            times.append((k + 1) * FINE)
        if (k + 1) % round(1 / FINE) == 0:
            traced.append(after)
        before = after
    return times, np.array(traced)
