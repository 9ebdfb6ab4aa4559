// The XLA custom call of a window of steps of a network of cells built of channels.
//
// Arguments come in the order in which conducting.py gives them, as in window.cc.

#include "conducting.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "buffers.h"
#include "cell_population.h"
#include "processor.h"
#include "read_learning.h"
#include "read_spikes.h"
#include "read_synapses.h"

namespace {

using Numbers = ffi::Span<const std::int64_t>;
using Cells = std::unique_ptr<CellPopulation>;
using Waiting = std::function<Cells(Buffers&)>;  // for the state of the population

using AxosomaticSoma = Channels<CorticalSodium, CorticalPotassium>;
using PersistentSoma = Channels<CorticalSodium, CorticalPotassium, PersistentSodium>;
using Pyramidal = TwoCompartment<Channels<HighVoltageCalcium, CalciumPotassium, MCurrent,
                                          CorticalSodium, PersistentSodium>,
                                 PersistentSoma>;
using Interneuron = TwoCompartment<
    Channels<HighVoltageCalcium, CalciumPotassium, MCurrent, CorticalSodium>, AxosomaticSoma>;
using Relay =
    ConductanceBased<Channels<ThalamicSodium, ThalamicPotassium, RelayTCurrent, HCurrent>>;
using Reticular =
    ConductanceBased<Channels<ThalamicSodium, ThalamicPotassium, ReticularTCurrent>>;

void read_arrays(Buffers& buffers, std::int64_t steps, CellArrays& arrays) {
  const auto leak_g = buffers.read<float>("leak_g", {kAny});
  arrays.size = static_cast<int>(leak_g.size);
  arrays.leak_g = leak_g.data;
  arrays.leak_driven = buffers.read<float>("leak_driven", {leak_g.size}).data;
  const auto drive = buffers.read<float>("drive", {kAny, leak_g.size});
  arrays.drive = drive.data;
  if (!buffers.right()) return;
  arrays.driven = static_cast<int>(std::min(drive.shape[0], steps));
  buffers.demand(arrays.size > 0, "it must have cells");
}

void read_state(Buffers& buffers, CellArrays& arrays, int rows) {
  for (int row = 0; row < rows; ++row)
    arrays.rows.push_back(buffers.change<float>("v, calcium and gates", {arrays.size}).data);
  arrays.i = buffers.change<float>("i", {arrays.size}).data;
  arrays.opened_g = buffers.change<float>("g", {arrays.size}).data;
  arrays.opened_driven = buffers.change<float>("driven", {arrays.size}).data;
  arrays.spikes = read_spikes(buffers, arrays.size);
}

// A population whose constants come next.
template <class Cell>
Waiting read_cells(Buffers& buffers, std::int64_t steps, CellArrays arrays, int soma_substeps,
                   std::vector<int>& sizes) {
  const auto given = Cell::read(buffers);
  read_arrays(buffers, steps, arrays);
  sizes.push_back(arrays.size);
  return [=](Buffers& buffers) mutable -> Cells {
    read_state(buffers, arrays, PopulationOf<Cell>::kRows);
    if (!buffers.right()) return nullptr;
    return std::make_unique<PopulationOf<Cell>>(arrays, given, soma_substeps);
  };
}

// The kinds of cells that are known, by number.
template <class... Each>
struct Kinds {
  static constexpr std::int64_t kCount = sizeof...(Each);

