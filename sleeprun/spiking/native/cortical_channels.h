// Channels of cortical cells: the equations of neurons/channels/, their gates a step at a time.
//
// Each is made of its constants and of the length of a step in ms, moves its gates, and says what
// it conducts. A name is that of the class in Python.
#pragma once

#include "constants.h"
#include "gates.h"

#define SLEEPRUN_CHANNEL(CONSTANT) CONSTANT(gain) CONSTANT(conductance) CONSTANT(reversal)
#define SLEEPRUN_QUICKENED(CONSTANT) SLEEPRUN_CHANNEL(CONSTANT) CONSTANT(speed)
#define SLEEPRUN_SODIUM(CONSTANT) SLEEPRUN_QUICKENED(CONSTANT) CONSTANT(shift)
#define SLEEPRUN_PERSISTENT(CONSTANT) SLEEPRUN_QUICKENED(CONSTANT) CONSTANT(tau)

SLEEPRUN_CONSTANTS(QuickenedConstants, SLEEPRUN_QUICKENED)
SLEEPRUN_CONSTANTS(CorticalSodiumConstants, SLEEPRUN_SODIUM)
SLEEPRUN_CONSTANTS(PersistentSodiumConstants, SLEEPRUN_PERSISTENT)

// A channel whose conductance runs as fast as its gates.
struct Quickened {
  template <class Constants>
  explicit Quickened(const Constants& its)
      : most_(its.gain * its.speed * its.conductance), reversal_(its.reversal) {}
  static constexpr bool kCarriesCalcium = false;
  float reversal(const Site&) const { return reversal_; }

 protected:
  float most_, reversal_;
};

class CorticalSodium : public Quickened {
 public:
  static constexpr char kName[] = "CorticalSodium";
  static constexpr int kGates = 2;  // m, h
  using Constants = CorticalSodiumConstants;

  CorticalSodium(const Constants& its, float ms)
      : Quickened(its), m_(its.shift - 35, 9), opens_(its.shift - 50, 5), closes_(its.shift - 75, 5),
        steady_(its.shift - 65, 6.2f), opening_(0.182f * its.speed * ms),
        closing_(0.124f * its.speed * ms), rise_(0.024f * its.speed * ms),
        fall_(0.0091f * its.speed * ms) {}
  void move(const Site& site, Lanes* gates) const {
    const Lanes e = m_.factor * site.by9, m = m_(site.v, e);
    relax({opening_ * m, m * fused(closing_, e, opening_)}, gates[0]);
    const Lanes up = opens_.factor * site.by5, down = closes_.factor * site.by5;
    const Lanes rate = fused(rise_, opens_(site.v, up), fall_ * down * closes_(site.v, down));
    relax(towards(1.0f / (1.0f + steady_(site.v)), rate), gates[1]);
  }
  Lanes conduct(const Lanes* gates) const {
    return most_ * gates[0] * gates[0] * gates[0] * gates[1];
  }

 private:
  Linoid m_, opens_, closes_;
  Exponential steady_;
  float opening_, closing_, rise_, fall_;
};

class PersistentSodium : public Quickened {
 public:
  static constexpr char kName[] = "PersistentSodium";
  static constexpr int kGates = 1;
  using Constants = PersistentSodiumConstants;

  PersistentSodium(const Constants& its, float ms)
      : Quickened(its), factor_(Exponential(0, 5)(-42)),
        share_(1 - Exponential(0, -its.tau)(its.speed * ms)) {
    most_ = its.gain * its.conductance;
  }
  void move(const Site& site, Lanes* gates) const {
    const Lanes steady = 0.02f / fused(factor_, site.by5, 1.0f);
    gates[0] = fused(steady - gates[0], share_, gates[0]);
  }
  Lanes conduct(const Lanes* gates) const { return most_ * gates[0]; }

 private:
  float factor_, share_;
};

// Of one gate that opens and closes by linoids of the same argument.
class LinoidGated : public Quickened {
 public:
  static constexpr int kGates = 1;
  using Constants = QuickenedConstants;

  void move(const Site& site, Lanes* gates) const {
    const Lanes e = gate_.factor * site.by9, l = gate_(site.v, e);
    relax({opening_ * l, l * fused(closing_, e, opening_)}, gates[0]);
  }
  Lanes conduct(const Lanes* gates) const { return most_ * gates[0]; }

 protected:
  LinoidGated(const Constants& its, float ms, float zero, float opening, float closing)
      : Quickened(its), gate_(zero, 9), opening_(opening * its.speed * ms),
        closing_(closing * its.speed * ms) {}

 private:
  Linoid gate_;
  float opening_, closing_;
};

struct CorticalPotassium : LinoidGated {
  static constexpr char kName[] = "CorticalPotassium";
  CorticalPotassium(const Constants& its, float ms) : LinoidGated(its, ms, 25, 0.02f, 0.002f) {}
};

struct MCurrent : LinoidGated {
  static constexpr char kName[] = "MCurrent";
  MCurrent(const Constants& its, float ms) : LinoidGated(its, ms, -30, 0.001f, 0.001f) {}
};

class CalciumPotassium : public Quickened {
 public:
  static constexpr char kName[] = "CalciumPotassium";
  static constexpr int kGates = 1;
  using Constants = QuickenedConstants;

  CalciumPotassium(const Constants& its, float ms)
      : Quickened(its), opening_(0.01f * its.speed * ms), closing_(0.02f * its.speed * ms) {}
  void move(const Site& site, Lanes* gates) const {
    const Lanes opening = opening_ * site.calcium;
    relax({opening, opening + closing_}, gates[0]);
  }
  Lanes conduct(const Lanes* gates) const { return most_ * gates[0]; }

 private:
  float opening_, closing_;
};

class HighVoltageCalcium : public Quickened {
 public:
  static constexpr char kName[] = "HighVoltageCalcium";
  static constexpr int kGates = 2;  // m, h
  static constexpr bool kCarriesCalcium = true;
  using Constants = QuickenedConstants;

  HighVoltageCalcium(const Constants& its, float ms)
      : Quickened(its), m_(-27, 3.8f), ms_(its.speed * ms) {}
  void move(const Site& site, Lanes* gates) const {
    const Lanes m = 0.055f * ms_ * m_(site.v, e_(site.v));
    relax({m, fused(0.94f * ms_, closes_(site.v), m)}, gates[0]);
    const Lanes h = 0.000457f * ms_ * opens_(site.v);
    relax({h, h + 0.0065f * ms_ / (1.0f + half_(site.v))}, gates[1]);
  }
  Lanes conduct(const Lanes* gates) const { return most_ * gates[0] * gates[0] * gates[1]; }

 private:
  Linoid m_;
  Exponential e_{-27, -3.8f}, closes_{-75, -17}, opens_{-13, -50}, half_{-15, -28};
  float ms_;
};
