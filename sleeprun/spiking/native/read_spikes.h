// The list of a population's spikes, as a call that simulates gives it.
#pragma once

#include <cstdint>

#include "buffers.h"
#include "spike_list.h"

inline SpikeList read_spikes(Buffers& buffers, std::int64_t size) {
  SpikeList spikes;
  spikes.spiked = buffers.change<float>("spiked", {size}).data;
  const auto time = buffers.change<std::int32_t>("time", {kAny});
  spikes.time = time.data;
  spikes.capacity = static_cast<std::int32_t>(time.size);
  spikes.neuron = buffers.change<std::int32_t>("neuron", {time.size}).data;
  spikes.length = buffers.change<std::int32_t>("length", {}).data;
  buffers.change<std::int32_t>("fresh", {});  // plasticity's business
  spikes.overflowed = buffers.change<bool>("overflowed", {}).data;
  return spikes;
}
