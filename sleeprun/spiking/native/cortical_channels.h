// Channels of cortical cells: the equations of neurons/channels/.
#pragma once

#include "channels.h"

#define SLEEPRUN_PERSISTENT(CONSTANT) SLEEPRUN_QUICKENED(CONSTANT) CONSTANT(tau)
SLEEPRUN_CONSTANTS(PersistentSodiumConstants, SLEEPRUN_PERSISTENT)

struct CorticalSodium : TwoGates<3> {
  static constexpr char kName[] = "CorticalSodium";
  using Constants = ShiftedConstants;

  CorticalSodium(const Constants& its, float ms)
      : TwoGates(
            its.gain * its.speed * its.conductance, its.reversal, its.speed * ms,
            [&](double v) {
              const double y = v - its.shift + 35;
              return rates(0.182 * linoid(y, 9), 0.124 * linoid(-y, 9));
            },
            [&](double v) {
              const double w = v - its.shift;
              const double rate = 0.024 * linoid(w + 50, 5) + 0.0091 * linoid(-(w + 75), 5);
              return towards(sigmoid(w, -65, -6.2), 1 / rate);
            }) {}
};

class PersistentSodium : public Ohmic {
 public:
  static constexpr char kName[] = "PersistentSodium";
  static constexpr int kGates = 1;
  using Constants = PersistentSodiumConstants;

  PersistentSodium(const Constants& its, float ms)
      : Ohmic(its.gain * its.conductance, its.reversal),
        steady_([](double v) { return 0.02 * sigmoid(v, -42, 5); }),
        moved_(1 - exponential_decay(its.speed * ms / its.tau)) {}
  void move(const Site& site, Lanes* gates) const {
    gates[0] = fused(steady_(site.at) - gates[0], moved_, gates[0]);
  }
  Lanes conduct(const Lanes* gates) const { return most_ * gates[0]; }

 private:
  Share steady_;
  float moved_;
};

struct CorticalPotassium : OneGate<1> {
  static constexpr char kName[] = "CorticalPotassium";
  using Constants = QuickenedConstants;

  CorticalPotassium(const Constants& its, float ms)
      : OneGate(its.gain * its.speed * its.conductance, its.reversal, its.speed * ms, [](double v) {
          return rates(0.02 * linoid(v - 25, 9), 0.002 * linoid(25 - v, 9));
        }) {}
};

struct MCurrent : OneGate<1> {
  static constexpr char kName[] = "MCurrent";
  using Constants = QuickenedConstants;

  MCurrent(const Constants& its, float ms)
      : OneGate(its.gain * its.speed * its.conductance, its.reversal, its.speed * ms, [](double v) {
          return rates(0.001 * linoid(v + 30, 9), 0.001 * linoid(-(v + 30), 9));
        }) {}
};

class CalciumPotassium : public Ohmic {
 public:
  static constexpr char kName[] = "CalciumPotassium";
  static constexpr int kGates = 1;
  static constexpr bool kSlow = true;
  using Constants = QuickenedConstants;

  CalciumPotassium(const Constants& its, float ms)
      : Ohmic(its.gain * its.speed * its.conductance, its.reversal),
        opening_(0.01f * its.speed * ms), closing_(0.02f * its.speed * ms) {}
  void move_slowly(const Site& site, Lanes* gates) const {
    const Lanes opening = opening_ * site.calcium;
    relax(opening, opening + closing_, gates[0]);
  }
  Lanes conduct(const Lanes* gates) const { return most_ * gates[0]; }

 private:
  float opening_, closing_;
};

struct HighVoltageCalcium : TwoGates<2, true> {
  static constexpr char kName[] = "HighVoltageCalcium";
  static constexpr bool kCarriesCalcium = true;
  using Constants = QuickenedConstants;

  HighVoltageCalcium(const Constants& its, float ms)
      : TwoGates(
            its.gain * its.speed * its.conductance, its.reversal, its.speed * ms,
            [](double v) {
              return rates(0.055 * linoid(v + 27, 3.8), 0.94 * exponential(-(v + 75) / 17));
            },
            [](double v) {
              return rates(0.000457 * exponential(-(v + 13) / 50), 0.0065 * sigmoid(v, -15, 28));
            }) {}
};
