// A network of cells built of channels over a window of steps.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "cell_population.h"
#include "nearest.h"
#include "synapses.h"

struct Span {
  std::int32_t start;  // on the clock of spikes
  int first;           // step of the cycle
  int steps;
  int cycle;  // steps from one event of plasticity to the next
  int local;  // steps that a quiet block takes as one; 1: none does
};

// Where the mean potential of every population is left at the end of each of the first cycles.
struct Trace {
  float* means;  // [cycle, population]
  int cycles;
};

struct Joined {
  int pre, post;
  std::unique_ptr<Synapses> synapses;
};

// A projection that learns, and its place among all.
struct Learning {
  std::size_t projection;
  NearestConstants constants;
  NearestArrays arrays;
};

class ConductingNetwork {
 public:
  ConductingNetwork(std::vector<std::unique_ptr<CellPopulation>> populations,
                    std::vector<Joined> projections)
      : populations_(std::move(populations)), projections_(std::move(projections)),
        fired_(populations_.size()), unseen_(populations_.size()) {}

  void run(const Span& span, const std::vector<Learning>& learning, const Trace& trace) {
    std::vector<NearestPairs> rules;
    for (const Learning& one : learning)
      rules.emplace_back(one.constants, one.arrays, *projections_[one.projection].synapses,
                         span.start);
    for (const Joined& one : projections_)
      populations_[one.post]->felt.push_back(one.synapses->felt());
    bool hurries = true;  // until long steps can begin
    for (int t = 0; t < span.steps; ++t) {
      for (auto& cells : populations_) cells->drive(t);
      const int step = (span.first + t) % span.cycle, left = span.cycle - step;
      if (step % span.local == 0 && span.local > 1) {
        hurries = span.local > std::min(left, span.steps - t);
        for (auto& cells : populations_) hurries ? cells->hurry() : cells->look_ahead(t);
      }
      const bool last = hurries || (step + 1) % span.local == 0;
      for (std::size_t k = 0; k < populations_.size(); ++k) populations_[k]->step(last, fired_[k]);
      // The clock wraps around, so the sum is taken on unsigned words.
      const auto now = static_cast<std::int32_t>(static_cast<std::uint32_t>(span.start) + t);
      for (std::size_t k = 0; k < populations_.size(); ++k)
        for (const int cell : fired_[k]) {
          populations_[k]->record(now, cell);
          if (!rules.empty()) unseen_[k].emplace_back(t, cell);
        }
      for (Joined& one : projections_) one.synapses->step(t, fired_[one.pre], last);
      if (left == 1) {
        leave_means(trace, (span.first + t) / span.cycle);
        learn(rules, learning);
        for (Joined& one : projections_) one.synapses->settle(t + 1);
      }
    }
    for (NearestPairs& rule : rules) rule.leave(span.steps);
    for (auto& cells : populations_) cells->leave();
    for (Joined& one : projections_) one.synapses->leave(span.steps);
  }

 private:
  void leave_means(const Trace& trace, int cycle) const {
    if (cycle >= trace.cycles) return;
    float* row = trace.means + populations_.size() * cycle;
    for (const auto& cells : populations_) *row++ = cells->mean_potential();
  }

  void learn(std::vector<NearestPairs>& rules, const std::vector<Learning>& learning) {
    for (std::size_t k = 0; k < rules.size(); ++k) {
      const Joined& one = projections_[learning[k].projection];
      rules[k].learn(unseen_[one.pre], unseen_[one.post]);
    }
    for (Fired& spikes : unseen_) spikes.clear();
  }

  std::vector<std::unique_ptr<CellPopulation>> populations_;
  std::vector<Joined> projections_;
  std::vector<std::vector<int>> fired_;  // of each population, in this step
  std::vector<Fired> unseen_;            // since the last event of plasticity
};
