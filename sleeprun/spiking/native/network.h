// A network's constants, and the arrays of its state, as one call of the kernel sees them.
#pragma once

#include <cstdint>
#include <optional>

#include "noise.h"
#include "relaxation.h"
#include "rulkov.h"
#include "spike_list.h"

struct Spike {
  std::int32_t step, neuron;
  bool operator<(const Spike& other) const {
    return step != other.step ? step < other.step : neuron < other.neuron;
  }
};

struct Population {
  int size;
  Rulkov rule;
  std::optional<Relaxation> relaxation;
  const float *resistance, *drive;  // drive: [driven, neuron], added before each step
  int driven;
  float *v = nullptr, *v1 = nullptr, *v2 = nullptr, *u = nullptr, *i = nullptr;
  SpikeList spikes{};
};

struct Projection {
  int pre, post;
  const float* weights;  // [pre, post]
  Stream stream;
  float jitter;
};

struct Window {
  std::int32_t cycle, start, first_step;
  int steps;
};
