// The XLA custom call of a window of steps of a network.
//
// Arguments come in the order in which network.py gives them; arrays that change are arguments
// and results at the same place in memory.

#include "window.h"

#include <cstdint>
#include <optional>
#include <vector>

#include "buffers.h"
#include "processor.h"
#include "read_spikes.h"

namespace {

using Numbers = ffi::Span<const std::int64_t>;

std::optional<Relaxation> read_relaxation(Buffers& buffers, const Rulkov& rule) {
  const auto limits = buffers.read<float>("limits", {kAny});
  const bool none = limits.size == 0;
  const auto taylor = buffers.read<float>("taylor", {kAny, 2, none ? 0 : kTerms});
  const auto table = buffers.read<float>("table", {kAny, none ? 0 : kRow});
  const auto reach = buffers.read<std::int32_t>("reach", {});
  buffers.demand(none || limits.size == 4, "limits must be four");
  if (!buffers.right() || none) return std::nullopt;
  buffers.demand(table.shape[0] >= 2, "a table has two rows or more");
  return Relaxation{limits.data[0], limits.data[1], limits.data[2], limits.data[3], taylor.data,
                    table.data, static_cast<int>(taylor.shape[0]),
                    static_cast<int>(table.shape[0]), *reach.data, rule.decay,
                    power(rule.decay, *reach.data)};
}

std::vector<Population> read_populations(Buffers& buffers, std::int64_t count, std::int64_t steps) {
  std::vector<Population> populations;
  for (std::int64_t k = 0; k < count && buffers.right(); ++k) {
    buffers.about("population ", k);
    const Rulkov rule(buffers.constants<RulkovConstants>());
    const auto relaxation = read_relaxation(buffers, rule);
    const auto resistance = buffers.read<float>("resistance", {kAny});
    const auto drive = buffers.read<float>("drive", {kAny, resistance.size});
    if (!buffers.right()) break;
    buffers.demand(drive.shape[0] <= steps, "its drive is longer than the window");
    populations.push_back({static_cast<int>(resistance.size), rule, relaxation, resistance.data,
                           drive.data, static_cast<int>(drive.shape[0])});
  }
  return populations;
}

std::vector<Projection> read_projections(Buffers& buffers, Numbers pre, Numbers post,
                                         const std::vector<Population>& populations,
                                         const std::uint32_t* words, const float* jitter) {
  std::vector<Projection> projections;
  const auto count = static_cast<std::int64_t>(populations.size());
  for (std::size_t k = 0; k < pre.size() && buffers.right(); ++k) {
    buffers.about("projection ", k);
    buffers.demand(0 <= pre[k] && pre[k] < post[k] && post[k] < count, "it must lead forward");
    if (!buffers.right()) break;
    const auto weights = buffers.read<float>(
        "weights", {populations[pre[k]].size, populations[post[k]].size});
    projections.push_back({static_cast<int>(pre[k]), static_cast<int>(post[k]), weights.data,
                           {words[2 * k], words[2 * k + 1]}, jitter[k]});
  }
  return projections;
}

void read_states(Buffers& buffers, std::vector<Population>& populations) {
  for (std::size_t k = 0; k < populations.size(); ++k) {
    Population& p = populations[k];
    buffers.about("population ", k);
    p.v = buffers.change<float>("v", {p.size}).data;
    p.v1 = buffers.change<float>("v1", {p.size}).data;
    p.v2 = buffers.change<float>("v2", {p.size}).data;
    p.u = buffers.change<float>("u", {p.size}).data;
    p.i = buffers.change<float>("i", {p.size}).data;
    p.spikes = read_spikes(buffers, p.size);
  }
}

ffi::Error call(Numbers pre, Numbers post, std::int64_t populations, std::int64_t steps,
                std::int64_t first_step, ffi::RemainingArgs arguments,
                ffi::RemainingRets results) {
  [[maybe_unused]] const FlushToZero scope{};
  Buffers buffers(arguments, results);
  const auto wires = static_cast<std::int64_t>(pre.size());
  const auto clock = buffers.read<std::int32_t>("clock", {2});
  const auto words = buffers.read<std::uint32_t>("words", {wires, 2});
  const auto jitter = buffers.read<float>("jitter", {wires});
  auto cells = read_populations(buffers, populations, steps);
  const auto projections =
      read_projections(buffers, pre, post, cells, words.data, jitter.data);
  if (buffers.right()) read_states(buffers, cells);
  auto verdict = buffers.verdict();
  if (verdict.failure()) return verdict;
  simulate({clock.data[0], clock.data[1], static_cast<std::int32_t>(first_step),
            static_cast<int>(steps)},
           cells, projections);
  return verdict;
}

}  // namespace

#pragma GCC visibility push(default)

extern "C" const char* SleeprunRulkov() { return RulkovConstants::kNames; }

XLA_FFI_DEFINE_HANDLER_SYMBOL(SleeprunWindow, call,
                              ffi::Ffi::Bind()
                                  .Attr<Numbers>("pre")
                                  .Attr<Numbers>("post")
                                  .Attr<std::int64_t>("populations")
                                  .Attr<std::int64_t>("steps")
                                  .Attr<std::int64_t>("first_step")
                                  .RemainingArgs()
                                  .RemainingRets());

#pragma GCC visibility pop
