"""Stages of sleep as values of a network's numbers, and the way from one to the next."""

from typing import Any

import jax
import jax.numpy as jnp
import pytest
from conftest import composed
from thalamocortical import network

from sleeprun.spiking.build import build
from sleeprun.spiking.modulation import Part, check, course, level_of, modulated
from sleeprun.subjects.sleeper.sleeps import ModulatedSleep

GAIN: dict[str, Any] = {"projections": {"pyramidal_pyramidal": {"synapse": {"gain": 0.5}}}}
SHIFT: dict[str, Any] = {
    "populations": {"relay": {"neuron": {"channels": {"h_current": {"shift": -2.0}}}}}
}


@pytest.fixture(scope="module")
def net() -> Any:
    return build(network())


def gain(net: Any) -> float:
    return float(net.projections["pyramidal_pyramidal"].synapse.gain)


def shift(net: Any) -> float:
    return float(net.populations["relay"].neuron.channels["h_current"].shift)


def test_a_level_changes_what_it_names_alone(net: Any) -> None:
    changed = modulated(net, GAIN | SHIFT)
    assert (gain(changed), shift(changed)) == (0.5, -2.0)
    assert level_of(changed, GAIN) == GAIN
    leaves, others = jax.tree.leaves(net), jax.tree.leaves(changed)
    assert jax.tree.structure(net) == jax.tree.structure(changed)  # another value, no new program
    assert sum(a is not b for a, b in zip(leaves, others, strict=True)) == 2


def test_a_course_goes_to_each_level_in_straight_lines_and_stays_there(net: Any) -> None:
    way = course(net, [Part(GAIN, 40.0, 0.25), Part(SHIFT, 20.0, 0.5)])

    def seen(time: float) -> tuple[float, float]:
        there = modulated(net, way.at(jnp.float32(time)))
        return gain(there), shift(there)

    awake = (gain(net), shift(net))
    assert seen(0.0) == pytest.approx(awake)
    assert seen(5.0) == pytest.approx(((awake[0] + 0.5) / 2, awake[1]))
    assert seen(10.0) == pytest.approx((0.5, awake[1]))
    assert seen(39.9) == pytest.approx((0.5, awake[1]))
    assert seen(45.0) == pytest.approx(((awake[0] + 0.5) / 2, (awake[1] - 2) / 2))
    assert seen(50.0) == pytest.approx((awake[0], -2.0))
    assert seen(1000.0) == pytest.approx((awake[0], -2.0))


def test_without_a_ramp_a_level_is_there_at_once(net: Any) -> None:
    way = course(net, [Part(GAIN, 4.0, 0.0), Part({}, 4.0, 0.0)])
    told = [way.at(jnp.float32(t))["projections"]["pyramidal_pyramidal"] for t in (0, 3, 4, 9)]
    assert [float(each["synapse"]["gain"]) for each in told] == pytest.approx(
        [0.5, 0.5, gain(net), gain(net)]
    )


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ({"projections": {"pyramidal": {}}}, "projections.pyramidal: no such part"),
        ({"projections": {"pyramidal_pyramidal": {"synapse": {"gian": 1.0}}}}, "mean 'gain'"),
        ({"cycle_steps": 3.0}, "cycle_steps: is no number that can be modulated"),
    ],
)
def test_what_is_no_number_of_the_network_is_refused(net: Any, level: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        check(net, level)


# Factors of Gonzalez et al. 2020 (awake, N3) and Wei et al. 2020 (N2): of excitation, of
# inhibition of the cortex and of the thalamus, of the potassium leak of reticular, of relay and of
# cortical cells; shift of the h current
STAGES = {
    "awake": (0.133, 0.22, 0.6, 0.9, 0.4, 0.133, -24.0),
    "n2": (0.1938, 0.264, 0.72, 0.81, 0.96, 0.228, -2.0),
    "n3": (0.4864, 0.44, 1.2, 0.45, 1.6, 0.38, -1.0),
}
# of Krishnan et al. 2016
OTHER = {
    "awake": (0.2, 0.22, 0.55, 0.9, 0.79, 0.19, -8.0),
    "rem": (0.176, 0.154, 0.385, 0.99, 0.711, 0.171, 0.0),
}


def shipped(name: str, *overrides: str) -> ModulatedSleep:
    keys = composed("network=gonzalez2020", f"sleep={name}", *overrides)["sleep"]
    return ModulatedSleep.model_validate(keys)


def of_stage(net: Any) -> tuple[float, ...]:
    """The factors, each of which is the same wherever it stands."""
    to_cortex = ("relay_pyramidal", "relay_interneuron")
    within = ("pyramidal_pyramidal", "pyramidal_interneuron")
    thalamic = ("reticular_relay_a", "reticular_relay_b", "reticular_reticular")
    of = {name: each.synapse for name, each in net.projections.items()}
    neuron = {name: each.neuron for name, each in net.populations.items()}
    relay, reticular = (neuron[name].channels for name in ("relay", "reticular"))
    leaks = [neuron[name].dendrite["potassium_leak"] for name in ("pyramidal", "interneuron")]
    places = (
        [of[name].gain for name in (*to_cortex, *within)],
        [of["interneuron_pyramidal"].gain],
        [of[name].gain for name in thalamic],
        [reticular["potassium_leak"].gain],
        [relay["potassium_leak"].gain],
        [each.gain for each in leaks],
        [relay["h_current"].shift],
    )
    for each in places:
        assert len({float(value) for value in each}) == 1
    return tuple(float(first) for first, *_ in places)


def test_shipped_stages_have_the_published_values(net: Any) -> None:
    assert of_stage(net) == pytest.approx(STAGES["awake"])
    for name in ("n2", "n3"):
        way = course(net, shipped(name).parts(100.0))
        assert of_stage(modulated(net, way.at(jnp.float32(50)))) == pytest.approx(STAGES[name])
    way = course(net, shipped("nrem_cycle").parts(400.0))
    for time, name in ((0.5, None), (50, "n2"), (200, "n3"), (390, "n2")):
        seen = of_stage(modulated(net, way.at(jnp.float32(time))))
        assert name is None or seen == pytest.approx(STAGES[name])
        assert name or of_stage(net)[0] < seen[0] < STAGES["n2"][0]


def test_rem_is_to_wakefulness_as_in_the_network_that_it_was_published_for(net: Any) -> None:
    *awake, awake_h = STAGES["awake"]
    ratios = [there / here for here, there in zip(OTHER["awake"], OTHER["rem"], strict=True)]
    wanted = [value * ratio for value, ratio in zip(awake, ratios, strict=False)]
    wanted_h = awake_h + OTHER["rem"][-1] - OTHER["awake"][-1]
    way = course(net, shipped("rem").parts(100.0))
    seen = of_stage(modulated(net, way.at(jnp.float32(50))))
    assert seen == pytest.approx((*wanted, wanted_h))


def test_a_course_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="course: no such level; did you mean 'n3'"):
        shipped("n3", "sleep.course=[n33]")
    with pytest.raises(ValueError, match="shares: 1 of 2"):
        shipped("n3", "sleep.course=[n3,n3]")
