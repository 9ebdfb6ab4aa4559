// The two XLA custom calls of a network on a CPU: a window of steps, and a plasticity event.
//
// Arguments come in the order in which __init__.py gives them; arrays that change are arguments
// and results at the same place in memory.

#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "buffers.h"
#include "learning.h"
#include "window.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

// Denormals make the decaying currents several times slower than they are worth (on x86).
class FlushToZero {
#if defined(__x86_64__)
 public:
  FlushToZero() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | 0x8040); }
  ~FlushToZero() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
#endif
};

using Numbers = ffi::Span<const std::int64_t>;

std::optional<Relaxation> read_relaxation(Buffers& buffers, const Rulkov& rule) {
  const auto limits = buffers.read<float>(), taylor = buffers.read<float>();
  const auto table = buffers.read<float>();
  const auto reach = buffers.read<std::int32_t>();
  if (!buffers.right() || limits.size == 0) return std::nullopt;
  return Relaxation{limits.data[0], limits.data[1], limits.data[2], limits.data[3], taylor.data,
                    table.data, static_cast<int>(taylor.shape[0]),
                    static_cast<int>(table.shape[0]), *reach.data, rule.decay,
                    std::pow(rule.decay, static_cast<float>(*reach.data))};
}

std::vector<Population> read_populations(Buffers& buffers, std::int64_t count) {
  std::vector<Population> populations;
  for (std::int64_t k = 0; k < count && buffers.right(); ++k) {
    const auto constants = buffers.read<float>();
    if (!buffers.right()) break;
    const Rulkov rule(constants.data);
    const auto relaxation = read_relaxation(buffers, rule);
    const auto resistance = buffers.read<float>(), drive = buffers.read<float>();
    if (!buffers.right()) break;
    populations.push_back({static_cast<int>(resistance.size), rule, relaxation, resistance.data,
                           drive.data, static_cast<int>(drive.shape[0])});
  }
  return populations;
}

void read_states(Buffers& buffers, std::vector<Population>& populations) {
  for (Population& p : populations) {
    for (float** row : {&p.v, &p.v1, &p.v2, &p.u, &p.i, &p.spiked})
      *row = buffers.change<float>().data;
    const auto time = buffers.change<std::int32_t>();
    p.time = time.data;
    p.capacity = static_cast<std::int32_t>(time.size);
    p.neuron = buffers.change<std::int32_t>().data;
    p.length = buffers.change<std::int32_t>().data;
    buffers.change<std::int32_t>();  // which spikes are fresh is the other call's business
    p.overflowed = buffers.change<bool>().data;
  }
}

ffi::Error window(Numbers pre, Numbers post, std::int64_t populations, std::int64_t steps,
                  std::int64_t first_step, ffi::RemainingArgs arguments,
                  ffi::RemainingRets results) {
  [[maybe_unused]] const FlushToZero scope{};
  Buffers buffers(arguments, results);
  const auto clock = buffers.read<std::int32_t>();
  const auto words = buffers.read<std::uint32_t>();
  const auto jitter = buffers.read<float>();
  auto cells = read_populations(buffers, populations);
  std::vector<Projection> projections;
  for (std::size_t k = 0; k < pre.size() && buffers.right(); ++k)
    projections.push_back({static_cast<int>(pre[k]), static_cast<int>(post[k]),
                           buffers.read<float>().data,
                           {words.data[2 * k], words.data[2 * k + 1]}, jitter.data[k]});
  read_states(buffers, cells);
  auto verdict = buffers.verdict();
  if (verdict.failure()) return verdict;
  simulate({clock.data[0], clock.data[1], static_cast<std::int32_t>(first_step),
            static_cast<int>(steps)},
           cells, projections);
  return verdict;
}

struct Wires {
  Array<float> weights;
  Array<const float> constants, target;
  Array<const bool> locked;
  Traces traces;
  Array<float> mean;
};

Traces read_traces(Buffers& buffers) {
  Traces t;
  const auto synapse = buffers.change<std::int32_t>();
  t.synapse = synapse.data;
  t.capacity = static_cast<int>(synapse.size);
  t.time = buffers.change<std::int32_t>().data;
  t.value = buffers.change<float>().data;
  t.head = buffers.change<std::int32_t>().data;
  const auto groups = buffers.change<std::int32_t>();
  t.groups = groups.data;
  t.lifetime = static_cast<int>(groups.size);
  t.overflowed = buffers.change<bool>().data;
  return t;
}

std::vector<Wires> read_wires(Buffers& buffers, Numbers ruled) {
  std::vector<Wires> wires(ruled.size());
  for (std::size_t k = 0; k < wires.size(); ++k)
    if (ruled[k]) {
      wires[k].constants = buffers.read<float>();
      wires[k].target = buffers.read<float>();
      wires[k].locked = buffers.read<bool>();
    }
  for (std::size_t k = 0; k < wires.size(); ++k) {
    wires[k].weights = buffers.change<float>();
    if (!ruled[k]) continue;
    wires[k].traces = read_traces(buffers);
    wires[k].mean = buffers.change<float>();
  }
  return wires;
}

