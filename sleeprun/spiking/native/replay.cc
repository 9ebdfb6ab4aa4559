// The XLA custom call of a network asleep; arguments as in window.cc.

#include "replay.h"

#include <cstdint>
#include <vector>

#include "buffers.h"

namespace {

ffi::Error call(ffi::RemainingArgs arguments, ffi::RemainingRets results) {
  Buffers buffers(arguments, results);
  const auto rule = buffers.constants<ReplayRule>();
  const auto threshold = buffers.read<float>("threshold", {kAny});
  const auto alpha = buffers.read<float>("alpha", {threshold.size});
  const auto raster = buffers.read<bool>("raster", {kAny, kAny});
  const auto length = buffers.read<std::int32_t>("length", {});
  std::vector<ReplayLayer> layers;
  std::int64_t size = buffers.right() ? raster.shape[1] : 0;
  for (std::int64_t k = 0; k < alpha.size && buffers.right(); ++k) {
    buffers.about("layer ", k);
    const auto weights = buffers.change<float>("weights", {size, kAny});
    if (!buffers.right()) break;
    layers.push_back({static_cast<int>(size), static_cast<int>(weights.shape[1]), alpha.data[k],
                      threshold.data[k], weights.data, nullptr});
    size = weights.shape[1];
  }
  for (std::size_t k = 0; k < layers.size(); ++k) {
    buffers.about("layer ", k);
    layers[k].membrane = buffers.change<float>("membrane", {layers[k].post}).data;
  }
  const auto counts = buffers.change<std::int32_t>("counts", {alpha.size});
  if (buffers.right())
    buffers.demand(0 <= *length.data && *length.data <= raster.shape[0], "a length of the raster");
  auto verdict = buffers.verdict();
  if (verdict.failure()) return verdict;
  replay(rule, layers, raster.data, *length.data, counts.data);
  return verdict;
}

}  // namespace

#pragma GCC visibility push(default)

extern "C" const char* SleeprunReplayRule() { return ReplayRule::kNames; }

XLA_FFI_DEFINE_HANDLER_SYMBOL(SleeprunReplay, call,
                              ffi::Ffi::Bind().RemainingArgs().RemainingRets());

#pragma GCC visibility pop