  static Waiting read(std::int64_t kind, Buffers& buffers, std::int64_t steps,
                      const CellArrays& arrays, int soma_substeps, std::vector<int>& sizes) {
    Waiting found;
    std::int64_t number = 0;
    ((number++ == kind &&
      (found = read_cells<Each>(buffers, steps, arrays, soma_substeps, sizes), true)),
     ...);
    return found;
  }
  static std::string names() { return ((std::string(Each::kName) + Each::names() + "; ") + ...); }
};
using Known = Kinds<Pyramidal, Interneuron, Relay, Reticular>;

std::vector<Waiting> read_populations(Buffers& buffers, Numbers kinds, Numbers substeps,
                                      Numbers soma_substeps, std::int64_t steps,
                                      std::int64_t local, std::vector<int>& sizes) {
  std::vector<Waiting> waiting;
  const auto quiet =
      buffers.read<float>("quiet", {static_cast<std::int64_t>(kinds.size())});
  buffers.demand(local > 0, "a long step has steps");
  buffers.demand(kinds.size() == substeps.size() && kinds.size() == soma_substeps.size(),
                 "as many substeps as populations");
  for (std::size_t k = 0; k < kinds.size() && buffers.right(); ++k) {
    buffers.about("population ", k);
    buffers.demand(0 <= kinds[k] && kinds[k] < Known::kCount, "its kind must be known");
    buffers.demand(substeps[k] > 0 && soma_substeps[k] > 0, "it must have substeps");
    if (!buffers.right()) break;
    CellArrays arrays{};
    arrays.substeps = static_cast<int>(substeps[k]);
    arrays.local = static_cast<int>(local);
    arrays.quiet = quiet.data[k];
    waiting.push_back(Known::read(kinds[k], buffers, steps, arrays,
                                  static_cast<int>(soma_substeps[k]), sizes));
  }
  return waiting;
}

std::vector<WaitingSynapses> read_projections(Buffers& buffers, Numbers pre, Numbers post,
                                              Numbers synapses, const std::vector<int>& sizes,
                                              const std::uint32_t* words, std::int32_t cycle,
                                              std::int64_t first_step, std::int64_t cycle_steps,
                                              std::vector<Ends>& ends) {
  std::vector<WaitingSynapses> waiting;
  buffers.demand(pre.size() == post.size() && pre.size() == synapses.size(),
                 "as many synapses as projections");
  const auto count = static_cast<std::int64_t>(sizes.size());
  for (std::size_t k = 0; k < pre.size() && buffers.right(); ++k) {
    buffers.about("projection ", k);
    buffers.demand(0 <= pre[k] && pre[k] < count && 0 <= post[k] && post[k] < count,
                   "it must join populations");
    buffers.demand(0 <= synapses[k] && synapses[k] < kSynapseKinds, "its kind must be known");
    if (!buffers.right()) break;
    const Moment moment{{words[2 * k], words[2 * k + 1]}, cycle,
                        static_cast<std::int32_t>(first_step),
                        static_cast<std::int32_t>(cycle_steps)};
    ends.push_back({sizes[pre[k]], sizes[post[k]]});
    waiting.push_back(read_synapses(buffers, synapses[k], ends.back(), moment));
  }
  return waiting;
}

ffi::Error call(Numbers kinds, Numbers substeps, Numbers soma_substeps, Numbers pre, Numbers post,
                Numbers synapses, Numbers plastic, std::int64_t first_step,
                std::int64_t cycle_steps, std::int64_t local_steps,
                ffi::RemainingArgs arguments, ffi::RemainingRets results) {
  [[maybe_unused]] const FlushToZero scope{};
  Buffers buffers(arguments, results);
  const auto clock = buffers.read<std::int32_t>("clock", {3});  // cycle, now, and steps to take
  const auto words =
      buffers.read<std::uint32_t>("words", {static_cast<std::int64_t>(pre.size()), 2});
  if (!buffers.right()) return buffers.verdict();
  const std::int64_t steps = clock.data[2];
  buffers.demand(steps >= 0 && first_step >= 0 && cycle_steps > 0, "time goes on in cycles");
  buffers.demand(plastic.size() == 0 || (first_step == 0 && steps % cycle_steps == 0),
                 "plasticity wants whole cycles");
  if (!buffers.right()) return buffers.verdict();
  std::vector<int> sizes;
  const auto cells = read_populations(buffers, kinds, substeps, soma_substeps, steps,
                                      local_steps, sizes);
  std::vector<Ends> ends;
  const auto joined = read_projections(buffers, pre, post, synapses, sizes, words.data,
                                       clock.data[0], first_step, cycle_steps, ends);
  auto learning = read_learning(buffers, plastic, ends);
  std::vector<Cells> populations;
  for (std::size_t k = 0; k < cells.size() && buffers.right(); ++k) {
    buffers.about("population ", k);
    populations.push_back(cells[k](buffers));
  }
  std::vector<Joined> projections;
  for (std::size_t k = 0; k < joined.size() && buffers.right(); ++k) {
    buffers.about("projection ", k);
    projections.push_back(
        {static_cast<int>(pre[k]), static_cast<int>(post[k]), joined[k](buffers)});
  }
  if (buffers.right()) read_learned(buffers, learning, ends);
  buffers.about("call ", 0);
  const auto means =
      buffers.change<float>("means", {kAny, static_cast<std::int64_t>(sizes.size())});
  auto verdict = buffers.verdict();
  if (verdict.failure()) return verdict;
  const auto whole = [](std::int64_t number) { return static_cast<int>(number); };
  const Span span{clock.data[1], whole(first_step), whole(steps), whole(cycle_steps),
                  whole(local_steps)};
  const Trace trace{means.data, whole(means.shape[0])};
  ConductingNetwork(std::move(populations), std::move(projections)).run(span, learning, trace);
  return verdict;
}

}  // namespace

