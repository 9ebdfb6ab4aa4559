// The spikes of a movement cycle, and the traces that pairs of them leave (plasticity/traces.py).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "constants.h"
#include "lanes.h"
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
    // A pair whose spikes plasticity has seen has left its trace.
    for (std::int32_t k = q < *post.fresh ? std::max(first, *pre.fresh) : first; k < *pre.length;
         ++k) {
      const std::int32_t lag = later(post.time[q], pre.time[k]);
      if (lag <= -p.rule.lags) break;
      const std::int32_t synapse = pre.neuron[k] * p.post + post.neuron[q];
      if (p.weights[synapse] == 0) continue;
      if (kept + written == traces.capacity) {
        *traces.overflowed = true;
        continue;
      }
      const float kernel = p.rule.amplitude * decays[std::abs(lag)];
      std::int32_t place = *traces.head + written;
      if (place >= traces.capacity) place -= traces.capacity;
      traces.synapse[place] = synapse;
      traces.time[place] = lag >= 0 ? post.time[q] : pre.time[k];
      traces.value[place] = lag >= 0 ? kernel : -kernel;
      ++written;
    }
  }
  *traces.head = (*traces.head + written) % traces.capacity;
  grow_older(traces, written);
}

// Traces that are live, oldest first; one of a synapse that was cut is 0. Padded to whole vectors.
struct LiveTraces {
  int size = 0;
  std::vector<std::int32_t> synapse, time;
  std::vector<float> d;

  void copy(const Traces& traces) {
    size = 0;
    for (int group = 0; group < traces.lifetime; ++group) size += traces.groups[group];
    const auto padded = static_cast<std::size_t>(size + kWidth - 1) / kWidth * kWidth;
    synapse.resize(padded), time.resize(padded), d.resize(padded);
    const std::int32_t first = (*traces.head + traces.capacity - size) % traces.capacity;
    const std::int32_t some = std::min(size, traces.capacity - first);  // the rest is at its begin
    const auto unroll = [&](const auto* from, auto* to) {
      auto* end = std::copy_n(from, size - some, std::copy_n(from + first, some, to));
      std::fill(end, to + padded, 0);
    };
    unroll(traces.synapse, synapse.data());
    unroll(traces.time, time.data());
    unroll(traces.value, d.data());
  }
};

inline void collect_live(const PlasticProjection& p, std::int32_t now, LiveTraces& live) {
  live.copy(p.traces);
  for (int k = 0; k < live.size; k += kWidth) {
    const Words since = static_cast<std::uint32_t>(now) - get(live.time.data() + k);
    const Lanes age = __builtin_convertvector((Where)since, Lanes);
    const Lanes d = p.rule.gain * get(live.d.data() + k) / (age + p.rule.age_offset);
    const Lanes weight = gather(p.weights, live.synapse.data() + k);
    put(select(weight != 0, d, Lanes{}), live.d.data() + k);
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
