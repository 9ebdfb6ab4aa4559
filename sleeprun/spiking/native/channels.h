// What channels have in common: their constants, and gates that open and close them.
//
// A channel is made of its constants and of the length of a step in ms, moves its gates by such
// steps, and says what it conducts. A name is that of the class in Python (neurons/channels/).
#pragma once

#include "constants.h"
#include "gates.h"

#define SLEEPRUN_CHANNEL(CONSTANT) CONSTANT(gain) CONSTANT(conductance) CONSTANT(reversal)
#define SLEEPRUN_QUICKENED(CONSTANT) SLEEPRUN_CHANNEL(CONSTANT) CONSTANT(speed)
#define SLEEPRUN_SHIFTED(CONSTANT) SLEEPRUN_QUICKENED(CONSTANT) CONSTANT(shift)

SLEEPRUN_CONSTANTS(QuickenedConstants, SLEEPRUN_QUICKENED)
SLEEPRUN_CONSTANTS(ShiftedConstants, SLEEPRUN_SHIFTED)

// It conducts so much at most, and drives the potential to one of its own.
class Ohmic {
 public:
  static constexpr bool kCarriesCalcium = false, kSlow = false;
  float reversal(const Site&) const { return reversal_; }
  // Gates move in every step, or slowly in long ones.
  void move(const Site&, Lanes*) const {}
  void move_slowly(const Site&, Lanes*) const {}

 protected:
  Ohmic(float most, float reversal) : most_(most), reversal_(reversal) {}
  float most_, reversal_;
};

template <int kPower>
Lanes raised(const Lanes& x) {
  if constexpr (kPower == 1) return x;
  else if constexpr (kPower % 2) return x * raised<kPower - 1>(x);
  else return raised<kPower / 2>(x * x);
}

// A channel of a gate that moves by the potential. It conducts by m^kPower.
template <int kPower>
class OneGate : public Ohmic {
 public:
  static constexpr int kGates = 1;
  void move(const Site& site, Lanes* gates) const { m_.move(site.at, gates[0]); }
  Lanes conduct(const Lanes* gates) const { return most_ * raised<kPower>(gates[0]); }

 protected:
  template <class Motion>
  OneGate(float most, float reversal, float ms, const Motion& m)
      : Ohmic(most, reversal), m_(m, ms) {}

 private:
  Gate m_;
};

// Of one that opens it and one that closes it then, which may be slow. It conducts by m^kPower h.
template <int kPower, bool kClosesSlowly = false>
class TwoGates : public Ohmic {
 public:
  static constexpr int kGates = 2;
  static constexpr bool kSlow = kClosesSlowly;
  void move(const Site& site, Lanes* gates) const {
    m_.move(site.at, gates[0]);
    if (!kSlow) h_.move(site.at, gates[1]);
  }
  void move_slowly(const Site& site, Lanes* gates) const {
    if (kSlow) h_.move(site.at, gates[1]);
  }
  Lanes conduct(const Lanes* gates) const { return most_ * raised<kPower>(gates[0]) * gates[1]; }

 protected:
  template <class Opening, class Closing>
  TwoGates(float most, float reversal, float ms, const Opening& m, const Closing& h)
      : Ohmic(most, reversal), m_(m, ms), h_(h, ms) {}

 private:
  Gate m_, h_;
};
