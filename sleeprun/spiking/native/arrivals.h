// The current that spikes and drives bring to a population during a window (synapses.py).
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "cells.h"
#include "network.h"
#include "noise.h"

// Adds a spike's current to all post neurons, each synapse with its own draw of U(1 - R, 1 + R).
inline void deliver(const Projection& p, std::int32_t pre, std::uint32_t word,
                    float* __restrict current, int size) {
  const float* __restrict weights = p.weights + static_cast<std::int64_t>(pre) * size;
  const std::uint32_t stem = word ^ p.stream.words[1];
  const float jitter = p.jitter;
  for (int post = 0; post < size; ++post) {
    const std::uint32_t bits = stem + 0x9E3779B9u * (static_cast<std::uint32_t>(post) + 1u);
    current[post] += weights[post] * (1 + jitter * (2 * uniform(mix(bits)) - 1));
  }
}

// The current that arrives at one population during a window.
class Arrivals {
 public:
  // Rows of current and, in time order, (the step they precede, row).
  const std::vector<std::pair<int, int>>& gather(
      const Window& window, int post, const Population& population,
      const std::vector<Projection>& projections, const std::vector<std::vector<Spike>>& spikes) {
    steps_.clear();
    for (const Projection& p : projections)
      if (p.post == post)
        for (const Spike& spike : spikes[p.pre]) steps_.push_back(spike.step + 1);
    for (int t = 0; t < population.driven; ++t) {
      const float* row = population.drive + std::int64_t{t} * population.size;
      if (std::any_of(row, row + population.size, [](float x) { return x != 0; }))
        steps_.push_back(t);
    }
    std::sort(steps_.begin(), steps_.end());
    steps_.erase(std::unique(steps_.begin(), steps_.end()), steps_.end());
    row_of_.resize(window.steps + 1);
    order_.clear();
    for (const int t : steps_) {
      row_of_[t] = static_cast<int>(order_.size());
      order_.emplace_back(t, row_of_[t]);
    }
    current.shape(static_cast<int>(order_.size()), population.size);
    current.clear(static_cast<int>(order_.size()));
    for (const Projection& p : projections)
      if (p.post == post) deliver_all(window, p, population.size, spikes[p.pre]);
    finish(population);
    return order_;
  }

  Rows current;

 private:
  void deliver_all(const Window& window, const Projection& p, int size,
                   const std::vector<Spike>& spikes) {
    const std::uint32_t key = p.stream.words[1];
    const std::uint32_t cycle = absorb(p.stream.words[0], key, window.cycle);
    for (const Spike& spike : spikes) {
      const std::uint32_t moment = absorb(cycle, key, window.first_step + spike.step);
      deliver(p, spike.neuron, absorb(moment, key, spike.neuron),
              current[row_of_[spike.step + 1]], size);
    }
  }

  void finish(const Population& population) {
    for (const auto& [t, row] : order_) {
      float* __restrict added = current[row];
      for (int n = 0; n < population.size; ++n) added[n] /= population.resistance[n];
      if (t >= population.driven) continue;
      const float* drive = population.drive + std::int64_t{t} * population.size;
      for (int n = 0; n < population.size; ++n) added[n] += drive[n];
    }
  }

  std::vector<int> steps_, row_of_;  // row_of_ holds at those steps
  std::vector<std::pair<int, int>> order_;
};
