// Channels of thalamic cells, as those of cortical ones.
#pragma once

#include "channels.h"

#define SLEEPRUN_T(CONSTANT)                                                               \
  CONSTANT(gain) CONSTANT(conductance) CONSTANT(speed) CONSTANT(nernst) CONSTANT(outside) \
  CONSTANT(m_speed) CONSTANT(h_speed)
#define SLEEPRUN_H(CONSTANT)                                                                   \
  SLEEPRUN_CHANNEL(CONSTANT) CONSTANT(shift) CONSTANT(held) CONSTANT(half) CONSTANT(share) \
  CONSTANT(binding) CONSTANT(locking)

SLEEPRUN_CONSTANTS(TConstants, SLEEPRUN_T)
SLEEPRUN_CONSTANTS(HConstants, SLEEPRUN_H)

struct ThalamicSodium : TwoGates<3> {
  static constexpr char kName[] = "ThalamicSodium";
  using Constants = ShiftedConstants;

  ThalamicSodium(const Constants& its, float ms)
      : TwoGates(
            its.gain * its.conductance, its.reversal, its.speed * ms,
            [&](double v) {
              const double w = v - its.shift;
              return rates(0.32 * linoid(w - 13, 4), 0.28 * linoid(40 - w, 5));
            },
            [&](double v) {
              const double w = v - its.shift;
              return rates(0.128 * exponential((17 - w) / 18), 4 * sigmoid(w, 40, 5));
            }) {}
};

struct ThalamicPotassium : OneGate<4> {
  static constexpr char kName[] = "ThalamicPotassium";
  using Constants = ShiftedConstants;

  ThalamicPotassium(const Constants& its, float ms)
      : OneGate(its.gain * its.conductance, its.reversal, its.speed * ms, [&](double v) {
          const double w = v - its.shift;
          return rates(0.032 * linoid(w - 15, 5), 0.5 * exponential((10 - w) / 40));
        }) {}
};

// What the low-threshold calcium channels have in common.
class TCurrent : public TwoGates<2, true> {
 public:
  static constexpr bool kCarriesCalcium = true;
  using Constants = TConstants;

  Lanes reversal(const Site& site) const {
    return nernst_ * (outside_ - logarithm(site.calcium));
  }

 protected:
  template <class Opening, class Closing>
  TCurrent(const Constants& its, float ms, const Opening& m, const Closing& h)
      : TwoGates(its.gain * its.conductance, 0, its.speed * ms, m, h), nernst_(its.nernst),
        outside_(logarithm(spread(its.outside))[0]) {}

 private:
  float nernst_, outside_;
};

struct RelayTCurrent : TCurrent {
  static constexpr char kName[] = "RelayTCurrent";

  RelayTCurrent(const Constants& its, float ms)
      : TCurrent(
            its, ms,
            [&](double v) {
              const double opens = exponential(-(v + 131.6) / 16.7) + exponential((v + 16.8) / 18.2);
              return towards(sigmoid(v, -59, 6.2), (0.612 + 1 / opens) / its.m_speed);
            },
            [&](double v) {
              const double closes = 211.4 + exponential((v + 115.2) / 5);
              const double tau = 30.8 + closes * sigmoid(v, -86, -3.2);
              return towards(sigmoid(v, -83, -4), tau / its.h_speed);
            }) {}
};

struct ReticularTCurrent : TCurrent {
  static constexpr char kName[] = "ReticularTCurrent";

  ReticularTCurrent(const Constants& its, float ms)
      : TCurrent(
            its, ms,
            [&](double v) {
              const double opens = exponential((v + 27) / 10) + exponential(-(v + 102) / 15);
              return towards(sigmoid(v, -52, 7.4), (3 + 1 / opens) / its.m_speed);
            },
            [&](double v) {
              const double closes = exponential((v + 48) / 4) + exponential(-(v + 407) / 50);
              return towards(sigmoid(v, -80, -5), (85 + 1 / closes) / its.h_speed);
            }) {}
};

class HCurrent : public Ohmic {
 public:
  static constexpr char kName[] = "HCurrent";
  static constexpr int kGates = 3;  // open, bound, locked
  static constexpr bool kSlow = true;
  using Constants = HConstants;

  HCurrent(const Constants& its, float ms)
      : Ohmic(its.gain * its.conductance, its.reversal),
        open_(
            [&](double v) {
              const double w = v + its.shift;
              const double sum = exponential((w + 71.5) / 14.2) + exponential(-(w + 89) / 11.6);
              return towards(sigmoid(w, -75, -5.5), 20 + 1000 / sum);
            },
            ms),
        held_(its.held), affinity_(1 / its.half), share_(1 / its.share), binding_(its.binding * ms),
        locking_(1 - exponential_decay(its.locking * ms)) {}
  void move_slowly(const Site& site, Lanes* gates) const {
    const Lanes open = gates[0], bound = gates[1], locked = gates[2];
    open_.move(site.at, gates[0], 1.0f - locked);
    const Lanes binding = binding_ * raised<4>(affinity_ * site.calcium);
    relax(binding, binding + binding_, gates[1]);
    gates[2] = fused(fused(share_ * bound, open, -locked), locking_, locked);
  }
  Lanes conduct(const Lanes* gates) const { return most_ * fused(held_, gates[2], gates[0]); }

 private:
  Gate open_;
  float held_, affinity_, share_, binding_, locking_;
};
