// A population of cells built of channels, in blocks of kBlock, between the arrays of a call.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "membranes.h"
#include "padded.h"
#include "spike_list.h"
#include "synapses.h"
#include "two_compartments.h"

// What a call says of a population, but for its constants.
struct CellArrays {
  int size = 0, substeps = 1, driven = 0;
  int local = 1;      // steps that a block takes as one while it is quiet
  float quiet = 0;    // mV; it is while all of its potentials are below
  const float *leak_g, *leak_driven, *drive;  // [cell], [cell] and [driven, cell]
  std::vector<float*> rows;                   // as they lie in Cells
  float *i, *opened_g, *opened_driven;
  SpikeList spikes{};
};

class CellPopulation {
 public:
  explicit CellPopulation(const CellArrays& arrays, float decay)
      : size(arrays.size), blocks((arrays.size + kBlock - 1) / kBlock), arrays_(arrays),
        decay_(decay), leak_g_(size, arrays.leak_g), leak_driven_(size, arrays.leak_driven),
        i_(size, arrays.i), late_(blocks, false) {}
  virtual ~CellPopulation() = default;

  // Adds what drives it before step t.
  void drive(int t) {
    if (t >= arrays_.driven) return;
    const float* row = arrays_.drive + std::int64_t{t} * size;
    for (int cell = 0; cell < size; ++cell) i_[cell] += row[cell];
  }
  // Finds the blocks that take the steps from t on as one; all of them must be in the window.
  void look_ahead(int t) {
    const int last = std::min(t + arrays_.local, arrays_.driven);
    const bool driven = std::any_of(arrays_.drive + std::int64_t{std::min(t, last)} * size,
                                    arrays_.drive + std::int64_t{last} * size,
                                    [](float current) { return current != 0; });
    for (int block = 0; block < blocks; ++block) late_[block] = !driven && quiet(block);
    hurries_ = false;
  }
  // All steps are taken by all that moves, from now on.
  void hurry() { late_.assign(blocks, false), hurries_ = true; }

  // A step of all blocks, as their synapses are felt; but late ones, and gates that are slow, make
  // all the steps that are taken as one in the last of them. `fired` is who spikes, in order.
  virtual void step(bool last, std::vector<int>& fired) = 0;
  void record(std::int32_t time, int cell) const { arrays_.spikes.record(time, cell); }
  // mV, of its cells.
  virtual float mean_potential() const = 0;
  // Gives the state back.
  virtual void leave() = 0;

  const int size, blocks;
  std::vector<Felt> felt;  // of each projection that leads here

 protected:
  virtual bool quiet(int block) const = 0;

  const CellArrays arrays_;
  const float decay_;
  Padded leak_g_, leak_driven_, i_;
  std::vector<bool> late_;
  bool hurries_ = true;
};

template <class Cell>
class PopulationOf final : public CellPopulation {
 public:
  using Cells = typename Cell::Cells;
  static constexpr int kRows = sizeof(Cells) / sizeof(Lanes);

  PopulationOf(const CellArrays& arrays, const typename Cell::Given& given, int soma_substeps)
      : CellPopulation(arrays, given.its.current_decay),
        cell_(given, given.its.step_ms / arrays.substeps, soma_substeps),
        slow_cell_(given, given.its.step_ms * arrays.local / arrays.substeps, 1),
        cells_(blocks * kBlock / kWidth), stepping_(cells_.size()) {
    for (int n = 0; n < blocks * kBlock; ++n)  // beyond the last cell are copies of it
      for (int row = 0; row < kRows; ++row) at(n, row) = arrays.rows[row][std::min(n, size - 1)];
  }
  void step(bool last, std::vector<int>& fired) override {
    fired.clear();
    step(cell_, hurries_ ? &cell_ : last ? &slow_cell_ : nullptr, false, fired);
    if (!last || std::none_of(late_.begin(), late_.end(), [](bool is) { return is; })) return;
    step(slow_cell_, &slow_cell_, true, fired);
    std::sort(fired.begin(), fired.end());
  }
  float mean_potential() const override {
    double sum = 0;
    for (int n = 0; n < size; ++n) sum += cells_[n / kWidth].v[n % kWidth];
    return static_cast<float>(sum / size);
  }
  void leave() override {
    Padded g(size), driven(size);
    for (int first = 0; first < g.padded(); first += kWidth) {
      const Opened synapses = opened(first, cells_[first / kWidth]);
      put(synapses.g, &g[first]), put(synapses.driven, &driven[first]);
    }
    std::copy_n(g.data(), size, arrays_.opened_g);
    std::copy_n(driven.data(), size, arrays_.opened_driven);
    std::copy_n(i_.data(), size, arrays_.i);
    for (int n = 0; n < size; ++n)
      for (int row = 0; row < kRows; ++row) arrays_.rows[row][n] = at(n, row);
  }

 protected:
  bool quiet(int block) const override {
    std::uint32_t all = 0;
    for (int first = block * kBlock; first < (block + 1) * kBlock; first += kWidth) {
      const Where calm = cells_[first / kWidth].spiking() < arrays_.quiet;
      all |= bits(calm & (get(&i_[first]) == 0.0f)) << (first % kBlock);
    }
    return (all & existing(block)) == existing(block);
  }

 private:
  // Of blocks that are late, or are not.
  void step(const Cell& cell, const Cell* slow, bool late, std::vector<int>& fired) {
    std::size_t count = 0;
    for (int first = 0; first < blocks * kBlock; first += kWidth)
      if (late_[first / kBlock] == late) enter(first, stepping_[count++]);
    const std::span all(stepping_.data(), count);
    for (int turn = 0; turn < arrays_.substeps; ++turn) {
      if (slow) slow->move_slowly(all);
      cell.step(all);
    }
    for (const auto& its : all) {
      const auto first = static_cast<int>(its.cells - cells_.data()) * kWidth;
      for (std::uint32_t left = bits(its.spiked); left; left &= left - 1)
        if (const int n = first + std::countr_zero(left); n < size) fired.push_back(n);
    }
  }
  void enter(int first, Stepping<Cells>& its) {
    its.cells = &cells_[first / kWidth];
    const Lanes i = get(&i_[first]);
    its.leaks = {get(&leak_g_[first]), get(&leak_driven_[first])};
    its.synapses = opened(first, *its.cells);
    its.synapses.driven += i;
    its.spiked = Where{};
    put(decay_ * i, &i_[first]);
  }
  // What synapses open.
  Opened opened(int first, const Cells& cells) const {
    const Place at(cells.v);
    Opened found{};
    for (const Felt& one : felt) {
      Lanes g = one.gain * *one.scale * get(one.g + first);
      if (one.free) g *= (*one.free)(at);
      found.add(g, spread(one.reversal));
    }
    return found;
  }
  std::uint32_t existing(int block) const {
    const int left = size - block * kBlock;
    return left >= kBlock ? 0xFFFFu : (1u << left) - 1;
  }
  float& at(int n, int row) {
    return reinterpret_cast<float*>(&cells_[n / kWidth])[row * kWidth + n % kWidth];
  }

  const Cell cell_, slow_cell_;
  std::vector<Cells> cells_;
  std::vector<Stepping<Cells>> stepping_;
};
