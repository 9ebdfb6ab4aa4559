// Integrate-and-fire neurons with a local rule, one layer after another over a window of steps.
//
// The same equations as the portable path (replay); see there for the model. Sums are taken in
// the order of the equations, m = decay m + alpha (sum of the spiking inputs' rows in order).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "constants.h"
#include "network.h"
#include "vectors.h"

#define SLEEPRUN_REPLAY(EACH) EACH(inc) EACH(dec) EACH(slope) EACH(decay)
SLEEPRUN_CONSTANTS(ReplayRule, SLEEPRUN_REPLAY)

struct ReplayLayer {
  int pre, post;  // sizes
  float alpha, threshold;
  float *weights, *membrane;  // [pre, post], [post]
};

// The neurons that spike at each step of a window, in order.
class Raster {
 public:
  void read(const bool* spikes, int steps, int size) {
    begin(steps);
    for (int t = 0; t < steps; ++t, spikes += size) {
      for (int n = 0; n < size; ++n)
        if (spikes[n]) neurons_.push_back(n);
      starts_[t + 1] = static_cast<int>(neurons_.size());
    }
  }
  void read(std::vector<Spike>& spikes, int steps) {
    begin(steps);
    std::sort(spikes.begin(), spikes.end());
    for (const Spike& spike : spikes) {
      neurons_.push_back(spike.neuron);
      ++starts_[spike.step + 1];
    }
    for (int t = 0; t < steps; ++t) starts_[t + 1] += starts_[t];
  }
  const std::int32_t* from(int t) const { return neurons_.data() + starts_[t]; }
  const std::int32_t* to(int t) const { return neurons_.data() + starts_[t + 1]; }

 private:
  void begin(int steps) {
    neurons_.clear();
    starts_.assign(steps + 1, 0);
  }
  std::vector<std::int32_t> neurons_;
  std::vector<int> starts_;
};

// One neuron's spike: synapses whose input spiked too grow, the others shrink.
inline void learn(const ReplayRule& rule, const ReplayLayer& layer, int neuron,
                  const std::int32_t* spiking, const std::int32_t* end) {
  float* weight = layer.weights + neuron;
  for (int pre = 0; pre < layer.pre; ++pre, weight += layer.post) {
    const bool together = spiking != end && *spiking == pre;
    if (together) ++spiking;
    const float factor = 2 / (1 + std::exp(*weight / rule.slope));
    *weight += (together ? rule.inc : -rule.dec) * factor;
  }
}

// Steps W vectors V of neurons, from neuron `first` on, whose potentials stay in registers.
template <typename V, int W>
void march(const ReplayRule& rule, const ReplayLayer& layer, const Raster& input, int first,
           int steps, std::vector<Spike>& spikes) {
  constexpr int lanes = kLanesOf<V>;
  V potential[W];
  for (int k = 0; k < W; ++k) load(layer.membrane + first + k * lanes, potential[k]);
  for (int t = 0; t < steps; ++t) {
    V sum[W] = {};
    for (const std::int32_t* pre = input.from(t); pre != input.to(t); ++pre) {
      const float* row = layer.weights + static_cast<std::int64_t>(*pre) * layer.post + first;
      for (int k = 0; k < W; ++k) {
        V weights;
        load(row + k * lanes, weights);
        sum[k] += weights;
      }
    }
    decltype(potential[0] >= 0) fired[W], any = {};
    for (int k = 0; k < W; ++k) {
      potential[k] = rule.decay * potential[k] + layer.alpha * sum[k];
      any |= fired[k] = potential[k] >= layer.threshold;
    }
    if (!any_of(any)) continue;
    for (int k = 0; k < W; ++k) {
      potential[k] = select(fired[k], V{}, potential[k]);
      for (int lane = 0; lane < lanes; ++lane) {
        if (!holds(fired[k], lane)) continue;
        const int neuron = first + k * lanes + lane;
        learn(rule, layer, neuron, input.from(t), input.to(t));
        spikes.push_back({t, neuron});
      }
    }
  }
  for (int k = 0; k < W; ++k) store(potential[k], layer.membrane + first + k * lanes);
}

// One layer's spikes of the window, neurons in order. Neurons of a layer do not influence one
// another, so that a few of them at a time go through all steps, their weights in cache.
inline void march_all(const ReplayRule& rule, const ReplayLayer& layer, const Raster& input,
                      int steps, std::vector<Spike>& spikes) {
  int n = 0;
  for (; n + 4 * kLanes <= layer.post; n += 4 * kLanes)
    march<Floats, 4>(rule, layer, input, n, steps, spikes);
  for (; n + kLanes <= layer.post; n += kLanes)
    march<Floats, 1>(rule, layer, input, n, steps, spikes);
  for (; n < layer.post; ++n) march<float, 1>(rule, layer, input, n, steps, spikes);
}

// Steps the layers in turn and adds each one's spikes to `counts`.
inline void replay(const ReplayRule& rule, const std::vector<ReplayLayer>& layers,
                   const bool* pixels, int steps, std::int32_t* counts) {
  thread_local Raster raster;
  thread_local std::vector<Spike> spikes;
  if (!layers.empty()) raster.read(pixels, steps, layers[0].pre);
  for (std::size_t k = 0; k < layers.size(); ++k) {
    spikes.clear();
    march_all(rule, layers[k], raster, steps, spikes);
    counts[k] += static_cast<std::int32_t>(spikes.size());
    raster.read(spikes, steps);
  }
}
