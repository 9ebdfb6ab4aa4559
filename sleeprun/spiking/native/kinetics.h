// Receptors that bind transmitter of a pulse (synapses/kinetics.py, AlphaBeta), in whole steps.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "constants.h"
#include "numbers.h"

#define SLEEPRUN_ALPHA_BETA(CONSTANT) \
  CONSTANT(alpha) CONSTANT(beta) CONSTANT(transmitter) CONSTANT(pulse) CONSTANT(dead_time)
SLEEPRUN_CONSTANTS(AlphaBetaConstants, SLEEPRUN_ALPHA_BETA)

constexpr float kRounding = 1e-4f;  // steps

// A time in steps; NaN and what is out of all bounds is cut off.
inline int in_steps(float ms, float dt) {
  const double steps = ms / dt, half = steps < 0 ? -0.5 : 0.5;
  return static_cast<int>(std::max(-1e9, std::min(steps + half, 1e9)));
}

class Receptors {
 public:
  Receptors(const AlphaBetaConstants& its, float dt)
      : dt(dt),
        steps(std::max(1, in_steps(its.pulse + (0.5f - kRounding) * dt, dt))),
        dead(std::max(0, in_steps(its.dead_time + kRounding * dt, dt))), kept(exponential_decay(its.beta * dt)) {
    const float binding = its.alpha * its.transmitter, all = binding + its.beta;
    const float last = its.pulse - static_cast<float>(steps - 1) * dt;
    const float steady = binding / all;
    slope_[0] = exponential_decay(all * dt);
    base_[0] = steady * (1 - slope_[0]);
    const float rest = exponential_decay(its.beta * (dt - last));
    slope_[1] = exponential_decay(all * last) * rest;
    base_[1] = steady * (rest - slope_[1]);
    float left = 1;
    while (left > 1e-12f && table_.size() < kMost) table_.push_back(left), left *= kept;
  }

  // The open share a step of a pulse later, and what was newly bound.
  float bind(bool last, float& open) const {
    const float after = base_[last] + slope_[last] * open;
    const float gained = after - kept * open;
    open = after;
    return std::max(gained, 0.0f);
  }
  float left(float open, int after) const {
    const auto n = static_cast<std::size_t>(after);
    if (n < table_.size()) return open * table_[n];
    return table_.size() < kMost ? 0 : open * power(kept, after);
  }

  static constexpr int kLongest = 4096;  // steps of a pulse
  const float dt;
  const int steps, dead;  // with transmitter; from a release until the next can be
  const float kept;       // of an open share, a step later

 private:
  static constexpr std::size_t kMost = 4096;
  float base_[2], slope_[2];  // of a whole step, and of the last one
  std::vector<float> table_;
};

// Transmitter in a step: whose it is, and how many of its receptors are open.
struct Pulse {
  int who;
  float open;
  int target = 0;  // whom it excites, where that is one cell,
  float g = 0;     // and the conductance of all of its receptors there
};

// All pulses, by the step in which they came.
class Pulses {
 public:
  explicit Pulses(int steps) : started_(steps) {}

  void start(int step, const Pulse& pulse) {
    started_[slot(step)].push_back(pulse), ++count_;
  }
  // Puts all in the order in which they would be started again, and visits each.
  template <class Visit>
  void settle(const Visit& visit) {
    if (count_ == 0) return;
    for (std::vector<Pulse>& pulses : started_) {
      std::sort(pulses.begin(), pulses.end(),
                [](const Pulse& one, const Pulse& other) { return one.who < other.who; });
      for (const Pulse& pulse : pulses) visit(pulse);
    }
  }
  // Each binds for a step: visits it and what was newly bound; `end` takes those that are over.
  template <class Visit, class End>
  void bind(int step, const Receptors& receptors, const Visit& visit, const End& end) {
    if (count_ == 0) return;
    const int last = size() - 1;
    int at = slot(step);
    for (int phase = 0; phase <= last; ++phase, at = at ? at - 1 : last)
      for (Pulse& pulse : started_[at]) {
        const float bound = receptors.bind(phase == last, pulse.open);
        visit(pulse, bound);
        if (phase == last) end(pulse);
      }
    std::vector<Pulse>& over = started_[slot(step - last)];
    count_ -= static_cast<int>(over.size());
    over.clear();
  }

 private:
  int size() const { return static_cast<int>(started_.size()); }
  int slot(int step) const { return (step % size() + size()) % size(); }

  std::vector<std::vector<Pulse>> started_;
  int count_ = 0;
};
