"""Plain NumPy reference of the spiking foraging network of Golden et al. 2022.

Golden, Delanois, Sanda, Bazhenov, PLOS Comput Biol 18(11): e1010628. Slow on purpose: float64,
one loop per neuron, synapse and trace, so that it can be read next to the equations.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from math import exp

import numpy as np

POPULATIONS = ("input", "hidden", "output")
Factor = Callable[[str, int, int, int, int], float]
Traces = dict[tuple[int, int], list[tuple[int, float]]]


@dataclass(frozen=True)
class Constants:
    """The numbers of the network; the defaults are those of the published program."""

    alpha: float = 3.65
    beta_e: float = 0.133
    mu: float = 0.0005
    sigma: float = 0.06
    current_decay: float = 0.985
    v_start: float = -0.94
    u_start: float = -2.8214433
    cycle_steps: int = 600
    food_kick: float = 0.025
    sleep_kick: float = 0.025
    amplitude: float = 0.4
    tau: float = 40.0
    reach: int = 120
    lifetime_steps: int = 3600
    age_offset: int = 600
    input_hidden_clip: float = 0.01
    input_hidden_bound_max: float = 0.012
    input_hidden_bound_min: float = 1e-5
    input_hidden_gain: float = 1.0
    hidden_output_clip: float = 0.01
    hidden_output_bound_max: float = 1.0
    hidden_output_bound_min: float = 1e-5
    mean_smoothing: float = 0.001
    mean_floor: float = 1e-10
    rate_smoothing: float = 0.0001
    step: float = 1e-5
    target_output: float = 0.5
    target_hidden: float = 0.01


class Reference:
    """Input, hidden and output populations, run one movement cycle at a time."""

    def __init__(
        self, w_ih: np.ndarray, w_ho: np.ndarray, factor: Factor, constants: Constants = Constants()
    ) -> None:
        self.constants, self.factor = constants, factor
        self.w_ih = np.array(w_ih, dtype=np.float64)
        self.w_ho = np.array(w_ho, dtype=np.float64)
        self.w_inh = -self.w_ho.mean(axis=1)
        (n_in, n_hid), n_out = self.w_ih.shape, self.w_ho.shape[1]
        self.size = {"input": n_in, "hidden": n_hid, "output": n_out}
        self.w_ih_exists = self.w_ih != 0.0
        self.out_sum_ih_start = self.w_ih.sum(axis=1)
        self.out_sum_ho_start = self.w_ho.sum(axis=1)
        self.target_hidden = self.w_ih.sum(axis=0)
        self.target_output = self.w_ho.sum(axis=0)

        self.v = {p: np.full(n, constants.v_start) for p, n in self.size.items()}
        self.v1 = {p: np.full(n, constants.v_start) for p, n in self.size.items()}
        self.v2 = {p: np.full(n, constants.v_start) for p, n in self.size.items()}
        self.u = {p: np.full(n, constants.u_start) for p, n in self.size.items()}
        self.i = {p: np.zeros(n) for p, n in self.size.items()}
        self.resistance = {p: np.ones(n) for p, n in self.size.items()}

        self.rate_hidden = np.zeros(n_hid)
        self.rate_output = np.zeros(n_out)
        self.mean_trace = np.zeros((n_hid, n_out))
        self.traces_ih: Traces = defaultdict(list)
        self.traces_ho: Traces = defaultdict(list)
        # Times of recent spikes of every neuron, and spikes since the last rate adaptation point.
        self.history = {p: [[] for _ in range(n)] for p, n in self.size.items()}
        self.since_adaptation = {p: np.zeros(n) for p, n in self.size.items()}
        self.cycle = 0

    def run_cycle(
        self,
        *,
        food: np.ndarray,
        reward: float,
        sleep_kicks: np.ndarray,
        plastic: bool,
        frozen: bool,
    ) -> dict:
        """One movement cycle; returns spike counts by population and the list "spikes"."""
        c = self.constants
        result: dict = {p: np.zeros(n, dtype=np.int64) for p, n in self.size.items()}
        result["spikes"] = []
        for step in range(c.cycle_steps):
            t = self.cycle * c.cycle_steps + step
            if step == 0:
                self.i["hidden"] += c.sleep_kick * np.asarray(sleep_kicks, dtype=bool)
            spiked = {p: self._advance(p) for p in POPULATIONS}
            for population in POPULATIONS:
                for neuron in spiked[population]:
                    self._deliver(population, neuron, step)
                    self._write_traces(population, neuron, t)
                    self.history[population][neuron].append(t)
                    self.since_adaptation[population][neuron] += 1
                    result[population][neuron] += 1
                    result["spikes"].append((population, step, neuron))

            if step == 0:
                self._forget(t)
                if plastic and not frozen:
                    self._apply_input_hidden(t)
                if plastic:
                    self._apply_hidden_output(t, reward)
                self.i["input"] += c.food_kick * np.asarray(food, dtype=bool)
                if plastic:
                    self._adapt_rates(frozen)
                self.since_adaptation = {p: np.zeros(n) for p, n in self.size.items()}
        self.cycle += 1
        return result

    def _advance(self, population: str) -> list[int]:
        """One map step of every neuron of a population; returns those that spiked."""
        c = self.constants
        spiked = []
        for n in range(self.size[population]):
            v, v2 = self.v[population][n], self.v2[population][n]
            u, current = self.u[population][n], self.i[population][n]
            u_t = u + c.beta_e * current
            if v <= 0.0:
                v_next = c.alpha / (1.0 - v) + u_t
            elif v < c.alpha + u_t and v2 <= 0.0:
                v_next = c.alpha + u_t
            else:
                v_next = -1.0
                spiked.append(n)
            self.v2[population][n] = self.v1[population][n]
            self.v1[population][n] = v
            self.v[population][n] = v_next
            self.u[population][n] = u - c.mu * (v + 1.0) + c.mu * c.sigma + c.mu * current
            self.i[population][n] = c.current_decay * current
        return spiked

    def _deliver(self, population: str, pre: int, step: int) -> None:
        """Add the synaptic currents of one spike to the postsynaptic neurons."""
        if population == "input":
            for post in range(self.size["hidden"]):
                if self.w_ih_exists[pre, post]:
                    noise = self.factor("input_hidden", self.cycle, step, pre, post)
                    weight = self.w_ih[pre, post] / self.resistance["hidden"][post]
                    self.i["hidden"][post] += weight * noise
        elif population == "hidden":
            for post in range(self.size["output"]):
                resistance = self.resistance["output"][post]
                noise = self.factor("hidden_output", self.cycle, step, pre, post)
                self.i["output"][post] += self.w_ho[pre, post] / resistance * noise
                noise = self.factor("hidden_output_inhibition", self.cycle, step, pre, post)
                self.i["output"][post] += self.w_inh[pre] / resistance * noise

    def _write_traces(self, population: str, neuron: int, t: int) -> None:
        """Pair a spike with the recent spikes on the other side of its plastic synapses."""
        if population == "input":
            for post in range(self.size["hidden"]):
                if self.w_ih_exists[neuron, post]:
                    self.traces_ih[neuron, post] += self._pairs(-1.0, "hidden", post, t)
        elif population == "hidden":
            for pre in range(self.size["input"]):
                if self.w_ih_exists[pre, neuron]:
                    self.traces_ih[pre, neuron] += self._pairs(1.0, "input", pre, t)
            for post in range(self.size["output"]):
                self.traces_ho[neuron, post] += self._pairs(-1.0, "output", post, t)
        else:
            for pre in range(self.size["hidden"]):
                self.traces_ho[pre, neuron] += self._pairs(1.0, "hidden", pre, t)

    def _pairs(self, sign: float, population: str, other: int, t: int) -> list[tuple[int, float]]:
        c = self.constants
        times = [s for s in self.history[population][other] if t - s < c.reach]
        self.history[population][other] = times
        return [(t, sign * c.amplitude * exp(-(t - s) / c.tau)) for s in times]

    def _forget(self, t: int) -> None:
        """Drop the traces that have outlived their time."""
        for traces in (self.traces_ih, self.traces_ho):
            for key, old in traces.items():
                traces[key] = [tr for tr in old if t - tr[0] < self.constants.lifetime_steps]

    def _apply_input_hidden(self, t: int) -> None:
        c = self.constants
        ratio = np.ones(self.size["input"])
        for pre in range(self.size["input"]):
            if self.w_ih_exists[pre].any():
                ratio[pre] = self.out_sum_ih_start[pre] / self.w_ih[pre].sum()
        for pre, post in np.argwhere(self.w_ih_exists):
            weight = self.w_ih[pre, post]
            for t_k, trace in self.traces_ih[pre, post]:
                d = c.input_hidden_gain * trace / (t - t_k + c.age_offset)
                weight *= 1.0 + ratio[pre] * clip(d, -c.input_hidden_clip, c.input_hidden_clip)
            bounds = c.input_hidden_bound_min, c.input_hidden_bound_max
            self.w_ih[pre, post] = clip(weight, *bounds)
        scale_columns(self.w_ih, self.target_hidden)

    def _apply_hidden_output(self, t: int, reward: float) -> None:
        c = self.constants
        for pre in range(self.size["hidden"]):
            ratio = self.out_sum_ho_start[pre] / self.w_ho[pre].sum()
            for post in range(self.size["output"]):
                d = [tr / (t - t_k + c.age_offset) for t_k, tr in self.traces_ho[pre, post]]
                total = sum(d)
                mean = (1.0 - c.mean_smoothing) * self.mean_trace[pre, post]
                mean += c.mean_smoothing * total
                if abs(mean) < c.mean_floor:
                    mean = c.mean_floor if mean >= 0.0 else -c.mean_floor
                self.mean_trace[pre, post] = mean
                weight = self.w_ho[pre, post]
                for d_k in d:
                    change = d_k * reward * total / mean
                    change = clip(change, -c.hidden_output_clip, c.hidden_output_clip)
                    weight *= 1.0 + ratio * change
                bounds = c.hidden_output_bound_min, c.hidden_output_bound_max
                self.w_ho[pre, post] = clip(weight, *bounds)
        scale_columns(self.w_ho, self.target_output)
        self.w_inh = -self.w_ho.mean(axis=1)

    def _adapt_rates(self, frozen: bool) -> None:
        c = self.constants
        for o in range(self.size["output"]):
            count = self.since_adaptation["output"][o]
            rate = (1.0 - c.rate_smoothing) * self.rate_output[o] + c.rate_smoothing * count
            self.rate_output[o] = rate
            self.resistance["output"][o] *= 1.0 + (c.step if rate > c.target_output else -c.step)
        for i in range(self.size["hidden"]):
            count = self.since_adaptation["hidden"][i]
            rate = (1.0 - c.rate_smoothing) * self.rate_hidden[i] + c.rate_smoothing * count
            self.rate_hidden[i] = rate
            if not frozen:
                self.target_hidden[i] *= 1.0 + (-c.step if rate > c.target_hidden else c.step)


def clip(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


def scale_columns(weights: np.ndarray, targets: np.ndarray) -> None:
    """Multiply each column so that it sums to its target (columns without synapses stay 0)."""
    for post in range(weights.shape[1]):
        total = weights[:, post].sum()
        if total > 0.0:
            weights[:, post] *= targets[post] / total
