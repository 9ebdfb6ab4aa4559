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
        rows_(std::size_t{1} * wires.pre * g_.padded()), reach_(g_.padded() / kBlock) {
    for (int pre = 0; pre < wires.pre; ++pre)
      for (int k = wires.first[pre]; k < wires.first[pre + 1]; ++k) {
        const int post = wires.target[k];
        auto& [from, to] = reach_[post / kBlock];
        if (to == 0) from = pre;
        to = pre + 1;
        rows_[std::size_t{1} * pre * g_.padded() + post] = this->weights[k];
      }
    for (int pre = 0; pre < wires.pre; ++pre)
      if (release_[pre].enter(receptors_, arrays_.receptors, pre)) start(pre);
    for (int pre = 0; pre < wires.pre; ++pre) open_[pre] = open_share(arrays_.messenger[pre]);
    deliver();
  }

  void step(int t, const std::vector<int>& fired, bool last) override {
    for (const int pre : fired)
      if (release_[pre].starts(receptors_, t)) start(pre);
    const float kept = receptors_.kept;
    float* const bound = bound_.data();
    for (int pre = 0; pre < wires.pre; ++pre) bound[pre] *= kept;
    pulses_.bind(
        t, receptors_, [&](const Pulse& pulse, float gained) { bound[pulse.who] += gained; },
        [&](const Pulse& pulse) { end(pulse, t + 1); });
    move_messenger(bound, arrays_.messenger, open_.data());
    if (last) deliver();
  }
  Felt felt() const override { return {g_.data(), &kAll, gain_, reversal_}; }
  void settle(int t) override {
    pulses_.settle([&](const Pulse& pulse) { end(pulse, t); });
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
  static constexpr float kAll = 1;
  void start(int pre) { pulses_.start(release_[pre].started, {pre, release_[pre].open}); }
  void end(const Pulse& pulse, int now) { release_[pulse.who].end(pulse.open, now); }
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
    for (int post = 0; post < g_.padded(); post += kWidth) {
      const auto [from, to] = reach_[post / kBlock];
      Lanes g{};
      for (int pre = from; pre < to; ++pre)
        g = fused(open_[pre], get(&rows_[std::size_t{1} * pre * g_.padded() + post]), g);
      put(g, &g_[post]);
    }
  }

  const GABABArrays arrays_;
  const Receptors receptors_;
  Pulses pulses_;
  Padded g_;
  std::vector<Release> release_;
  std::vector<float> bound_, open_;  // the shares of receptors and of channels
  float steady_, kept_, half_;
  std::vector<float> rows_;                 // all weights, [pre, post] and padded
  std::vector<std::pair<int, int>> reach_;  // of each block, from the first pre cell to the last
};
