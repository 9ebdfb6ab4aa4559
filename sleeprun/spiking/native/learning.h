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
#include "traces.h"

constexpr int kBlock = 32;  // rows

// Scratch memory that is kept between calls.
struct Bench {
  std::vector<LiveTrace> live;
  std::vector<float> total, product;  // by synapse; all 0 and all 1 between calls
  std::vector<double> free_sum;  // by post neuron
  std::vector<float> block, held, count, scale;
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

// Bounds a row's free weights and adds them to the columns' sums.
template <bool kSomeLocked>
void bound_row(const Rule& rule, float* __restrict row, const bool* __restrict locked, int size,
               float* __restrict free_sum, float* __restrict held_sum, float* __restrict count) {
  const float low = rule.weight_min, high = rule.weight_max;
  for (int n = 0; n < size; ++n) {
    const float w = row[n];
    const bool held = kSomeLocked && locked[n];
    const bool free = (w != 0) & !held;
    const float bounded = free ? std::min(std::max(w, low), high) : w;
    row[n] = bounded;
    free_sum[n] += held ? 0.0f : bounded;
    if (kSomeLocked) held_sum[n] += held ? bounded : 0.0f;
    count[n] += free ? 1.0f : 0.0f;
  }
}

// Clips to the bounds, then scales each post neuron's in-weights to its target sum.
template <bool kSomeLocked>
void bound_and_scale(PlasticProjection& p, Bench& bench) {
  const int post = p.post;
  std::vector<double>& free_sum = bench.free_sum;
  free_sum.assign(post, 0);
  bench.held.assign(post, 0);
  bench.count.assign(post, 0);
  bench.scale.resize(post);
  for (int first = 0; first < p.pre; first += kBlock) {
    // Single precision within a block of rows, double over the blocks.
    bench.block.assign(post, 0);
    for (int pre = first; pre < std::min(first + kBlock, p.pre); ++pre) {
      const std::int64_t at = static_cast<std::int64_t>(pre) * post;
      bound_row<kSomeLocked>(p.rule, p.weights + at, p.locked + at, post, bench.block.data(),
                             bench.held.data(), bench.count.data());
    }
    for (int n = 0; n < post; ++n) free_sum[n] += bench.block[n];
  }
  float* __restrict scale = bench.scale.data();
  for (int n = 0; n < post; ++n) {
    const float room = std::max(p.target[n] - bench.held[n], p.rule.weight_min * bench.count[n]);
    scale[n] = free_sum[n] > 0 ? room / static_cast<float>(free_sum[n]) : 0.0f;
  }
  for (int pre = 0; pre < p.pre; ++pre) {
    const std::int64_t at = static_cast<std::int64_t>(pre) * post;
    float* __restrict row = p.weights + at;
    const bool* __restrict locked = p.locked + at;
    for (int n = 0; n < post; ++n) row[n] *= kSomeLocked && locked[n] ? 1.0f : scale[n];
  }
}

// One plasticity event at time `now`.
inline void learn(PlasticProjection& p, float reward, std::int32_t now) {
  thread_local Bench bench;
  write_traces(p);
  collect_live(p, now, bench.live);
  apply_traces(p, reward, bench);
  const auto synapses = static_cast<std::size_t>(p.pre) * p.post;
  if (std::memchr(p.locked, 1, synapses))
    bound_and_scale<true>(p, bench);
  else
    bound_and_scale<false>(p, bench);
}

// Inhibition along the same synapses: minus the mean of each pre neuron's weights.
inline void mirror(const float* excitatory, float* inhibitory, int pre, int post) {
  for (int k = 0; k < pre; ++k, excitatory += post, inhibitory += post) {
    int count = 0;
    for (int n = 0; n < post; ++n) count += excitatory[n] != 0;
    const float mean = sum(excitatory, post) / static_cast<float>(std::max(count, 1));
    for (int n = 0; n < post; ++n) inhibitory[n] = excitatory[n] != 0 ? -mean : 0.0f;
  }
}