#pragma GCC visibility push(default)

// What each known kind of cell is built of: its class, and its channels by theirs; after a / those
// of its soma.
extern "C" const char* SleeprunCells() {
  static const std::string names = Known::names();
  return names.c_str();
}

#define SLEEPRUN_TELL(NAME, CONSTANTS) \
  extern "C" const char* Sleeprun##NAME() { return CONSTANTS::kNames; }
SLEEPRUN_TELL(ConductanceBased, ConductanceBasedConstants)
SLEEPRUN_TELL(TwoCompartment, TwoCompartmentConstants)
SLEEPRUN_TELL(Shell, ShellConstants)
SLEEPRUN_TELL(HighVoltageCalcium, HighVoltageCalcium::Constants)
SLEEPRUN_TELL(CalciumPotassium, CalciumPotassium::Constants)
SLEEPRUN_TELL(MCurrent, MCurrent::Constants)
SLEEPRUN_TELL(CorticalSodium, CorticalSodium::Constants)
SLEEPRUN_TELL(CorticalPotassium, CorticalPotassium::Constants)
SLEEPRUN_TELL(PersistentSodium, PersistentSodium::Constants)
SLEEPRUN_TELL(ThalamicSodium, ThalamicSodium::Constants)
SLEEPRUN_TELL(ThalamicPotassium, ThalamicPotassium::Constants)
SLEEPRUN_TELL(RelayTCurrent, TCurrent::Constants)
SLEEPRUN_TELL(ReticularTCurrent, TConstants)
SLEEPRUN_TELL(HCurrent, HCurrent::Constants)
SLEEPRUN_TELL(AlphaBeta, AlphaBetaConstants)
SLEEPRUN_TELL(Conductance, ConductanceConstants)
SLEEPRUN_TELL(NMDA, NMDAConstants)
SLEEPRUN_TELL(GABAB, GABABConstants)
SLEEPRUN_TELL(Quantal, QuantalConstants)
SLEEPRUN_TELL(NearestSTDP, NearestConstants)

XLA_FFI_DEFINE_HANDLER_SYMBOL(SleeprunConducting, call,
                              ffi::Ffi::Bind()
                                  .Attr<Numbers>("kinds")
                                  .Attr<Numbers>("substeps")
                                  .Attr<Numbers>("soma_substeps")
                                  .Attr<Numbers>("pre")
                                  .Attr<Numbers>("post")
                                  .Attr<Numbers>("synapses")
                                  .Attr<Numbers>("plastic")
                                  .Attr<std::int64_t>("first_step")
                                  .Attr<std::int64_t>("cycle_steps")
                                  .Attr<std::int64_t>("local_steps")
                                  .RemainingArgs()
                                  .RemainingRets());

#pragma GCC visibility pop
