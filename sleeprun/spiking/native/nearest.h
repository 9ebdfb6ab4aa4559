// STDP of nearest pairs, each spike paired once (plasticity/nearest.py).
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "constants.h"
#include "numbers.h"
#include "synapses.h"

#define SLEEPRUN_NEAREST(CONSTANT)                                                          \
  CONSTANT(step_ms) CONSTANT(potentiation) CONSTANT(depression) CONSTANT(tau) CONSTANT(gain) \
  CONSTANT(weight_min) CONSTANT(weight_max) CONSTANT(reach)
SLEEPRUN_CONSTANTS(NearestConstants, SLEEPRUN_NEAREST)

struct NearestArrays {
  const float* start;   // weights that bounds and steps are shares of, [pre, post]
  const bool* locked;   // [pre, post]
  float* weights;       // [pre, post]
  std::int32_t *pre, *post, *now;  // steps from each cell's last spike to `now`, on the clock
};

using Fired = std::vector<std::pair<int, int>>;  // (step of the window, cell), in order

class NearestPairs {
 public:
  NearestPairs(const NearestConstants& its, const NearestArrays& arrays, Synapses& synapses,
               std::int32_t start)
      : its_(its), arrays_(arrays), synapses_(synapses), wires_(synapses.wires), start_(start),
        column_(wires_.post), together_(wires_.post), pre_(wires_.pre), post_(wires_.post) {
    // The clock wraps around, so differences are taken on unsigned words.
    const auto passed = static_cast<std::int32_t>(static_cast<std::uint32_t>(start) -
                                                  static_cast<std::uint32_t>(*arrays.now));
    for (int cell = 0; cell < wires_.pre; ++cell) pre_[cell] = -older(arrays.pre[cell], passed);
    for (int cell = 0; cell < wires_.post; ++cell) post_[cell] = -older(arrays.post[cell], passed);
    for (int pre = 0; pre < wires_.pre; ++pre)
      for (int k = wires_.first[pre]; k < wires_.first[pre + 1]; ++k) {
        column_[wires_.target[k]].emplace_back(k, pre);
        move(k, 0);
      }
    const int reach = std::min(in_steps(its.reach, 1), kFarthest);
    for (int steps = 0; steps <= reach; ++steps)
      share_.push_back(exponential_decay(static_cast<float>(steps) * its.step_ms / its.tau));
  }

  // All pairs of spikes of both sides, step by step.
  void learn(const Fired& pre, const Fired& post) {
    auto p = pre.begin();
    auto q = post.begin();
    while (p != pre.end() || q != post.end()) {
      const int step = std::min(p == pre.end() ? kNone : p->first, q == post.end() ? kNone : q->first);
      const auto of_step = [&](auto& it, const Fired& from) {
        const auto first = it;
        while (it != from.end() && it->first == step) ++it;
        return std::pair(first, it);
      };
      const auto [p_first, p_last] = of_step(p, pre);
      const auto [q_first, q_last] = of_step(q, post);
      for (auto it = q_first; it != q_last; ++it) potentiate(step, it->second);
      for (auto it = q_first; it != q_last; ++it) together_[it->second] = true;
      for (auto it = p_first; it != p_last; ++it) depress(step, it->second);
      for (auto it = q_first; it != q_last; ++it) together_[it->second] = false;
      for (auto it = p_first; it != p_last; ++it) pre_[it->second] = step;
      for (auto it = q_first; it != q_last; ++it) post_[it->second] = step;
    }
  }
  // Gives weights and state back after so many steps.
  void leave(int steps) {
    for (int k = 0; k < wires_.count(); ++k) arrays_.weights[wires_.place[k]] = synapses_.weights[k];
    for (int cell = 0; cell < wires_.pre; ++cell)
      arrays_.pre[cell] = std::min(steps - pre_[cell], kLongAgo);
    for (int cell = 0; cell < wires_.post; ++cell)
      arrays_.post[cell] = std::min(steps - post_[cell], kLongAgo);
    *arrays_.now = static_cast<std::int32_t>(static_cast<std::uint32_t>(start_) + steps);
  }

 private:
  static constexpr int kLongAgo = 1 << 30, kNone = 0x7FFFFFFF, kFarthest = 1000000;  // steps

  static int older(std::int64_t age, std::int32_t passed) {
    return static_cast<int>(std::clamp<std::int64_t>(age + passed, 0, kLongAgo));
  }
  float share(int steps) const {
    return steps < static_cast<int>(share_.size()) ? share_[steps] : 0;
  }
  void move(int k, float by) {
    const float start = arrays_.start[wires_.place[k]];
    float& weight = synapses_.weights[k];
    if (arrays_.locked[wires_.place[k]]) return;
    weight += its_.gain * its_.weight_max * start * by;
    weight = std::min(std::max(weight, its_.weight_min * start), its_.weight_max * start);
  }
  // What a post spike owes to pre spikes that came since the one before.
  void potentiate(int step, int post) {
    for (const auto& [k, pre] : column_[post])
      if (pre_[pre] > post_[post]) move(k, its_.potentiation * share(step - pre_[pre]));
  }
  // What a pre spike owes to the last post spike, or to one of this step.
  void depress(int step, int pre) {
    for (int k = wires_.first[pre]; k < wires_.first[pre + 1]; ++k) {
      const int post = wires_.target[k];
      if (together_[post]) {
        move(k, -its_.depression), move(k, its_.potentiation);
      } else if (post_[post] >= pre_[pre]) {
        move(k, -its_.depression * share(step - post_[post]));
      }
    }
  }

  const NearestConstants its_;
  const NearestArrays arrays_;
  Synapses& synapses_;
  const Wires& wires_;
  const std::int32_t start_;
  std::vector<std::vector<std::pair<int, int>>> column_;  // (synapse, pre cell) of each post cell
  std::vector<bool> together_;
  std::vector<int> pre_, post_;  // the step of each cell's last spike
  std::vector<float> share_;     // of a pairing, by steps between the spikes
};
