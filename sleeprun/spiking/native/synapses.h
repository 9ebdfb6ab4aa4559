// What synapses of any kind do in a step: conductances at the post cells, and what opens them.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "gates.h"
#include "kinetics.h"
#include "padded.h"
#include "wires.h"

#define SLEEPRUN_SYNAPSE(CONSTANT) \
  CONSTANT(step_ms) CONSTANT(jitter) CONSTANT(gain) CONSTANT(reversal)

// Conductances that decay together. They are scaled up instead and now and then brought back, so
// that a step costs nothing.
class Decaying {
 public:
  Decaying(int size, float kept) : g(size), kept_(kept) {}

  void decay() {
    scale_ *= kept_;
    if (++steps_ == kSteps || scale_ < kLeast) settle();
  }
  void add(int cell, float conductance) { g[cell] += conductance * up_to_scale(); }
  float up_to_scale() const { return 1 / scale_; }
  float scale() const { return scale_; }
  void settle() {
    const float scale = std::exchange(scale_, 1.0f);
    for (int cell = 0; cell < g.padded(); ++cell) g[cell] *= scale;
    steps_ = 0;
  }
  void clear() {
    std::fill_n(g.data(), g.padded(), 0.0f);
    scale_ = 1, steps_ = 0;
  }

  Padded g;

 private:
  static constexpr int kSteps = 8;
  static constexpr float kLeast = 1e-3f;
  float kept_, scale_ = 1;
  int steps_ = 0;
};

// Conductances as a post cell feels them.
struct Felt {
  const float* g;
  float share, reversal;
  const Exponential* block = nullptr;  // 1 / (1 + this) of it is not blocked
};

class Synapses {
 public:
  Synapses(Wires its, const float* weights, float gain, float reversal)
      : wires(std::move(its)), gain_(gain), reversal_(reversal) {
    for (const int place : wires.place) this->weights.push_back(weights[place]);
  }
  virtual ~Synapses() = default;

  // After step t of the window, in which some fired.
  virtual void step(int t, const std::vector<int>& fired) = 0;
  virtual Felt felt() const = 0;
  // At the end of a cycle, before step t: leaves nothing for later that would be rounded otherwise
  // if the state were given back here and taken again, so that windows can be cut between cycles.
  virtual void settle(int t) = 0;
  // Gives the state back, `steps` steps after it was taken.
  virtual void leave(int steps) = 0;

  const Wires wires;
  std::vector<float> weights;  // of each synapse

 protected:
  float gain_, reversal_;
};
