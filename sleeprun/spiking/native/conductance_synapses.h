// Synapses that open a conductance, of which all of a cell's are alike (synapses/conductance, nmda).
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "synapses.h"

#define SLEEPRUN_CONDUCTANCE(CONSTANT) SLEEPRUN_SYNAPSE(CONSTANT) CONSTANT(use) CONSTANT(recovery)
#define SLEEPRUN_NMDA(CONSTANT) SLEEPRUN_CONDUCTANCE(CONSTANT) CONSTANT(middle) CONSTANT(slope)
SLEEPRUN_CONSTANTS(ConductanceConstants, SLEEPRUN_CONDUCTANCE)
SLEEPRUN_CONSTANTS(NMDAConstants, SLEEPRUN_NMDA)

// The state of AlphaBeta, of each who releases.
struct ReceptorArrays {
  float *open, *since;
};

// A place where transmitter is released, and the receptors there.
struct Release {
  static constexpr float kNever = 1e5f;  // ms

  float open;
  int before = 0;  // the step before which `open` is what it is
  int started;     // the step of the last release

  // Whether there is transmitter.
  bool enter(const Receptors& receptors, const ReceptorArrays& from, int place) {
    open = from.open[place];
    started = -in_steps(from.since[place], receptors.dt);
    return started <= 0 && -started < receptors.steps;
  }
  void leave(const Receptors& receptors, const ReceptorArrays& to, int place, int now) const {
    to.open[place] = open;
    to.since[place] = std::min(static_cast<float>(now - started) * receptors.dt, kNever);
  }
  // Whether it releases in a step.
  bool starts(const Receptors& receptors, int t) {
    if (t - started < receptors.dead) return false;
    open = receptors.left(open, t - before);
    before = started = t;
    return true;
  }
  void settle(const Receptors& receptors, int t) {
    open = receptors.left(open, t - before), before = t;
  }
  void end(float now_open, int now) { open = now_open, before = now; }
};

struct ConductanceArrays {
  float* g;  // of each post cell, the rest of each pre cell
  ReceptorArrays receptors;
  float *depleted, *strength;
};

class ConductanceSynapses final : public Synapses {
 public:
  ConductanceSynapses(Wires its, const float* weights, const ConductanceConstants& constants,
                      const Receptors& receptors, const std::optional<Share>& free,
                      const ConductanceArrays& arrays)
      : Synapses(std::move(its), weights, constants.gain, constants.reversal), arrays_(arrays),
        receptors_(receptors), pulses_(receptors.steps), free_(free),
        g_(wires.post, receptors.kept), release_(wires.pre), use_(constants.use),
        recovered_(exponential_decay(constants.step_ms / constants.recovery)) {
    std::copy_n(arrays.g, wires.post, g_.g.data());
    for (int pre = 0; pre < wires.pre; ++pre)
      if (release_[pre].enter(receptors_, arrays_.receptors, pre)) start(pre);
    depleted_at_.resize(wires.pre);
  }

  void step(int t, const std::vector<int>& fired, bool) override {
    g_.decay();
    for (const int pre : fired)
      if (release_[pre].starts(receptors_, t)) deplete(t, pre), start(pre);
    const float up_to_scale = g_.up_to_scale();
    const auto open = [&](const Pulse& pulse, float bound) {
      deliver(pulse.who, arrays_.strength[pulse.who] * bound * up_to_scale);
    };
    pulses_.bind(t, receptors_, open, [&](const Pulse& pulse) { end(pulse, t + 1); });
  }
  Felt felt() const override {
    return {g_.g.data(), &g_.scale(), gain_, reversal_, free_ ? &*free_ : nullptr};
  }
  void settle(int t) override {
    g_.settle();
    pulses_.settle([&](const Pulse& pulse) { end(pulse, t); });
    for (int pre = 0; pre < wires.pre; ++pre) {
      release_[pre].settle(receptors_, t);
      arrays_.depleted[pre] *= recovered_(t - depleted_at_[pre]);
      depleted_at_[pre] = t;
    }
  }
  void leave(int steps) override {
    settle(steps);
    std::copy_n(g_.g.data(), wires.post, arrays_.g);
    for (int pre = 0; pre < wires.pre; ++pre)
      release_[pre].leave(receptors_, arrays_.receptors, pre, steps);
  }

 private:
  void deliver(int pre, float brought) {
    const int first = wires.first[pre], count = wires.first[pre + 1] - first;
    if (count == 0) return;
    const int* target = &wires.target[first];
    const float* weight = &weights[first];
    float* __restrict g = g_.g.data();
    if (target[count - 1] - target[0] == count - 1)  // neighbours, all of them
      for (int k = 0; k < count; ++k) g[target[0] + k] += weight[k] * brought;
    else
      for (int k = 0; k < count; ++k) g[target[k]] += weight[k] * brought;
  }
  void start(int pre) { pulses_.start(release_[pre].started, {pre, release_[pre].open}); }
  void end(const Pulse& pulse, int now) { release_[pulse.who].end(pulse.open, now); }
  void deplete(int t, int pre) {
    float& depleted = arrays_.depleted[pre];
    depleted *= recovered_(t + 1 - depleted_at_[pre]);
    arrays_.strength[pre] = 1 - depleted;
    depleted += use_ * (1 - depleted);
    depleted_at_[pre] = t + 1;
  }

  const ConductanceArrays arrays_;
  const Receptors receptors_;
  Pulses pulses_;
  const std::optional<Share> free_;  // of magnesium
  Decaying g_;
  std::vector<Release> release_;
  std::vector<int> depleted_at_;  // the step before which that is what it is
  float use_;
  Powers recovered_;  // after so many steps
};
