// Channels of thalamic cells, as those of cortical ones.
#pragma once

#include "constants.h"
#include "cortical_channels.h"
#include "gates.h"

#define SLEEPRUN_POTASSIUM(CONSTANT) SLEEPRUN_SODIUM(CONSTANT)
#define SLEEPRUN_T(CONSTANT)                                                               \
  CONSTANT(gain) CONSTANT(conductance) CONSTANT(speed) CONSTANT(nernst) CONSTANT(outside) \
  CONSTANT(m_speed) CONSTANT(h_speed)
#define SLEEPRUN_H(CONSTANT)                                                                   \
  SLEEPRUN_CHANNEL(CONSTANT) CONSTANT(shift) CONSTANT(held) CONSTANT(half) CONSTANT(share) \
  CONSTANT(binding) CONSTANT(locking)

SLEEPRUN_CONSTANTS(ThalamicConstants, SLEEPRUN_SODIUM)
SLEEPRUN_CONSTANTS(TConstants, SLEEPRUN_T)
SLEEPRUN_CONSTANTS(HConstants, SLEEPRUN_H)

// A channel whose conductance is what it is at any temperature.
struct Thalamic {
  template <class Constants>
  explicit Thalamic(const Constants& its)
      : most_(its.gain * its.conductance), reversal_(its.reversal) {}
  static constexpr bool kCarriesCalcium = false;
  float reversal(const Site&) const { return reversal_; }

 protected:
  float most_, reversal_;
};

class ThalamicSodium : public Thalamic {
 public:
  static constexpr char kName[] = "ThalamicSodium";
  static constexpr int kGates = 2;  // m, h
  using Constants = ThalamicConstants;

  ThalamicSodium(const Constants& its, float ms)
      : Thalamic(its), opens_(its.shift + 13, 4), closes_(its.shift + 40, 5),
        e_(its.shift + 13, -4), h_(its.shift + 17, -18), ms_(its.speed * ms) {}
  void move(const Site& site, Lanes* gates) const {
    const Lanes m = 0.32f * ms_ * opens_(site.v, e_(site.v)), e = closes_.factor * site.by5;
    relax({m, fused(0.28f * ms_, e * closes_(site.v, e), m)}, gates[0]);
    const Lanes h = 0.128f * ms_ * h_(site.v);
    relax({h, h + 4.0f * ms_ / (1.0f + e)}, gates[1]);
  }
  Lanes conduct(const Lanes* gates) const {
    return most_ * gates[0] * gates[0] * gates[0] * gates[1];
  }

 private:
  Linoid opens_, closes_;
  Exponential e_, h_;
  float ms_;
};

class ThalamicPotassium : public Thalamic {
 public:
  static constexpr char kName[] = "ThalamicPotassium";
  static constexpr int kGates = 1;
  using Constants = ThalamicConstants;

  ThalamicPotassium(const Constants& its, float ms)
      : Thalamic(its), opens_(its.shift + 15, 5), closes_(its.shift + 10, -40),
        ms_(its.speed * ms) {}
  void move(const Site& site, Lanes* gates) const {
    const Lanes opening = 0.032f * ms_ * opens_(site.v, opens_.factor * site.by5);
    relax({opening, fused(0.5f * ms_, closes_(site.v), opening)}, gates[0]);
  }
  Lanes conduct(const Lanes* gates) const {
    const Lanes square = gates[0] * gates[0];
    return most_ * square * square;
  }

 private:
  Linoid opens_;
  Exponential closes_;
  float ms_;
};

// What the low-threshold calcium channels have in common.
class TCurrent {
 public:
  static constexpr int kGates = 2;  // m, h
  static constexpr bool kCarriesCalcium = true;
  using Constants = TConstants;

  Lanes conduct(const Lanes* gates) const { return most_ * gates[0] * gates[0] * gates[1]; }
  Lanes reversal(const Site& site) const {
    return nernst_ * (outside_ - logarithm(site.calcium));
  }

 protected:
  TCurrent(const Constants& its, float ms)
      : m_ms_(its.speed * its.m_speed * ms), h_ms_(its.speed * its.h_speed * ms),
        most_(its.gain * its.conductance), nernst_(its.nernst),
        outside_(logarithm(spread(its.outside))[0]) {}
  float m_ms_, h_ms_;

 private:
  float most_, nernst_, outside_;
};

class RelayTCurrent : public TCurrent {
 public:
  static constexpr char kName[] = "RelayTCurrent";
  RelayTCurrent(const Constants& its, float ms) : TCurrent(its, ms) {}
  void move(const Site& site, Lanes* gates) const {
    const Lanes m_tau = 0.612f + 1.0f / (low_(site.v) + high_(site.v));
    relax(towards(1.0f / (1.0f + m_(site.v)), m_ms_ / m_tau), gates[0]);
    const Lanes h_tau = 30.8f + (211.4f + slow_(site.v)) / (1.0f + fast_(site.v));
    relax(towards(1.0f / (1.0f + h_(site.v)), h_ms_ / h_tau), gates[1]);
  }

 private:
  Exponential m_{-59, -6.2f}, h_{-83, 4}, low_{-131.6f, -16.7f}, high_{-16.8f, 18.2f};
  Exponential slow_{-115.2f, 5}, fast_{-86, 3.2f};
};

class ReticularTCurrent : public TCurrent {
 public:
  static constexpr char kName[] = "ReticularTCurrent";
  ReticularTCurrent(const Constants& its, float ms) : TCurrent(its, ms) {}
  void move(const Site& site, Lanes* gates) const {
    const Lanes m_tau = 3.0f + 1.0f / (high_(site.v) + low_(site.v));
    relax(towards(1.0f / (1.0f + m_(site.v)), m_ms_ / m_tau), gates[0]);
    const Lanes h_tau = 85.0f + 1.0f / (fast_(site.v) + slow_(site.v));
    relax(towards(1.0f / (1.0f + h_(site.v)), h_ms_ / h_tau), gates[1]);
  }

 private:
  Exponential m_{-52, -7.4f}, h_{-80, 5}, high_{-27, 10}, low_{-102, -15};
  Exponential fast_{-48, 4}, slow_{-407, -50};
};

class HCurrent : public Thalamic {
 public:
  static constexpr char kName[] = "HCurrent";
  static constexpr int kGates = 3;  // open, bound, locked
  using Constants = HConstants;

  HCurrent(const Constants& its, float ms)
      : Thalamic(its), steady_(-75 - its.shift, 5.5f), high_(-71.5f - its.shift, 14.2f),
        low_(-89 - its.shift, -11.6f), ms_(ms), held_(its.held), affinity_(1 / its.half),
        share_(1 / its.share), binding_(its.binding * ms),
        locking_(1 - Exponential(0, -1)(its.locking * ms)) {}
  void move(const Site& site, Lanes* gates) const {
    const Lanes open = gates[0], bound = gates[1], locked = gates[2];
    const Lanes tau = 20.0f + 1000.0f / (high_(site.v) + low_(site.v));
    relax(towards((1.0f - locked) / (1.0f + steady_(site.v)), ms_ / tau), gates[0]);
    const Lanes square = (affinity_ * site.calcium) * (affinity_ * site.calcium);
    const Lanes binding = binding_ * (square * square);
    relax({binding, binding + binding_}, gates[1]);
    gates[2] = fused(fused(share_ * bound, open, -locked), locking_, locked);
  }
  Lanes conduct(const Lanes* gates) const { return most_ * fused(held_, gates[2], gates[0]); }

 private:
  Exponential steady_, high_, low_;
  float ms_, held_, affinity_, share_, binding_, locking_;
};
