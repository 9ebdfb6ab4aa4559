// Rows of eight columns as vectors, whatever the processor's are: what sums a strip in order sums it
// so everywhere.
#pragma once

#include <cstdint>
#include <cstring>

#include "numbers.h"

constexpr int kStrip = 8;
using Strip [[gnu::vector_size(4 * kStrip)]] = float;
using StripMask [[gnu::vector_size(4 * kStrip)]] = std::int32_t;  // -1 where something holds

inline Strip strip(float x) { return x - Strip{}; }
// Beyond its width zeros.
inline Strip strip(const float* from, int width) {
  Strip x{};
  if (width == kStrip)
    std::memcpy(&x, from, sizeof x);
  else
    std::memcpy(&x, from, width * sizeof(float));
  return x;
}
inline void store(const Strip& x, float* to, int width) {
  if (width == kStrip)
    std::memcpy(to, &x, sizeof x);
  else
    std::memcpy(to, &x, width * sizeof(float));
}
inline StripMask strip_mask(const bool* from, int width) {
  StripMask x{};
  for (int n = 0; n < width; ++n) x[n] = -from[n];
  return x;
}

// Of eight rows their columns: elements off the diagonal change places, by one, two and four.
inline void transpose(Strip (&x)[kStrip]) {
  for (int k = 0; k < kStrip; k += 2) {
    const Strip a = x[k], b = x[k + 1];
    x[k] = Strip{a[0], b[0], a[2], b[2], a[4], b[4], a[6], b[6]};
    x[k + 1] = Strip{a[1], b[1], a[3], b[3], a[5], b[5], a[7], b[7]};
  }
  for (int k : {0, 1, 4, 5}) {
    const Strip a = x[k], b = x[k + 2];
    x[k] = Strip{a[0], a[1], b[0], b[1], a[4], a[5], b[4], b[5]};
    x[k + 2] = Strip{a[2], a[3], b[2], b[3], a[6], a[7], b[6], b[7]};
  }
  for (int k = 0; k < 4; ++k) {
    const Strip a = x[k], b = x[k + 4];
    x[k] = Strip{a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3]};
    x[k + 4] = Strip{a[4], a[5], a[6], a[7], b[4], b[5], b[6], b[7]};
  }
}

// The sums of up to eight rows, each in the order of `sum`, and how many of its numbers are not 0.
[[gnu::always_inline]] inline Strip row_sums(const float* from, int rows, int columns,
                                             Strip& count) {
  Strip total{};
  count = Strip{};
  if (columns >= kParts) {
    for (int k = 0; k < rows; ++k, from += columns) {
      total[k] = sum(from, columns);
      for (int n = 0; n < columns; ++n) count[k] += from[n] != 0;
    }
    return total;
  }
  for (int n = 0; n < columns; n += kStrip) {
    const int width = std::min(kStrip, columns - n);
    Strip x[kStrip] = {};
    for (int k = 0; k < rows; ++k) x[k] = strip(from + k * columns + n, width);
    transpose(x);
    for (int column = 0; column < width; ++column) {
      total += x[column];
      count += x[column] != 0 ? strip(1) : Strip{};
    }
  }
  return total;
}

// What is done by eights of rows, with sizes that the compiler knows where rows are whole strips.
template <typename Work>
void by_strips(int rows, int columns, const Work& work) {
  int first = 0;
  if (columns == kStrip)
    for (; first + kStrip <= rows; first += kStrip) work(first, kStrip, kStrip);
  for (; first < rows; first += kStrip) work(first, std::min(kStrip, rows - first), columns);
}
