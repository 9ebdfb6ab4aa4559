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

  void enter(const Receptors& receptors, const ReceptorArrays& from, int place, int who,
             Pulses& pulses) {
    open = from.open[place];
    started = -in_steps(from.since[place], receptors.dt);
    if (started <= 0 && -started < receptors.steps) pulses.start(started, who);
  }
  void leave(const Receptors& receptors, const ReceptorArrays& to, int place, int now) const {
    to.open[place] = open;
    to.since[place] = std::min(static_cast<float>(now - started) * receptors.dt, kNever);
  }
  // Whether it releases in a step.
  bool starts(const Receptors& receptors, int t, int who, Pulses& pulses) {
    if (t - started < receptors.dead) return false;
    open = receptors.left(open, t - before);
    before = started = t;
    pulses.start(t, who);
    return true;
  }
  void settle(const Receptors& receptors, int t) {
    open = receptors.left(open, t - before), before = t;
  }
  // What is bound in a step of a pulse.
  float bind(const Receptors& receptors, int phase, int t) {
    before = t + 1;
    return receptors.bind(phase, open);
  }
};

struct ConductanceArrays {
  float* g;  // of each post cell, the rest of each pre cell
  ReceptorArrays receptors;
  float *depleted, *strength;
};

class ConductanceSynapses final : public Synapses {
 public:
  ConductanceSynapses(Wires its, const float* weights, const ConductanceConstants& constants,
                      const Receptors& receptors, std::optional<Exponential> block,
                      const ConductanceArrays& arrays)
      : Synapses(std::move(its), weights, constants.gain, constants.reversal), arrays_(arrays),
        receptors_(receptors), pulses_(receptors.steps), block_(block),
        g_(wires.post, receptors.kept), release_(wires.pre), use_(constants.use),
        recovered_(exponential_decay(constants.step_ms / constants.recovery)) {
    std::copy_n(arrays.g, wires.post, g_.g.data());
    for (int pre = 0; pre < wires.pre; ++pre)
      release_[pre].enter(receptors_, arrays_.receptors, pre, pre, pulses_);
    depleted_at_.resize(wires.pre);
  }

  void step(int t, const std::vector<int>& fired) override {
    g_.decay();
    for (const int pre : fired)
      if (release_[pre].starts(receptors_, t, pre, pulses_)) deplete(t, pre);
    if (pulses_.none()) return;
    pulses_.visit(t, [&](int phase, int pre) {
      const float bound = release_[pre].bind(receptors_, phase, t);
      const float brought = arrays_.strength[pre] * bound * g_.up_to_scale();
      for (int k = wires.first[pre]; k < wires.first[pre + 1]; ++k)
        g_.g[wires.target[k]] += weights[k] * brought;
    });
  }
  Felt felt() const override {
    return {g_.g.data(), gain_ * g_.scale(), reversal_, block_ ? &*block_ : nullptr};
  }
  void settle(int t) override {
    g_.settle();
    pulses_.settle();
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
  const std::optional<Exponential> block_;
  Decaying g_;
  std::vector<Release> release_;
  std::vector<int> depleted_at_;  // the step before which that is what it is
  float use_;
  Powers recovered_;  // after so many steps
};
