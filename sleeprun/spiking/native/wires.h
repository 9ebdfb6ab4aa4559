// The synapses that exist among [pre, post], row by row.
#pragma once

#include <cstdint>
#include <vector>

struct Wires {
  int pre, post;
  std::vector<int> first;   // of each pre cell; one more at the end
  std::vector<int> target;  // post cell of each synapse
  std::vector<int> place;   // in [pre, post]

  Wires(const float* weights, int pre, int post) : pre(pre), post(post) {
    for (int from = 0, at = 0; from < pre; ++from) {
      first.push_back(static_cast<int>(target.size()));
      for (int to = 0; to < post; ++to, ++at)
        if (weights[at] != 0) target.push_back(to), place.push_back(at);
    }
    first.push_back(static_cast<int>(target.size()));
  }
  int count() const { return static_cast<int>(target.size()); }
};
