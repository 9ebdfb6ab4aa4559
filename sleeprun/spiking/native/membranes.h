// Cells built of channels, kWidth of them at a time (neurons/conductance_based, two_compartment).
#pragma once

#include <span>
#include <string>
#include <tuple>

#include "constants.h"
#include "cortical_channels.h"
#include "thalamic_channels.h"

#define SLEEPRUN_CELL(CONSTANT) \
  CONSTANT(step_ms) CONSTANT(current_decay) CONSTANT(capacitance) CONSTANT(threshold)
#define SLEEPRUN_TWO(CONSTANT)                                                           \
  SLEEPRUN_CELL(CONSTANT) CONSTANT(input_capacitance) CONSTANT(resistance)               \
  CONSTANT(soma_area) CONSTANT(area_ratio) CONSTANT(soma_current)
#define SLEEPRUN_SHELL(CONSTANT) CONSTANT(depth) CONSTANT(rest) CONSTANT(tau)

SLEEPRUN_CONSTANTS(ConductanceBasedConstants, SLEEPRUN_CELL)
SLEEPRUN_CONSTANTS(TwoCompartmentConstants, SLEEPRUN_TWO)
SLEEPRUN_CONSTANTS(ShellConstants, SLEEPRUN_SHELL)

// Conductances and what they drive: their current is driven - g V.
struct Opened {
  Lanes g, driven;

  void add(const Lanes& more, const Lanes& reversal) {
    g += more;
    driven = fused(more, reversal, driven);
  }
};

// The channels of a piece of membrane, but for its leaks.
template <class... Each>
class Channels {
 public:
  static constexpr int kGates = (Each::kGates + ...);
  static constexpr bool kSlow = (Each::kSlow || ...);
  using Constants = std::tuple<typename Each::Constants...>;

  static std::string names() { return ((std::string(" ") + Each::kName) + ...); }
  template <class Source>
  static Constants read(Source& source) {
    return Constants{source.template constants<typename Each::Constants>()...};
  }
  Channels(const Constants& its, float ms)
      : each_(std::apply([&](const auto&... one) { return std::tuple<Each...>{Each(one, ms)...}; },
                         its)) {}
  void move(const Site& site, Lanes* gates) const {
    each([&](const auto& channel, Lanes* its) { channel.move(site, its); }, gates);
  }
  void move_slowly(const Site& site, Lanes* gates) const {
    each([&](const auto& channel, Lanes* its) { channel.move_slowly(site, its); }, gates);
  }
  // Adds what they conduct; returns what of it is calcium.
  Opened conduct(const Site& site, Lanes* gates, Opened& opened) const {
    Opened calcium{};
    each(
        [&](const auto& channel, Lanes* its) {
          const Lanes g = channel.conduct(its), reversal = spread(channel.reversal(site));
          opened.add(g, reversal);
          if (channel.kCarriesCalcium) calcium.add(g, reversal);
        },
        gates);
    return calcium;
  }

 private:
  template <class Visit>
  void each(const Visit& visit, Lanes* gates) const {
    std::apply([&](const auto&... one) { ((visit(one, gates), gates += one.kGates), ...); }, each_);
  }
  std::tuple<Each...> each_;
};

// C V' = driven - g V, and calcium inside, for a step.
class Membrane {
 public:
  Membrane(float capacitance, const ShellConstants& shell, float ms)
      : per_capacitance_(ms / capacitance), influx_(-10.0f / (2 * 96489.0f) / shell.depth),
        rest_(shell.rest), tau_(shell.tau), share_(1 - exponential_decay(ms / shell.tau)) {}
  void relax_potential(const Opened& opened, Lanes& v) const {
    const Lanes shares = opened.g * per_capacitance_;
    v = fused(fused(-shares, v, opened.driven * per_capacitance_), slowed(shares), v);
  }
  void relax_calcium(const Opened& flow, const Lanes& v, Lanes& calcium) const {
    const Lanes current = fused(flow.g, v, -flow.driven);
    const Lanes steady = fused(most(influx_ * current, Lanes{}), tau_, rest_);
    calcium = fused(steady - calcium, share_, calcium);
  }

 private:
  float per_capacitance_, influx_, rest_, tau_, share_;
};

// Whether a potential comes to the threshold from below.
inline Where crosses(const Lanes& before, const Lanes& after, float threshold) {
  return (before < threshold) & (after >= threshold);
}

// Cells on their way through a step, under what leaks and synapses open. Each part of a step is
// taken for all of them before the next, because the processor works at several at once only where
// none waits for another.
template <class Cells>
struct Stepping {
  Cells* cells;
  Opened leaks, synapses;
  Where spiked;
  Opened outside, inside;  // what two compartments conduct
  Lanes before, part;      // the soma's potential; the part of the dendrite's that it is
};

template <class Inside>
class ConductanceBased {
 public:
  static constexpr char kName[] = "ConductanceBased";
  static constexpr int kGates = Inside::kGates;
  struct Cells {
    Lanes v, calcium, gates[kGates];
    const Lanes& spiking() const { return v; }  // the potential at which a spike is counted
  };

  struct Given {
    ConductanceBasedConstants its;
    ShellConstants shell;
    typename Inside::Constants channels;
  };
  template <class Source>
  static Given read(Source& source) {
    return {source.template constants<ConductanceBasedConstants>(),
            source.template constants<ShellConstants>(), Inside::read(source)};
  }

  static std::string names() { return Inside::names(); }
  ConductanceBased(const Given& given, float ms, int)
      : channels_(given.channels, ms), membrane_(given.its.capacitance, given.shell, ms),
        threshold_(given.its.threshold) {}

  // Gates that are slow, in a step of their own.
  void move_slowly(std::span<Stepping<Cells>> all) const {
    for (const auto& its : all)
      channels_.move_slowly(Site{Place(its.cells->v), its.cells->calcium}, its.cells->gates);
  }
  // The rest a step later.
  [[gnu::flatten]] void step(std::span<Stepping<Cells>> all) const {
    for (const auto& its : all)
      channels_.move(Site{Place(its.cells->v), its.cells->calcium}, its.cells->gates);
    for (auto& its : all) {
      auto& [v, calcium, gates] = *its.cells;
      const Site site{Place(v), calcium};
      Opened opened{its.leaks.g + its.synapses.g, its.leaks.driven + its.synapses.driven};
      const Opened inflow = channels_.conduct(site, gates, opened);
      membrane_.relax_calcium(inflow, v, calcium);
      const Lanes before = v;
      membrane_.relax_potential(opened, v);
      its.spiked |= crosses(before, v, threshold_);
    }
  }

 private:
  Inside channels_;
  Membrane membrane_;
  float threshold_;
};
