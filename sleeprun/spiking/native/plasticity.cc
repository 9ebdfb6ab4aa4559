// The XLA custom call of a plasticity event of a network; arguments as in window.cc.

#include <cstdint>
#include <vector>

#include "buffers.h"
#include "learning.h"
#include "processor.h"

namespace {

using Numbers = ffi::Span<const std::int64_t>;

// Which projections there are, and what the event does with each.
struct Wiring {
  Numbers pre, post, mirrors, ruled, plastic, rewarded, excitatory;

  void check(Buffers& buffers, std::int64_t populations) const {
    const auto count = static_cast<std::int64_t>(pre.size());
    for (const Numbers& each : {post, mirrors, ruled, plastic, rewarded, excitatory})
      buffers.demand(each.size() == pre.size(), "as many numbers as projections");
    for (std::int64_t k = 0; k < count && buffers.right(); ++k) {
      buffers.about("projection ", k);
      const auto there = [&](std::int64_t p) { return 0 <= p && p < populations; };
      buffers.demand(there(pre[k]) && there(post[k]), "it must join populations");
      buffers.demand(ruled[k] || !plastic[k], "a plastic one must have a rule");
      const std::int64_t m = mirrors[k];
      buffers.demand(m < 0 || (m < count && pre[m] == pre[k] && post[m] == post[k]),
                     "it must mirror one between the same populations");
    }
  }
};

struct Wires {
  Array<float> weights;
  STDPConstants constants;
  Array<const float> target;
  Array<const bool> locked;
  Traces traces;
  Array<float> mean;
};

Traces read_traces(Buffers& buffers) {
  Traces t;
  const auto synapse = buffers.change<std::int32_t>("synapse", {kAny});
  t.synapse = synapse.data;
  t.capacity = static_cast<int>(synapse.size);
  t.time = buffers.change<std::int32_t>("time", {synapse.size}).data;
  t.value = buffers.change<float>("value", {synapse.size}).data;
  t.head = buffers.change<std::int32_t>("head", {}).data;
  const auto groups = buffers.change<std::int32_t>("groups", {kAny});
  t.groups = groups.data;
  t.lifetime = static_cast<int>(groups.size);
  t.overflowed = buffers.change<bool>("overflowed", {}).data;
  buffers.demand(t.capacity > 0 && t.lifetime > 0, "its traces must have room and a lifetime");
  return t;
}

std::vector<Wires> read_wires(Buffers& buffers, const Wiring& wiring,
                              const std::vector<Array<const float>>& out_start) {
  std::vector<Wires> wires(wiring.ruled.size());
  const auto sizes = [&](std::size_t k) {
    return std::pair(out_start[wiring.pre[k]].size, out_start[wiring.post[k]].size);
  };
  for (std::size_t k = 0; k < wires.size(); ++k) {
    if (!wiring.ruled[k]) continue;
    const auto [pre, post] = sizes(k);
    buffers.about("projection ", k);
    wires[k].constants = buffers.constants<STDPConstants>();
    wires[k].target = buffers.read<float>("target", {post});
    wires[k].locked = buffers.read<bool>("locked", {pre, post});
  }
  for (std::size_t k = 0; k < wires.size(); ++k) {
    const auto [pre, post] = sizes(k);
    buffers.about("projection ", k);
    wires[k].weights = buffers.change<float>("weights", {pre, post});
    if (!wiring.ruled[k]) continue;
    wires[k].traces = read_traces(buffers);
    wires[k].mean = buffers.change<float>("mean", {pre, post});
  }
  return wires;
}

std::vector<SpikeList> read_spikes(Buffers& buffers,
                                   const std::vector<Array<const float>>& out_start) {
  std::vector<SpikeList> spikes(out_start.size());
  for (std::size_t k = 0; k < spikes.size(); ++k) {
    SpikeList& s = spikes[k];
    buffers.about("population ", k);
    s.size = static_cast<int>(out_start[k].size);
    s.spiked = buffers.change<float>("spiked", {s.size}).data;
    const auto time = buffers.change<std::int32_t>("time", {kAny});
    s.time = time.data;
    s.neuron = buffers.change<std::int32_t>("neuron", {time.size}).data;
    s.length = buffers.change<std::int32_t>("length", {}).data;
    s.fresh = buffers.change<std::int32_t>("fresh", {}).data;
    buffers.change<bool>("overflowed", {});  // the other call's business
  }
  return spikes;
}

// Each population's summed output weights at the start, over those at present.
std::vector<std::vector<float>> drifts(const std::vector<Array<const float>>& out_start,
                                       const std::vector<Wires>& wires,
                                       const Wiring& wiring) {
  std::vector<std::vector<float>> drift(out_start.size());
  for (std::size_t k = 0; k < wires.size(); ++k)
    if (wiring.plastic[k]) drift[wiring.pre[k]].assign(out_start[wiring.pre[k]].size, 0.0f);
  for (std::size_t k = 0; k < wires.size(); ++k) {
    std::vector<float>& out = drift[wiring.pre[k]];
    if (!wiring.excitatory[k] || out.empty()) continue;
    const auto rows = static_cast<int>(out.size());
    const auto columns = static_cast<int>(wires[k].weights.shape[1]);
    by_strips(rows, columns, [&](int first, int some, int wide) __attribute__((always_inline)) {
      Strip count;
      const Strip sums =
          row_sums(wires[k].weights.data + std::int64_t{first} * wide, some, wide, count);
      for (int lane = 0; lane < some; ++lane) out[first + lane] += sums[lane];
    });
  }
  for (std::size_t p = 0; p < drift.size(); ++p)
    for (std::size_t n = 0; n < drift[p].size(); ++n)
      drift[p][n] = drift[p][n] > 0 ? out_start[p].data[n] / drift[p][n] : 0.0f;
  return drift;
}

ffi::Error call(Numbers pre, Numbers post, Numbers mirrors, Numbers ruled, Numbers plastic,
                Numbers rewarded, Numbers excitatory, std::int64_t populations,
                ffi::RemainingArgs arguments, ffi::RemainingRets results) {
  [[maybe_unused]] const FlushToZero scope{};
  const Wiring wiring{pre, post, mirrors, ruled, plastic, rewarded, excitatory};
  Buffers buffers(arguments, results);
  wiring.check(buffers, populations);
  if (!buffers.right()) return buffers.verdict();
  // Now, and what is older is forgotten.
  const auto clock = buffers.read<std::int32_t>("clock", {2});
  const auto reward = buffers.read<float>("reward", {});
  std::vector<Array<const float>> out_start;
  for (std::int64_t k = 0; k < populations; ++k) {
    buffers.about("population ", k);
    out_start.push_back(buffers.read<float>("out_start", {kAny}));
  }
  auto wires = read_wires(buffers, wiring, out_start);
  auto spikes = read_spikes(buffers, out_start);
  auto verdict = buffers.verdict();
  if (verdict.failure()) return verdict;

  const auto drift = drifts(out_start, wires, wiring);
  for (std::size_t k = 0; k < wires.size(); ++k) {
    Wires& w = wires[k];
    if (ruled[k] && !plastic[k]) grow_older(w.traces, 0);
    if (!plastic[k]) continue;
    PlasticProjection p{Rule(w.constants), rewarded[k] != 0, spikes[pre[k]].size,
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

extern "C" const char* SleeprunSTDP() { return STDPConstants::kNames; }

XLA_FFI_DEFINE_HANDLER_SYMBOL(SleeprunPlasticity, call,
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

#pragma GCC visibility pop
