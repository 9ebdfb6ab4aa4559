// Plasticity at the end of a movement cycle: traces, weights, bounds, scaling, inhibition.
//
// The same rule as the portable path (plasticity/, learning.py); see there for the model.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "numbers.h"
#include "strips.h"
#include "traces.h"

constexpr int kBlock = 32;  // rows

// Scratch memory that is kept between calls.
struct Bench {
  std::vector<LiveTrace> live;
  std::vector<float> total, product;  // by synapse; all 0 and all 1 between calls
};

// The running mean A of every synapse's summed traces; `total` holds the sums S.
inline void follow_means(PlasticProjection& p, const Bench& bench) {
  const float keep = 1 - p.rule.mean_smoothing, take = p.rule.mean_smoothing;
  const float floor = p.rule.mean_floor;
  float* __restrict mean = p.mean;
  const float* __restrict total = bench.total.data();
  const int synapses = p.pre * p.post;
  for (int s = 0; s < synapses; ++s) {
    const float next = keep * mean[s] + take * total[s];
    const float away = std::max(std::abs(next), floor);
    mean[s] = next < 0 ? -away : away;
  }
}

// Multiplies weights by prod_k (1 + drift_pre clip(d_k r S / A)), each trace clipped alone.
inline void apply_traces(PlasticProjection& p, float reward, Bench& bench) {
  const auto synapses = static_cast<std::size_t>(p.pre) * p.post;
  if (bench.total.size() < synapses) {
    bench.total.resize(synapses, 0.0f);
    bench.product.resize(synapses, 1.0f);
  }
  if (p.rewarded) {
    for (const LiveTrace& t : bench.live) bench.total[t.synapse] += t.d;
    follow_means(p, bench);
  }
  for (const LiveTrace& t : bench.live) {
    const float strength =
        p.rewarded ? reward * bench.total[t.synapse] / p.mean[t.synapse] : 1.0f;
    const float change = std::clamp(t.d * strength, -p.rule.clip, p.rule.clip);
    bench.product[t.synapse] *= 1 + p.drift[t.synapse / p.post] * change;
  }
  for (const LiveTrace& t : bench.live) {
    float& weight = p.weights[t.synapse];
    if (!p.locked[t.synapse]) weight *= bench.product[t.synapse];
    if (weight == 0) weight = p.rule.weight_min;  // the product was too small; 0 is no synapse
    bench.product[t.synapse] = 1;
    bench.total[t.synapse] = 0;
  }
}

// Clips a strip of columns to the bounds, then scales each post neuron's in-weights to its target.
template <bool kSomeLocked>
void bound_and_scale(PlasticProjection& p, int column) {
  const int width = std::min(kStrip, p.post - column);
  const auto at = [&](int pre) { return std::int64_t{pre} * p.post + column; };
  const float low = p.rule.weight_min, high = p.rule.weight_max;
  Strip held_sum{}, count{};
  double free_sum[kStrip] = {};
  for (int first = 0; first < p.pre; first += kBlock) {
    Strip block{};  // single precision within a block of rows, double over the blocks
    for (int pre = first; pre < std::min(first + kBlock, p.pre); ++pre) {
      const Strip w = strip(p.weights + at(pre), width);
      const StripMask held = kSomeLocked ? strip_mask(p.locked + at(pre), width) : StripMask{};
      const StripMask free = (w != 0) & ~held;
      const Strip raised = w < low ? strip(low) : w;
      const Strip within = high < raised ? strip(high) : raised;
      const Strip bounded = free ? within : w;
      store(bounded, p.weights + at(pre), width);
      block += held ? Strip{} : bounded;
      if (kSomeLocked) held_sum += held ? bounded : Strip{};
      count += free ? strip(1) : Strip{};
    }
    for (int n = 0; n < kStrip; ++n) free_sum[n] += block[n];
  }
  Strip scale{};
  for (int n = 0; n < width; ++n) {
    const float room = std::max(p.target[column + n] - held_sum[n], low * count[n]);
    scale[n] = free_sum[n] > 0 ? room / static_cast<float>(free_sum[n]) : 0.0f;
  }
  for (int pre = 0; pre < p.pre; ++pre) {
    const Strip w = strip(p.weights + at(pre), width);
    const StripMask held = kSomeLocked ? strip_mask(p.locked + at(pre), width) : StripMask{};
    store(held ? w : w * scale, p.weights + at(pre), width);
  }
}

template <bool kSomeLocked>
void bound_and_scale(PlasticProjection& p) {
  for (int column = 0; column < p.post; column += kStrip) bound_and_scale<kSomeLocked>(p, column);
}

// One plasticity event at time `now`.
inline void learn(PlasticProjection& p, float reward, std::int32_t now) {
  thread_local Bench bench;
  write_traces(p);
  collect_live(p, now, bench.live);
  apply_traces(p, reward, bench);
  const auto synapses = static_cast<std::size_t>(p.pre) * p.post;
  if (std::memchr(p.locked, 1, synapses))
    bound_and_scale<true>(p);
  else
    bound_and_scale<false>(p);
}

// Inhibition along the same synapses: minus the mean of each pre neuron's weights.
inline void mirror(const float* excitatory, float* inhibitory, int pre, int post) {
  for (int first = 0; first < pre; first += kStrip) {
    const int rows = std::min(kStrip, pre - first);
    Strip count, mean = row_sums(excitatory + std::int64_t{first} * post, rows, post, count);
    mean /= count < 1 ? strip(1) : count;
    for (int k = first; k < first + rows; ++k)
      for (int n = 0; n < post; n += kStrip) {
        const int width = std::min(kStrip, post - n);
        const std::int64_t at = std::int64_t{k} * post + n;
        const Strip w = strip(excitatory + at, width);
        store(w != 0 ? strip(-mean[k - first]) : Strip{}, inhibitory + at, width);
      }
  }
}
