// What synapses of any kind do in a step: conductances at the post cells, and what opens them.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "kinetics.h"
#include "padded.h"
#include "tables.h"
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
  const float& scale() const { return scale_; }
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

// Conductances as post cells feel them.
struct Felt {
  const float *g, *scale;
  float gain, reversal;
  const Share* free = nullptr;  // that nothing blocks, by the potential
};

class Synapses {
 public:
  Synapses(Wires its, const float* weights, float gain, float reversal)
      : wires(std::move(its)), gain_(gain), reversal_(reversal) {
    for (const int place : wires.place) this->weights.push_back(weights[place]);
  }
  virtual ~Synapses() = default;

  // After step t of the window, in which some fired; `last` of those that are taken as one where
  // little happens, after which all must be right again.
  virtual void step(int t, const std::vector<int>& fired, bool last) = 0;
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
