// A feed-forward network over a window of steps, one population after another.
//
// The same equations, order of events and noise as the portable path (simulate.py); see there
// for the model.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "arrivals.h"
#include "cells.h"
#include "network.h"
#include "relaxation.h"
#include "rulkov.h"

// One population over a window, between the arrivals of current.
class Simulation {
 public:
  // The spikes of a population in order; `arrivals` are current rows by the step they precede.
  std::vector<Spike>& run(const Population& population, Rows& current,
                          const std::vector<std::pair<int, int>>& arrivals, int steps) {
    population_ = &population;
    spikes_.clear();
    enter();
    int t = 0;
    for (const auto& [step, row] : arrivals) {
      advance(t, step);
      float* __restrict i = cells_[4];
      const float* __restrict added = current[row];
      for (int n = 0; n < cells_.padded(); ++n) i[n] += added[n];
      t = step;
    }
    advance(t, steps);
    leave();
    std::sort(spikes_.begin(), spikes_.end());
    return spikes_;
  }

 private:
  void enter() {
    const Population& p = *population_;
    cells_.shape(5, p.size);
    const float* const from[] = {p.v, p.v1, p.v2, p.u, p.i};
    for (int row = 0; row < 5; ++row) cells_.fill(row, from[row], p.size);
    for (auto n = static_cast<std::int32_t>(who_.size()); n < p.size; ++n)
      who_.push_back(n);
  }

  void leave() {
    const Population& p = *population_;
    float* const to[] = {p.v, p.v1, p.v2, p.u, p.i};
    for (int row = 0; row < 5; ++row) std::copy_n(cells_[row], p.size, to[row]);
  }

  void advance(int t, int end) {
    const Population& p = *population_;
    if (t == end) return;
    if (!p.relaxation || end - t < kWorthAJump || end - t > p.relaxation->steps) {
      march_all(p.rule, nullptr, Stretch(cells_), {who_.data(), p.size}, t, end, spikes_);
      return;
    }
    busy_.clear();
    const int steps = end - t, reach = p.relaxation->reach;
    const bool far = steps >= reach + kWorthAJump;
    const Jump whole(*p.relaxation, steps), rest(*p.relaxation, far ? steps - reach : 1);
    for (int k = 0; k < p.size; k += kLanes) relax(k, whole, far ? &rest : nullptr);
    step_busy(t, end);
  }

  // Moves the quiet ones of a vector of neurons to the end, and lists the others. `rest` is the
  // jump from where the table leads to, if that is before the end.
  void relax(int k, const Jump& whole, const Jump* rest) {
    const Relaxation& r = *population_->relaxation;
    const Stretch cells(cells_);
    Neurons n = cells.load(k);
    const Mask quiet = r.quiet(n);
    if (all_of(quiet)) {
      whole(n);
      cells.store(k, n);
      return;
    }
    Mask done = quiet;
    Neurons later = n;
    if (rest) {
      done |= look_up_lanes(n, !quiet, later);
      (*rest)(later);
    }
    if (any_of(quiet)) {
      Neurons still = n;
      whole(still);
      blend(later, quiet, still);
    }
    blend(n, done, later);
    cells.store(k, n);
    for (int lane = 0; lane < kLanes && k + lane < population_->size; ++lane)
      if (!done[lane]) busy_.push_back(k + lane);
  }

  // Where the table knows a neuron's state: `later` after `reach` steps; returns where it is quiet.
  Mask look_up_lanes(const Neurons& n, Mask wanted, Neurons& later) const {
    const Relaxation& r = *population_->relaxation;
    wanted &= (r.unrest(n.v, n.u) <= r.bound) & (n.i >= 0.0f) & (n.i <= r.largest);
    constexpr int most = std::max(kLanes, kStrip);
    float v[most] = {}, u[most] = {}, i[most] = {};
    ::store(n.v, v), ::store(n.u, u), ::store(n.i, i);
    for (int first = 0; first < kLanes; first += kStrip)
      look_up(r, v + first, u + first, i + first);
    load(v, later.v), load(u, later.u), load(i, later.i);
    return wanted & r.quiet(later);
  }

  static void blend(Neurons& n, const Mask& where, const Neurons& other) {
    n.v = select(where, other.v, n.v);
    n.v1 = select(where, other.v1, n.v1);
    n.v2 = select(where, other.v2, n.v2);
    n.u = select(where, other.u, n.u);
    n.i = select(where, other.i, n.i);
  }

  void step_busy(int t, int end) {
    if (busy_.empty()) return;
    const int size = static_cast<int>(busy_.size());
    gathered_.shape(5, size);
    gathered_.clear(5);
    const Stretch cells(cells_), gathered(gathered_);
    for (int k = 0; k < size; ++k) gathered.copy(k, cells, busy_[k]);
    march_all(population_->rule, &*population_->relaxation, gathered, {busy_.data(), size}, t, end,
              spikes_);
    for (int k = 0; k < size; ++k) cells.copy(busy_[k], gathered, k);
  }

  const Population* population_ = nullptr;
  Rows cells_, gathered_;
  std::vector<std::int32_t> busy_, who_;
  std::vector<Spike> spikes_;
};

// Appends a window's spikes to a population's list and counts them.
inline void record(const Population& population, const std::vector<Spike>& spikes,
                   std::int32_t start) {
  for (const Spike& spike : spikes) {
    // The clock wraps around, so the sum is taken on unsigned words.
    population.spikes.record(static_cast<std::int32_t>(static_cast<std::uint32_t>(start) +
                                                       static_cast<std::uint32_t>(spike.step)),
                             spike.neuron);
  }
}

// Simulates the populations, which are in topological order.
inline void simulate(const Window& window, const std::vector<Population>& populations,
                     const std::vector<Projection>& projections) {
  struct Bench {
    Arrivals arrivals;
    Simulation simulation;
    std::vector<std::vector<Spike>> spikes;
  };
  thread_local Bench kept;
  auto& [arrivals, simulation, spikes] = kept;
  spikes.resize(populations.size());
  for (std::size_t k = 0; k < populations.size(); ++k) {
    const auto& order = arrivals.gather(window, static_cast<int>(k), populations[k], projections,
                                        spikes);
    spikes[k] = simulation.run(populations[k], arrivals.current, order, window.steps);
    record(populations[k], spikes[k], window.start);
  }
}
