// A stretch of neurons, stepped as vectors that stay in registers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "network.h"
#include "relaxation.h"
#include "rulkov.h"

constexpr int kWorthAJump = 12;  // steps that cost more than the polynomial in their place
constexpr int kPatience = 32;    // steps between two looks whether all has become quiet

// Aligned rows of floats, padded to whole vectors; memory is kept between windows.
class Rows {
 public:
  // All zero.
  void shape(int rows, int size) {
    padded_ = (size + kStride - 1) / kStride * kStride;
    storage_.assign(static_cast<std::size_t>(rows) * padded_ + kStride, 0.0f);
    const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
    offset_ = (kStride * sizeof(float) - address % (kStride * sizeof(float))) / sizeof(float);
  }
  float* operator[](int row) { return storage_.data() + offset_ + row * std::ptrdiff_t{padded_}; }
  int padded() const { return padded_; }

 private:
  static constexpr int kStride = 64;  // floats: four of the widest vectors
  std::vector<float> storage_;
  std::size_t offset_ = 0;
  int padded_ = 0;
};

// The state of a stretch of neurons: five rows.
struct Stretch {
  float *v, *v1, *v2, *u, *i;

  explicit Stretch(Rows& rows, int first = 0)
      : v(rows[0] + first), v1(rows[1] + first), v2(rows[2] + first), u(rows[3] + first),
        i(rows[4] + first) {}
  Neurons load(int k) const {
    const auto at = [k](const float* row) { return Floats(row + k, stdx::element_aligned); };
    return {at(v), at(v1), at(v2), at(u), at(i)};
  }
  void store(int k, const Neurons& n) const {
    const auto put = [k](const Floats& x, float* row) { x.copy_to(row + k, stdx::element_aligned); };
    put(n.v, v), put(n.v1, v1), put(n.v2, v2), put(n.u, u), put(n.i, i);
  }
  void copy(int to, const Stretch& other, int from) const {
    v[to] = other.v[from], v1[to] = other.v1[from], v2[to] = other.v2[from];
    u[to] = other.u[from], i[to] = other.i[from];
  }
};

inline void note(const Mask& fired, std::int32_t step, const std::int32_t* who,
                 std::vector<Spike>& spikes) {
  for (int lane = 0; lane < kLanes; ++lane)
    if (fired[lane]) spikes.push_back({step, who[lane]});
}

// Steps W vectors of neurons, kept in registers, from step t to step end. With a relaxation they
// jump to the end as soon as all of them are quiet.
template <int W>
void march(const Rulkov& rule, const Relaxation* relaxation, Stretch cells, int first, int t,
           int end, const std::int32_t* who, std::vector<Spike>& spikes) {
  Neurons n[W];
  for (int k = 0; k < W; ++k) n[k] = cells.load(first + k * kLanes);
  while (t < end) {
    for (const int stop = relaxation ? std::min(end, t + kPatience) : end; t < stop; ++t) {
      Mask fired[W], any(false);
      for (int k = 0; k < W; ++k) any = any || (fired[k] = step(rule, n[k]));
      if (any_of(any))
        for (int k = 0; k < W; ++k) note(fired[k], t, who + first + k * kLanes, spikes);
    }
    if (!relaxation || end - t < kWorthAJump) continue;
    Mask quiet(true);
    for (int k = 0; k < W; ++k) quiet = quiet && relaxation->quiet(n[k]);
    if (!all_of(quiet)) continue;
    const Jump jump(*relaxation, end - t);
    for (int k = 0; k < W; ++k) jump(n[k]);
    break;
  }
  for (int k = 0; k < W; ++k) cells.store(first + k * kLanes, n[k]);
}

// Steps all of a stretch, whose rows are padded to fours of vectors.
inline void march_all(const Rulkov& rule, const Relaxation* relaxation, Stretch cells, int size,
                      int t, int end, const std::int32_t* who, std::vector<Spike>& spikes) {
  int k = 0;
  for (; k + 2 * kLanes < size; k += 4 * kLanes)
    march<4>(rule, relaxation, cells, k, t, end, who, spikes);
  for (; k + kLanes < size; k += 2 * kLanes)
    march<2>(rule, relaxation, cells, k, t, end, who, spikes);
  for (; k < size; k += kLanes) march<1>(rule, relaxation, cells, k, t, end, who, spikes);
}
