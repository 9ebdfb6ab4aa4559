// The synapses of a projection, as a call gives them (conducting.py).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "buffers.h"
#include "conductance_synapses.h"
#include "gaba_b_synapses.h"
#include "gates.h"
#include "quantal_synapses.h"

enum SynapseKind : std::int64_t { kConductance, kNMDA, kGABAB, kQuantal, kSynapseKinds };

using WaitingSynapses = std::function<std::unique_ptr<Synapses>(Buffers&)>;  // for their state

struct Ends {
  std::int64_t pre, post;  // sizes
};

inline ReceptorArrays read_receptors(Buffers& buffers, Buffers::Shape shape) {
  float* open = buffers.change<float>("open", shape).data;
  return {open, buffers.change<float>("since", shape).data};
}

inline ConductanceArrays read_conductance(Buffers& buffers, const Ends& ends) {
  float* g = buffers.change<float>("g", {ends.post}).data;
  const auto receptors = read_receptors(buffers, {ends.pre});
  float* depleted = buffers.change<float>("depleted", {ends.pre}).data;
  return {g, receptors, depleted, buffers.change<float>("strength", {ends.pre}).data};
}

inline GABABArrays read_gaba_b(Buffers& buffers, const Ends& ends) {
  const auto receptors = read_receptors(buffers, {ends.pre});
  return {receptors, buffers.change<float>("messenger", {ends.pre}).data};
}

inline QuantalArrays read_quantal(Buffers& buffers, const Ends& ends) {
  const auto each = [&](const char* name) {
    return buffers.change<float>(name, {ends.pre, ends.post}).data;
  };
  QuantalArrays arrays{};
  arrays.receptors = read_receptors(buffers, {ends.pre, ends.post});
  arrays.conductance = each("conductance"), arrays.mini = each("mini");
  arrays.wait = each("wait"), arrays.left = each("left");
  arrays.depleted = buffers.change<float>("depleted", {ends.pre}).data;
  arrays.quiet = buffers.change<float>("quiet", {ends.pre}).data;
  return arrays;
}

// What all kinds have in common of what does not change.
struct SynapseArrays {
  Ends ends;
  Receptors receptors;
  const float* weights;

  template <class Constants>
  static SynapseArrays read(Buffers& buffers, const Ends& ends, const Constants& its) {
    const auto kinetics = buffers.constants<AlphaBetaConstants>();
    const auto weights = buffers.read<float>("weights", {ends.pre, ends.post});
    const Receptors receptors(kinetics, its.step_ms);
    buffers.demand(its.jitter == 0, "its jitter must be 0");
    buffers.demand(receptors.steps <= Receptors::kLongest, "its pulse must be shorter");
    buffers.demand(receptors.dead >= receptors.steps, "its dead time must outlast its pulse");
    return {ends, receptors, weights.data};
  }
  Wires wires() const {
    return Wires(weights, static_cast<int>(ends.pre), static_cast<int>(ends.post));
  }
};

template <class Constants, class Freed>
WaitingSynapses read_conductances(Buffers& buffers, const Ends& ends, const Freed& freed) {
  const auto its = buffers.constants<Constants>();
  const auto given = SynapseArrays::read(buffers, ends, its);
  const std::optional<Share> free = freed(its);
  const ConductanceConstants plain{its.step_ms, its.jitter, its.gain,
                                   its.reversal, its.use, its.recovery};
  return [=](Buffers& buffers) -> std::unique_ptr<Synapses> {
    const auto arrays = read_conductance(buffers, ends);
    if (!buffers.right()) return nullptr;
    return std::make_unique<ConductanceSynapses>(given.wires(), given.weights, plain,
                                                 given.receptors, free, arrays);
  };
}

// The synapses of a projection whose constants come next.
inline WaitingSynapses read_synapses(Buffers& buffers, std::int64_t kind, const Ends& ends,
                                     const Moment& moment) {
  switch (kind) {
    case kConductance:
      return read_conductances<ConductanceConstants>(
          buffers, ends, [](const auto&) { return std::nullopt; });
    case kNMDA:
      return read_conductances<NMDAConstants>(buffers, ends, [](const auto& its) {
        return std::optional(Share([&](double v) { return sigmoid(v, its.middle, its.slope); }));
      });
    case kGABAB: {
      const auto its = buffers.constants<GABABConstants>();
      const auto given = SynapseArrays::read(buffers, ends, its);
      return [=](Buffers& buffers) -> std::unique_ptr<Synapses> {
        const auto arrays = read_gaba_b(buffers, ends);
        if (!buffers.right()) return nullptr;
        return std::make_unique<GABABSynapses>(given.wires(), given.weights, its, given.receptors,
                                               arrays);
      };
    }
    default: {
      const auto its = buffers.constants<QuantalConstants>();
      const auto given = SynapseArrays::read(buffers, ends, its);
      return [=](Buffers& buffers) -> std::unique_ptr<Synapses> {
        const auto arrays = read_quantal(buffers, ends);
        if (!buffers.right()) return nullptr;
        return std::make_unique<QuantalSynapses>(given.wires(), given.weights, its,
                                                 given.receptors, moment, arrays);
      };
    }
  }
}
