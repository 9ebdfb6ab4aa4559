// Synapses whose receptors open channels by a messenger (synapses/gaba_b).
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "conductance_synapses.h"

#define SLEEPRUN_GABAB(CONSTANT) \
  SLEEPRUN_SYNAPSE(CONSTANT) CONSTANT(made) CONSTANT(removed) CONSTANT(half)
SLEEPRUN_CONSTANTS(GABABConstants, SLEEPRUN_GABAB)

struct GABABArrays {
  ReceptorArrays receptors;
  float* messenger;  // of each pre cell
};

class GABABSynapses final : public Synapses {
 public:
  GABABSynapses(Wires its, const float* weights, const GABABConstants& constants,
                const Receptors& receptors, const GABABArrays& arrays)
      : Synapses(std::move(its), weights, constants.gain, constants.reversal), arrays_(arrays),
        receptors_(receptors), pulses_(receptors.steps), g_(wires.post), release_(wires.pre),
        bound_(arrays.receptors.open, arrays.receptors.open + wires.pre), open_(wires.pre), steady_(constants.made / constants.removed),
        kept_(exponential_decay(constants.removed * constants.step_ms)), half_(constants.half),
        rows_(std::size_t{1} * wires.pre * g_.padded()) {
    for (int pre = 0; pre < wires.pre; ++pre) {
      const int first = wires.first[pre], last = wires.first[pre + 1] - 1;
      const int from = last < first ? 0 : wires.target[first] / kPart * kPart;
      const int to = last < first ? 0 : (wires.target[last] / kPart + 1) * kPart;
      reach_.emplace_back(from, to);
      for (int k = first; k <= last; ++k)
        rows_[std::size_t{1} * pre * g_.padded() + wires.target[k]] = this->weights[k];
    }
    for (int pre = 0; pre < wires.pre; ++pre)
      release_[pre].enter(receptors_, arrays_.receptors, pre, pre, pulses_);
    for (int pre = 0; pre < wires.pre; ++pre) open_[pre] = open_share(arrays_.messenger[pre]);
    deliver();
  }

  void step(int t, const std::vector<int>& fired) override {
    for (const int pre : fired) release_[pre].starts(receptors_, t, pre, pulses_);
    const float kept = receptors_.kept;
    float* const bound = bound_.data();
    for (int pre = 0; pre < wires.pre; ++pre) bound[pre] *= kept;
    if (!pulses_.none())
      pulses_.visit(t, [&](int phase, int pre) {
        bound[pre] += release_[pre].bind(receptors_, phase, t);
      });
    move_messenger(bound, arrays_.messenger, open_.data());
    deliver();
  }
  Felt felt() const override { return {g_.data(), gain_, reversal_}; }
  void settle(int t) override {
    pulses_.settle();
    for (int pre = 0; pre < wires.pre; ++pre) {
      release_[pre].settle(receptors_, t);
      bound_[pre] = release_[pre].open;
    }
  }
  void leave(int steps) override {
    settle(steps);
    for (int pre = 0; pre < wires.pre; ++pre)
      release_[pre].leave(receptors_, arrays_.receptors, pre, steps);
  }

 private:
  float open_share(float messenger) const {
    const float square = messenger * messenger;
    return square * square / (square * square + half_);
  }
  void move_messenger(const float* __restrict bound, float* __restrict messenger,
                      float* __restrict open) const {
    const float made = steady_, kept = kept_, half = half_;
    for (int pre = 0; pre < wires.pre; ++pre) {
      const float steady = made * bound[pre];
      const float s = steady + (messenger[pre] - steady) * kept, square = s * s;
      messenger[pre] = s, open[pre] = square * square / (square * square + half);
    }
  }
  void deliver() {
    float* __restrict g = g_.data();
    std::fill_n(g, g_.padded(), 0.0f);
    for (int pre = 0; pre < wires.pre; ++pre) {
      const auto [from, to] = reach_[pre];
      const float* __restrict row = rows_.data() + std::size_t{1} * pre * g_.padded();
      const float open = open_[pre];
      for (int post = from; post < to; ++post) g[post] += row[post] * open;
    }
  }

  const GABABArrays arrays_;
  const Receptors receptors_;
  Pulses pulses_;
  Padded g_;
  std::vector<Release> release_;
  std::vector<float> bound_, open_;  // the shares of receptors and of channels
  float steady_, kept_, half_;
  static constexpr int kPart = 8;           // post cells that are added up together
  std::vector<float> rows_;                 // all weights, [pre, post] and padded
  std::vector<std::pair<int, int>> reach_;  // of each row, from the first synapse to the last
};
