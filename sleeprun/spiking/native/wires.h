// The synapses that exist among [pre, post], row by row.
#pragma once

#include <algorithm>
#include <vector>

#include "lanes.h"

struct Wires {
  int pre, post;
  std::vector<int> first;   // of each pre cell; one more at the end
  std::vector<int> target;  // post cell of each synapse
  std::vector<int> place;   // in [pre, post]

  Wires(const float* weights, int pre, int post) : pre(pre), post(post) {
    for (int from = 0, row = 0; from < pre; ++from, row += post) {
      first.push_back(static_cast<int>(target.size()));
      for (int to = 0; to < post;) {
        if (to + kWidth <= post && none(get(weights + row + to))) {
          to += kWidth;
          continue;
        }
        for (const int end = std::min(to + kWidth, post); to < end; ++to)
          if (weights[row + to] != 0) target.push_back(to), place.push_back(row + to);
      }
    }
    first.push_back(static_cast<int>(target.size()));
  }
  int count() const { return static_cast<int>(target.size()); }

 private:
  static bool none(const Lanes& weights) { return bits(weights != 0.0f) == 0; }
};
