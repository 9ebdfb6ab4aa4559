// The projections of a call that learn, and their rule (conducting.py).
#pragma once

#include <cstdint>
#include <vector>

#include "buffers.h"
#include "conducting.h"
#include "read_synapses.h"

// Those that learn, but for what changes.
inline std::vector<Learning> read_learning(Buffers& buffers, ffi::Span<const std::int64_t> plastic,
                                           const std::vector<Ends>& ends) {
  std::vector<Learning> learning;
  for (std::size_t k = 0; k < plastic.size() && buffers.right(); ++k) {
    const auto count = static_cast<std::int64_t>(ends.size());
    buffers.demand(0 <= plastic[k] && plastic[k] < count, "a plastic projection must exist");
    if (!buffers.right()) break;
    buffers.about("projection ", plastic[k]);
    const auto [pre, post] = ends[plastic[k]];
    Learning one{static_cast<std::size_t>(plastic[k]), buffers.constants<NearestConstants>(), {}};
    one.arrays.start = buffers.read<float>("start", {pre, post}).data;
    one.arrays.locked = buffers.read<bool>("locked", {pre, post}).data;
    learning.push_back(one);
  }
  return learning;
}

// What changes of them.
inline void read_learned(Buffers& buffers, std::vector<Learning>& learning,
                         const std::vector<Ends>& ends) {
  for (Learning& one : learning) {
    buffers.about("projection ", one.projection);
    const auto [pre, post] = ends[one.projection];
    one.arrays.weights = buffers.change<float>("weights", {pre, post}).data;
    one.arrays.pre = buffers.change<std::int32_t>("pre", {pre}).data;
    one.arrays.post = buffers.change<std::int32_t>("post", {post}).data;
    one.arrays.now = buffers.change<std::int32_t>("now", {}).data;
  }
}
