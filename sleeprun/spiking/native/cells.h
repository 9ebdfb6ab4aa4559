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
  // What was in it stays in it.
  void shape(int rows, int size) {
    padded_ = (size + kStride - 1) / kStride * kStride;
    storage_.resize(static_cast<std::size_t>(rows) * padded_ + kStride);
    const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
    offset_ = (kStride * sizeof(float) - address % (kStride * sizeof(float))) / sizeof(float);
  }
  void clear(int rows) { std::fill_n((*this)[0], std::ptrdiff_t{rows} * padded_, 0.0f); }
  // A row of so many numbers, and zeros beyond them.
  void fill(int row, const float* from, int size) {
    std::fill(std::copy_n(from, size, (*this)[row]), (*this)[row] + padded_, 0.0f);
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
  template <typename V = Floats>
  NeuronsOf<V> load(int k) const {
    NeuronsOf<V> n;
    ::load(v + k, n.v), ::load(v1 + k, n.v1), ::load(v2 + k, n.v2);
    ::load(u + k, n.u), ::load(i + k, n.i);
    return n;
  }
  template <typename V>
  void store(int k, const NeuronsOf<V>& n) const {
    ::store(n.v, v + k), ::store(n.v1, v1 + k), ::store(n.v2, v2 + k);
    ::store(n.u, u + k), ::store(n.i, i + k);
  }
  void copy(int to, const Stretch& other, int from) const {
    v[to] = other.v[from], v1[to] = other.v1[from], v2[to] = other.v2[from];
    u[to] = other.u[from], i[to] = other.i[from];
  }
};

// Who is behind the cells of a stretch; beyond its end there is nobody.
struct Owners {
  const std::int32_t* neurons;
  int size;

  template <typename Mask>
  void note(const Mask& fired, int lanes, int first, std::int32_t step,
            std::vector<Spike>& spikes) const {
    for (int lane = 0; lane < std::min(lanes, size - first); ++lane)
      if (fired[lane]) spikes.push_back({step, neurons[first + lane]});
  }
};

// Steps W vectors of neurons, kept in registers, from step t to step end.
template <typename V, int W>
void march(const Rulkov& rule, Stretch cells, int first, int t, int end, const Owners& who,
           std::vector<Spike>& spikes) {
  constexpr int lanes = kLanesOf<V>;
  NeuronsOf<V> n[W];
  for (int k = 0; k < W; ++k) n[k] = cells.load<V>(first + k * lanes);
  for (; t < end; ++t) {
    decltype(step(rule, n[0])) fired[W], any = {};
    for (int k = 0; k < W; ++k) any |= fired[k] = step(rule, n[k]);
    if (any_of(any))
      for (int k = 0; k < W; ++k) who.note(fired[k], lanes, first + k * lanes, t, spikes);
  }
  for (int k = 0; k < W; ++k) cells.store(first + k * lanes, n[k]);
}

// Steps `count` neurons. With a relaxation they jump to the end as soon as all of them are quiet.
template <typename V, int count>
void march_together(const Rulkov& rule, const Relaxation* relaxation, Stretch cells, int first,
                    int t, int end, const Owners& who, std::vector<Spike>& spikes) {
  constexpr int vectors = std::min(4, count / kLanesOf<V>);
  while (t < end) {
    const int stop = relaxation ? std::min(end, t + kPatience) : end;
    for (int k = first; k < first + count; k += vectors * kLanesOf<V>)
      march<V, vectors>(rule, cells, k, t, stop, who, spikes);
    t = stop;
    if (!relaxation || end - t < kWorthAJump) continue;
    bool quiet = true;
    for (int k = first; quiet && k < first + count; k += kLanes)
      quiet = all_of(relaxation->quiet(cells.load(k)));
    if (!quiet) continue;
    const Jump jump(*relaxation, end - t);
    for (int k = first; k < first + count; k += kLanes) {
      Neurons n = cells.load(k);
      jump(n);
      cells.store(k, n);
    }
    return;
  }
}

// Steps all of a stretch, whose rows are padded. Who waits for whom before a jump does not depend
// on the width of the processor's vectors.
inline void march_all(const Rulkov& rule, const Relaxation* relaxation, Stretch cells,
                      const Owners& who, int t, int end, std::vector<Spike>& spikes) {
  const int size = who.size;
  int k = 0;
  for (; k + 32 < size; k += 64)
    march_together<Floats, 64>(rule, relaxation, cells, k, t, end, who, spikes);
  for (; k + 16 < size; k += 32)
    march_together<Floats, 32>(rule, relaxation, cells, k, t, end, who, spikes);
  for (; k + 8 < size; k += 16)
    march_together<Floats, 16>(rule, relaxation, cells, k, t, end, who, spikes);
  for (; k < size; k += 8)
    march_together<Few, 8>(rule, relaxation, cells, k, t, end, who, spikes);
}
