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

constexpr int kRows = 32;

// Scratch memory that is kept between calls.
struct Bench {
  LiveTraces live;
  std::vector<float> factor;          // by trace
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

// By what each live trace multiplies its synapse: 1 + drift_pre clip(d r S / A).
[[gnu::noinline]] inline void find_factors(const PlasticProjection& p, float reward, Bench& bench) {
  const LiveTraces& live = bench.live;
  bench.factor.resize(live.d.size());
  const double per_post = 1.0 / p.post;  // times half an odd number it is far from whole ones
  const Lanes most = spread(p.rule.clip), least = -most;
  for (int k = 0; k < live.size; k += kWidth) {
    const std::int32_t* synapse = live.synapse.data() + k;
    Lanes change = get(live.d.data() + k);
    if (p.rewarded)
      change *= reward * gather(bench.total.data(), synapse) / gather(p.mean, synapse);
    change = select(change < least, least, change);
    change = select(most < change, most, change);
    std::int32_t pre[kWidth];
    for (int lane = 0; lane < kWidth; ++lane)
      pre[lane] = static_cast<std::int32_t>((synapse[lane] + 0.5) * per_post);
    const Lanes drift = gather(p.drift, pre);
    put(1 + drift * change, bench.factor.data() + k);
  }
}

// Multiplies weights by the factors of their traces, each of which is clipped alone.
[[gnu::noinline]] inline void apply_traces(PlasticProjection& p, float reward, Bench& bench) {
  const auto synapses = static_cast<std::size_t>(p.pre) * p.post;
  if (bench.total.size() < synapses) {
    bench.total.resize(synapses, 0.0f);
    bench.product.resize(synapses, 1.0f);
  }
  const int count = bench.live.size;
  const std::int32_t* __restrict synapse = bench.live.synapse.data();
  float* __restrict total = bench.total.data();
  float* __restrict product = bench.product.data();
  if (p.rewarded) {
    for (int k = 0; k < count; ++k) total[synapse[k]] += bench.live.d[k];
    follow_means(p, bench);
  }
  find_factors(p, reward, bench);
  for (int k = 0; k < count; ++k) product[synapse[k]] *= bench.factor[k];
  for (int k = 0; k < count; ++k) {
    const std::int32_t s = synapse[k];
    float weight = p.weights[s];
    if (weight != 0) {  // it may have been cut
      if (!p.locked[s]) weight *= product[s];
      p.weights[s] = weight == 0 ? p.rule.weight_min : weight;  // 0 is no synapse
    }
    product[s] = 1;
    total[s] = 0;
  }
}

// Clips a strip of columns to the bounds, then scales each post neuron's in-weights to its target.
template <bool kSomeLocked>
[[gnu::always_inline]] inline void bound_and_scale(PlasticProjection& p, int column, int width) {
  const auto at = [&](int pre) { return std::int64_t{pre} * p.post + column; };
  const float low = p.rule.weight_min, high = p.rule.weight_max;
  Strip held_sum{}, count{};
  double free_sum[kStrip] = {};
  for (int first = 0; first < p.pre; first += kRows) {
    Strip block{};  // single precision within a block of rows, double over the blocks
    for (int pre = first; pre < std::min(first + kRows, p.pre); ++pre) {
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
  int column = 0;
  for (; column + kStrip <= p.post; column += kStrip) bound_and_scale<kSomeLocked>(p, column, kStrip);
  if (column < p.post) bound_and_scale<kSomeLocked>(p, column, p.post - column);
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
  by_strips(pre, post, [&](int first, int rows, int columns) __attribute__((always_inline)) {
    const std::int64_t begin = std::int64_t{first} * columns;
    Strip count, mean = row_sums(excitatory + begin, rows, columns, count);
    mean /= count < 1 ? strip(1) : count;
    for (int k = 0; k < rows; ++k)
      for (int n = 0; n < columns; n += kStrip) {
        const int width = std::min(kStrip, columns - n);
        const std::int64_t at = begin + k * columns + n;
        const Strip w = strip(excitatory + at, width);
        store(w != 0 ? strip(-mean[k]) : Strip{}, inhibitory + at, width);
      }
  });
}
