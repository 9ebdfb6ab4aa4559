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
  const float steps = ms / dt;
  return steps > -1e9f ? (steps < 1e9f ? static_cast<int>(std::lround(steps)) : 1000000000)
                       : -1000000000;
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
  float bind(int phase, float& open) const {
    const bool last = phase == steps - 1;
    const float after = base_[last] + slope_[last] * open;
    const float gained = after - kept * open;
    open = after;
    return std::max(gained, 0.0f);
  }
  float left(float open, int after) const {
    const auto n = static_cast<std::size_t>(after);
    return open * (n < table_.size() ? table_[n] : power(kept, after));
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

// Who has transmitter, by the step in which it came.
class Pulses {
 public:
  explicit Pulses(int steps) : started_(steps) {}

  void start(int step, int who) { of(step).push_back(who), ++count_; }
  bool none() const { return count_ == 0; }
  // Puts all in the order in which they would be started again.
  void settle() {
    if (none()) return;
    for (std::vector<int>& each : started_) std::sort(each.begin(), each.end());
  }
  // Visits all with the phase of each; those in the last one are done.
  template <class Visit>
  void visit(int step, const Visit& visit) {
    const int last = static_cast<int>(started_.size()) - 1;
    for (int phase = 0; phase <= last; ++phase)
      for (const int who : of(step - phase)) visit(phase, who);
    count_ -= static_cast<int>(of(step - last).size());
    of(step - last).clear();
  }

 private:
  std::vector<int>& of(int step) {
    const int size = static_cast<int>(started_.size());
    return started_[(step % size + size) % size];
  }
  std::vector<std::vector<int>> started_;
  int count_ = 0;
};
