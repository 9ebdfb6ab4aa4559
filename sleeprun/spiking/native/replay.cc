// The XLA custom call of a network asleep. On its own, so that the compiler may be told not to
// fuse multiplications with additions: its spikes are those of the equations, rounding included.

#include "replay.h"

#include <cstdint>
#include <vector>

#include "buffers.h"

namespace {

ffi::Error call(ffi::RemainingArgs arguments, ffi::RemainingRets results) {
  Buffers buffers(arguments, results);
  const auto constants = buffers.read<float>(), threshold = buffers.read<float>();
  const auto alpha = buffers.read<float>();
  const auto raster = buffers.read<bool>();
  const auto length = buffers.read<std::int32_t>();
  std::vector<ReplayLayer> layers;
  for (std::int64_t k = 0; k < alpha.size && buffers.right(); ++k) {
    const auto weights = buffers.change<float>();
    if (!buffers.right()) break;
    layers.push_back({static_cast<int>(weights.shape[0]), static_cast<int>(weights.shape[1]),
                      alpha.data[k], threshold.data[k], weights.data, nullptr});
  }
  for (ReplayLayer& layer : layers) layer.membrane = buffers.change<float>().data;
  const auto counts = buffers.change<std::int32_t>();
  auto verdict = buffers.verdict();
  if (verdict.failure()) return verdict;
  replay(ReplayRule(constants.data), layers, raster.data, *length.data, counts.data);
  return verdict;
}

}  // namespace

#pragma GCC visibility push(default)

XLA_FFI_DEFINE_HANDLER_SYMBOL(SleeprunReplay, call,
                              ffi::Ffi::Bind().RemainingArgs().RemainingRets());

#pragma GCC visibility pop
