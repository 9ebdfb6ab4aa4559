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

constexpr int kBlock = 32;  // rows

struct SpikeList {
  std::int32_t *time, *neuron, *length, *fresh;
  float* spiked;
  int size;  // neurons
};

// A circular list, oldest first, ending before `head`.
struct Traces {
  std::int32_t *synapse, *time;
  float* value;
  std::int32_t *head, *groups;
  bool* overflowed;
  int capacity, lifetime;
};

struct Rule {
  explicit Rule(const float* k)
      : amplitude(k[0]), tau(k[1]), offset(k[2]), gain(k[3]), clip(k[4]), weight_min(k[5]),
        weight_max(k[6]), mean_smoothing(k[7]), mean_floor(k[8]),
        reach(static_cast<std::int32_t>(k[9])) {}
  float amplitude, tau, offset, gain, clip, weight_min, weight_max, mean_smoothing, mean_floor;
  std::int32_t reach;
};

struct PlasticProjection {
  Rule rule;
  bool rewarded;
  int pre, post;  // sizes
  SpikeList pre_spikes, post_spikes;
  Traces traces;
  float *weights, *mean;  // [pre, post]
  const float *target, *drift;
  const bool* locked;
};

// Differences on a clock that wraps around.
inline std::int32_t later(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) - static_cast<std::uint32_t>(b));
}

inline void grow_older(Traces& traces, std::int32_t written) {
  std::memmove(traces.groups, traces.groups + 1, (traces.lifetime - 1) * sizeof(std::int32_t));
  traces.groups[traces.lifetime - 1] = written;
}

// By lag, up to the reach of a rule; a few tables are kept.
inline const float* decays_of(const Rule& rule) {
  struct Table {
    float tau;
    std::vector<float> by_lag;
  };
  thread_local std::vector<Table> tables;
  for (const Table& t : tables)
    if (t.tau == rule.tau && std::ssize(t.by_lag) >= rule.reach) return t.by_lag.data();
  if (tables.size() == 8) tables.clear();
  std::vector<float>& by_lag = tables.emplace_back(Table{rule.tau, {}}).by_lag;
  for (std::int32_t lag = 0; lag < rule.reach; ++lag)
    by_lag.push_back(exponential_decay(static_cast<float>(lag) / rule.tau));
  return by_lag.data();
}

// Writes the traces of all pairs with a spike that plasticity has not yet seen.
inline void write_traces(PlasticProjection& p) {
  Traces& traces = p.traces;
  std::int32_t kept = 0, written = 0;
  for (int group = 1; group < traces.lifetime; ++group) kept += traces.groups[group];
  const SpikeList &pre = p.pre_spikes, &post = p.post_spikes;
  const float* decays = decays_of(p.rule);
  std::int32_t first = 0;
  for (std::int32_t q = 0; q < *post.length; ++q) {
    while (first < *pre.length && later(post.time[q], pre.time[first]) >= p.rule.reach) ++first;
    for (std::int32_t k = first; k < *pre.length; ++k) {
      const std::int32_t lag = later(post.time[q], pre.time[k]);
      if (lag <= -p.rule.reach) break;
      const std::int32_t synapse = pre.neuron[k] * p.post + post.neuron[q];
      if ((k < *pre.fresh && q < *post.fresh) || p.weights[synapse] == 0) continue;
      if (kept + written == traces.capacity) {
        *traces.overflowed = true;
        continue;
      }
      const float kernel = p.rule.amplitude * decays[std::abs(lag)];
      const std::int32_t place = (*traces.head + written) % traces.capacity;
      traces.synapse[place] = synapse;
      traces.time[place] = lag >= 0 ? post.time[q] : pre.time[k];
      traces.value[place] = lag >= 0 ? kernel : -kernel;
      ++written;
    }
  }
  *traces.head = (*traces.head + written) % traces.capacity;
  grow_older(traces, written);
}

struct LiveTrace {
  std::int32_t synapse;
  float d;
};

// Scratch memory that is kept between calls.
struct Bench {
  std::vector<LiveTrace> live;
  std::vector<float> total, product;  // by synapse; all 0 and all 1 between calls
  std::vector<double> free_sum;  // by post neuron
  std::vector<float> block, held, count, scale;
};

inline void collect_live(const PlasticProjection& p, std::int32_t now, Bench& bench) {
  const Traces& traces = p.traces;
  std::int32_t count = 0;
  for (int group = 0; group < traces.lifetime; ++group) count += traces.groups[group];
  bench.live.clear();
  std::int32_t place = (*traces.head + traces.capacity - count) % traces.capacity;
  for (std::int32_t k = 0; k < count; ++k) {
    const auto age = static_cast<float>(later(now, traces.time[place]));
    const float d = p.rule.gain * traces.value[place] / (age + p.rule.offset);
    const std::int32_t synapse = traces.synapse[place];
    if (p.weights[synapse] != 0) bench.live.push_back({synapse, d});  // it may have been cut
    if (++place == traces.capacity) place = 0;
  }
}

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
  collect_live(p, now, bench);
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

// Drops what is older than `before` and marks the rest as seen.
inline void forget(SpikeList& spikes, std::int32_t before) {
  const std::int32_t length = *spikes.length;
  std::int32_t dropped = 0;
  while (dropped < length && later(spikes.time[dropped], before) < 0) ++dropped;
  const std::int32_t kept = length - dropped;
  std::memmove(spikes.time, spikes.time + dropped, kept * sizeof(std::int32_t));
  std::memmove(spikes.neuron, spikes.neuron + dropped, kept * sizeof(std::int32_t));
  *spikes.length = *spikes.fresh = kept;
  std::fill_n(spikes.spiked, spikes.size, 0.0f);
}