std::vector<SpikeList> read_spikes(Buffers& buffers, std::int64_t populations) {
  std::vector<SpikeList> spikes(populations);
  for (SpikeList& s : spikes) {
    const auto spiked = buffers.change<float>();
    s.spiked = spiked.data;
    s.size = static_cast<int>(spiked.size);
    for (std::int32_t** part : {&s.time, &s.neuron, &s.length, &s.fresh})
      *part = buffers.change<std::int32_t>().data;
    buffers.change<bool>();  // whether they ran over is the other call's business
  }
  return spikes;
}

// Each population's summed output weights at the start, over those at present.
std::vector<std::vector<float>> drifts(const std::vector<Array<const float>>& out_start,
                                       const std::vector<Wires>& wires, Numbers pre,
                                       Numbers excitatory, Numbers plastic) {
  std::vector<std::vector<float>> drift(out_start.size());
  for (std::size_t k = 0; k < wires.size(); ++k)
    if (plastic[k]) drift[pre[k]].assign(out_start[pre[k]].size, 0.0f);
  for (std::size_t k = 0; k < wires.size(); ++k) {
    std::vector<float>& out = drift[pre[k]];
    const std::int64_t columns = wires[k].weights.shape[1];
    for (std::size_t n = 0; excitatory[k] && n < out.size(); ++n)
      out[n] += row_sum(wires[k].weights.data + n * columns, static_cast<int>(columns));
  }
  for (std::size_t p = 0; p < drift.size(); ++p)
    for (std::size_t n = 0; n < drift[p].size(); ++n)
      drift[p][n] = drift[p][n] > 0 ? out_start[p].data[n] / drift[p][n] : 0.0f;
  return drift;
}

ffi::Error plasticity(Numbers pre, Numbers post, Numbers mirrors, Numbers ruled, Numbers plastic,
                      Numbers rewarded, Numbers excitatory, std::int64_t populations,
                      ffi::RemainingArgs arguments, ffi::RemainingRets results) {
  [[maybe_unused]] const FlushToZero scope{};
  Buffers buffers(arguments, results);
  const auto clock = buffers.read<std::int32_t>();  // now, and what is older is forgotten
  const auto reward = buffers.read<float>();
  std::vector<Array<const float>> out_start;
  for (std::int64_t k = 0; k < populations; ++k) out_start.push_back(buffers.read<float>());
  auto wires = read_wires(buffers, ruled);
  auto spikes = read_spikes(buffers, populations);
  auto verdict = buffers.verdict();
  if (verdict.failure()) return verdict;

  const auto drift = drifts(out_start, wires, pre, excitatory, plastic);
  for (std::size_t k = 0; k < wires.size(); ++k) {
    Wires& w = wires[k];
    if (ruled[k] && !plastic[k]) grow_older(w.traces, 0);
    if (!plastic[k]) continue;
    PlasticProjection p{Rule(w.constants.data), rewarded[k] != 0, spikes[pre[k]].size,
                        spikes[post[k]].size, spikes[pre[k]], spikes[post[k]], w.traces,
                        w.weights.data, w.mean.data, w.target.data, drift[pre[k]].data(),
                        w.locked.data};
    learn(p, *reward.data, clock.data[0]);
  }
  for (std::size_t k = 0; k < wires.size(); ++k)
    if (mirrors[k] >= 0 && plastic[mirrors[k]])
      mirror(wires[mirrors[k]].weights.data, wires[k].weights.data, spikes[pre[k]].size,
             spikes[post[k]].size);
  for (SpikeList& s : spikes) forget(s, clock.data[1]);
  return verdict;
}

}  // namespace

#pragma GCC visibility push(default)

XLA_FFI_DEFINE_HANDLER_SYMBOL(SleeprunWindow, window,
                              ffi::Ffi::Bind()
                                  .Attr<Numbers>("pre")
                                  .Attr<Numbers>("post")
                                  .Attr<std::int64_t>("populations")
                                  .Attr<std::int64_t>("steps")
                                  .Attr<std::int64_t>("first_step")
                                  .RemainingArgs()
                                  .RemainingRets());

XLA_FFI_DEFINE_HANDLER_SYMBOL(SleeprunPlasticity, plasticity,
                              ffi::Ffi::Bind()
                                  .Attr<Numbers>("pre")
                                  .Attr<Numbers>("post")
                                  .Attr<Numbers>("mirrors")
                                  .Attr<Numbers>("ruled")
                                  .Attr<Numbers>("plastic")
                                  .Attr<Numbers>("rewarded")
                                  .Attr<Numbers>("excitatory")
                                  .Attr<std::int64_t>("populations")
                                  .RemainingArgs()
                                  .RemainingRets());

// Which build of this kernel the processor can run: 2 with AVX-512, 1 with AVX2, 0 any.
extern "C" int SleeprunProcessor() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  return avx2 ? (avx512 ? 2 : 1) : 0;
#else
  return 0;
#endif
}

#pragma GCC visibility pop
