// A feed-forward network over a window of steps, one population after another.
//
// The same equations, order of events and noise as the portable path (simulate.py); see there
// for the model.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "noise.h"
#include "relaxation.h"
#include "rulkov.h"

constexpr int kWorthAJump = 12;  // steps that cost more than the polynomial in their place
constexpr int kPatience = 32;    // steps between two looks whether all has become quiet

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
  float* spiked = nullptr;
  std::int32_t *time = nullptr, *neuron = nullptr, *length = nullptr, capacity = 0;
  bool* overflowed = nullptr;
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

// One population over a window, between the arrivals of current.
class Simulation {
 public:
  // The spikes of a population in order; `arrivals` are current rows by the step they precede.
  std::vector<Spike>& run(const Population& population, Rows& current,
                          const std::vector<std::pair<int, int>>& arrivals, int steps) {
    population_ = &population;
    spikes_.clear();
    enter();
    int t = 0;
    for (const auto& [step, row] : arrivals) {
      advance(t, step);
      float* __restrict i = cells_[4];
      const float* __restrict added = current[row];
      for (int n = 0; n < cells_.padded(); ++n) i[n] += added[n];
      t = step;
    }
    advance(t, steps);
    leave();
    std::sort(spikes_.begin(), spikes_.end());
    return spikes_;
  }

 private:
  void enter() {
    const Population& p = *population_;
    cells_.shape(5, p.size);
    const float* const from[] = {p.v, p.v1, p.v2, p.u, p.i};
    for (int row = 0; row < 5; ++row) std::copy_n(from[row], p.size, cells_[row]);
    for (auto n = static_cast<std::int32_t>(who_.size()); n < cells_.padded(); ++n)
      who_.push_back(n);
  }

  void leave() {
    const Population& p = *population_;
    float* const to[] = {p.v, p.v1, p.v2, p.u, p.i};
    for (int row = 0; row < 5; ++row) std::copy_n(cells_[row], p.size, to[row]);
  }

  void advance(int t, int end) {
    const Population& p = *population_;
    if (t == end) return;
    if (!p.relaxation || end - t < kWorthAJump) {
      march_all(p.rule, nullptr, Stretch(cells_), p.size, t, end, who_.data(), spikes_);
      return;
    }
    busy_.clear();
    const int steps = end - t, reach = p.relaxation->reach;
    const bool far = steps >= reach + kWorthAJump;
    const Jump whole(*p.relaxation, steps), rest(*p.relaxation, far ? steps - reach : 1);
    for (int k = 0; k < p.size; k += kLanes) relax(k, whole, far ? &rest : nullptr);
    step_busy(t, end);
  }

  // Moves the quiet ones of a vector of neurons to the end, and lists the others. `rest` is the
  // jump from where the table leads to, if that is before the end.
  void relax(int k, const Jump& whole, const Jump* rest) {
    const Relaxation& r = *population_->relaxation;
    const Stretch cells(cells_);
    Neurons n = cells.load(k);
    const Mask quiet = r.quiet(n);
    if (all_of(quiet)) {
      whole(n);
      cells.store(k, n);
      return;
    }
    Mask done = quiet;
    Neurons later = n;
    if (rest) {
      done = done || look_up_lanes(n, !quiet, later);
      (*rest)(later);
    }
    if (any_of(quiet)) {
      Neurons still = n;
      whole(still);
      blend(later, quiet, still);
    }
    blend(n, done, later);
    cells.store(k, n);
    for (int lane = 0; lane < kLanes && k + lane < population_->size; ++lane)
      if (!done[lane]) busy_.push_back(k + lane);
  }

  // Where the table knows a neuron's state: `later` after `reach` steps; returns where it is quiet.
  Mask look_up_lanes(const Neurons& n, Mask wanted, Neurons& later) const {
    const Relaxation& r = *population_->relaxation;
    wanted = wanted && r.unrest(n.v, n.u) <= r.bound && n.i >= 0.0f && n.i <= r.largest;
    for (int lane = 0; lane < kLanes; ++lane)
      if (wanted[lane]) {
        float v = n.v[lane], u = n.u[lane], i = n.i[lane];
        look_up(r, v, u, i);
        later.v[lane] = v, later.u[lane] = u, later.i[lane] = i;
      }
    return wanted && r.quiet(later);
  }

  static void blend(Neurons& n, const Mask& where, const Neurons& other) {
    stdx::where(where, n.v) = other.v;
    stdx::where(where, n.v1) = other.v1;
    stdx::where(where, n.v2) = other.v2;
    stdx::where(where, n.u) = other.u;
    stdx::where(where, n.i) = other.i;
  }

