// Floats for every cell of a population, padded to whole blocks.
#pragma once

#include <algorithm>
#include <vector>

#include "lanes.h"

class Padded {
 public:
  explicit Padded(int size = 0, const float* from = nullptr)
      : values_((size + kBlock - 1) / kBlock * kBlock, 0.0f) {
    if (from) std::copy_n(from, size, values_.data());
  }
  int padded() const { return static_cast<int>(values_.size()); }
  float* data() { return values_.data(); }
  const float* data() const { return values_.data(); }
  float& operator[](int cell) { return values_[cell]; }
  const float& operator[](int cell) const { return values_[cell]; }

 private:
  std::vector<float> values_;
};
