// The spikes of a movement cycle, and the traces that pairs of them leave (plasticity/traces.py).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "constants.h"
#include "numbers.h"

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

#define SLEEPRUN_STDP(EACH)                                                              \
  EACH(amplitude) EACH(tau) EACH(age_offset) EACH(gain) EACH(clip) EACH(weight_min)      \
  EACH(weight_max) EACH(mean_smoothing) EACH(mean_floor) EACH(reach)
SLEEPRUN_CONSTANTS(STDPConstants, SLEEPRUN_STDP)

struct Rule : STDPConstants {
  explicit Rule(const STDPConstants& k)
      : STDPConstants(k), lags(static_cast<std::int32_t>(k.reach)) {}
  std::int32_t lags;  // `reach` in whole steps
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
    if (t.tau == rule.tau && std::ssize(t.by_lag) >= rule.lags) return t.by_lag.data();
  if (tables.size() == 8) tables.clear();
  std::vector<float>& by_lag = tables.emplace_back(Table{rule.tau, {}}).by_lag;
  for (std::int32_t lag = 0; lag < rule.lags; ++lag)
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
    while (first < *pre.length && later(post.time[q], pre.time[first]) >= p.rule.lags) ++first;
    for (std::int32_t k = first; k < *pre.length; ++k) {
      const std::int32_t lag = later(post.time[q], pre.time[k]);
      if (lag <= -p.rule.lags) break;
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

// The live traces of synapses that exist, oldest first.
inline void collect_live(const PlasticProjection& p, std::int32_t now, std::vector<LiveTrace>& live) {
  const Traces& traces = p.traces;
  std::int32_t count = 0;
  for (int group = 0; group < traces.lifetime; ++group) count += traces.groups[group];
  live.resize(count);
  LiveTrace* next = live.data();
  std::int32_t place = (*traces.head + traces.capacity - count) % traces.capacity;
  for (std::int32_t k = 0; k < count; ++k) {
    const auto age = static_cast<float>(later(now, traces.time[place]));
    const std::int32_t synapse = traces.synapse[place];
    *next = {synapse, p.rule.gain * traces.value[place] / (age + p.rule.age_offset)};
    next += p.weights[synapse] != 0;  // it may have been cut
    if (++place == traces.capacity) place = 0;
  }
  live.resize(next - live.data());
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