  void step_busy(int t, int end) {
    if (busy_.empty()) return;
    const int size = static_cast<int>(busy_.size());
    gathered_.shape(5, size);
    const Stretch cells(cells_), gathered(gathered_);
    for (int k = 0; k < size; ++k) gathered.copy(k, cells, busy_[k]);
    march_all(population_->rule, &*population_->relaxation, gathered, size, t, end, busy_.data(),
              spikes_);
    for (int k = 0; k < size; ++k) cells.copy(busy_[k], gathered, k);
  }

  const Population* population_ = nullptr;
  Rows cells_, gathered_;
  std::vector<std::int32_t> busy_, who_;
  std::vector<Spike> spikes_;
};

// Adds a spike's current to all post neurons, each synapse with its own draw of U(1 - R, 1 + R).
inline void deliver(const Projection& p, std::int32_t pre, std::uint32_t word,
                    float* __restrict current, int size) {
  const float* __restrict weights = p.weights + static_cast<std::int64_t>(pre) * size;
  const std::uint32_t stem = word ^ p.stream.words[1];
  const float jitter = p.jitter;
  for (int post = 0; post < size; ++post) {
    const std::uint32_t bits = stem + 0x9E3779B9u * (static_cast<std::uint32_t>(post) + 1u);
    current[post] += weights[post] * (1 + jitter * (2 * uniform(mix(bits)) - 1));
  }
}

// The current that arrives at one population during a window.
class Arrivals {
 public:
  // Rows of current and, in time order, (the step they precede, row).
  const std::vector<std::pair<int, int>>& gather(
      const Window& window, int post, const Population& population,
      const std::vector<Projection>& projections, const std::vector<std::vector<Spike>>& spikes) {
    row_of_.assign(window.steps + 1, -1);
    for (const Projection& p : projections)
      if (p.post == post)
        for (const Spike& spike : spikes[p.pre]) row_of_[spike.step + 1] = 0;
    for (int t = 0; t < population.driven; ++t) {
      const float* row = population.drive + std::int64_t{t} * population.size;
      if (std::any_of(row, row + population.size, [](float x) { return x != 0; })) row_of_[t] = 0;
    }
    order_.clear();
    for (int t = 0; t <= window.steps; ++t)
      if (row_of_[t] == 0) {
        row_of_[t] = static_cast<int>(order_.size());
        order_.emplace_back(t, row_of_[t]);
      }
    current.shape(static_cast<int>(order_.size()), population.size);
    for (const Projection& p : projections)
      if (p.post == post) deliver_all(window, p, population.size, spikes[p.pre]);
    finish(population);
    return order_;
  }

  Rows current;

 private:
  void deliver_all(const Window& window, const Projection& p, int size,
                   const std::vector<Spike>& spikes) {
    const std::uint32_t key = p.stream.words[1];
    const std::uint32_t cycle = absorb(p.stream.words[0], key, window.cycle);
    for (const Spike& spike : spikes) {
      const std::uint32_t moment = absorb(cycle, key, window.first_step + spike.step);
      deliver(p, spike.neuron, absorb(moment, key, spike.neuron),
              current[row_of_[spike.step + 1]], size);
    }
  }

  void finish(const Population& population) {
    for (const auto& [t, row] : order_) {
      float* __restrict added = current[row];
      for (int n = 0; n < population.size; ++n) added[n] /= population.resistance[n];
      if (t >= population.driven) continue;
      const float* drive = population.drive + std::int64_t{t} * population.size;
      for (int n = 0; n < population.size; ++n) added[n] += drive[n];
    }
  }

  std::vector<int> row_of_;
  std::vector<std::pair<int, int>> order_;
};

// Appends a window's spikes to a population's list and counts them.
inline void record(const Population& population, const std::vector<Spike>& spikes,
                   std::int32_t start) {
  for (const Spike& spike : spikes) {
    population.spiked[spike.neuron] += 1;
    if (*population.length == population.capacity) {
      *population.overflowed = true;
      continue;
    }
    // The clock wraps around, so the sum is taken on unsigned words.
    population.time[*population.length] = static_cast<std::int32_t>(
        static_cast<std::uint32_t>(start) + static_cast<std::uint32_t>(spike.step));
    population.neuron[*population.length] = spike.neuron;
    ++*population.length;
  }
}

// Simulates the populations, which are in topological order.
inline void simulate(const Window& window, const std::vector<Population>& populations,
                     const std::vector<Projection>& projections) {
  thread_local Arrivals arrivals;
  thread_local Simulation simulation;
  thread_local std::vector<std::vector<Spike>> spikes;
  spikes.resize(populations.size());
  for (std::size_t k = 0; k < populations.size(); ++k) {
    const auto& order = arrivals.gather(window, static_cast<int>(k), populations[k], projections,
                                        spikes);
    spikes[k] = simulation.run(populations[k], arrivals.current, order, window.steps);
    record(populations[k], spikes[k], window.start);
  }
}
