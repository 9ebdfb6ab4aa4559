// A population's spikes in order, and how often each neuron did spike (spikes.py).
#pragma once

#include <cstdint>

struct SpikeList {
  float* spiked = nullptr;  // [neuron]
  std::int32_t *time = nullptr, *neuron = nullptr, *length = nullptr, capacity = 0;
  bool* overflowed = nullptr;

  void record(std::int32_t now, std::int32_t who) const {
    spiked[who] += 1;
    if (*length == capacity) {
      *overflowed = true;
      return;
    }
    time[*length] = now;
    neuron[(*length)++] = who;
  }
};
