// The mathematics of gates that open and close (channels/gates.py), a step at a time.
#pragma once

#include "lanes.h"

// e^((v - middle) / scale) of a potential.
class Exponential {
 public:
  Exponential(float middle, float scale) : slope_(kLog2E / scale), offset_(-middle * slope_) {}
  Lanes operator()(const Lanes& v) const { return power_of_two(fused(v, slope_, offset_)); }
  float operator()(float v) const { return (*this)(spread(v))[0]; }

 private:
  float slope_, offset_;
};

// What the channels of a piece of membrane feel of it.
struct Site {
  static constexpr float kFar = 150.0f;  // mV; beyond it rates stay as they are there

  Site(const Lanes& potential, const Lanes& inside)
      : v(most(least(potential, spread(kFar)), spread(-kFar))), calcium(inside),
        by5(Exponential(0, -5)(v)), by9(Exponential(0, -9)(v)) {}

  Lanes v, calcium;  // mV, mM
  Lanes by5, by9;    // e^(-v / 5) and e^(-v / 9), which several channels feel
};

// y / (1 - e) with y = v - zero, where e = e^(-y / scale).
class Linoid {
 public:
  Linoid(float zero, float scale) : factor(Exponential(0, scale)(zero)), zero_(zero), scale_(scale) {}
  Lanes operator()(const Lanes& v, const Lanes& e) const {
    const Lanes y = v - zero_;
    return select(magnitude(y) < 1e-3f * scale_, fused(y, 0.5f, scale_), y / (1.0f - e));
  }
  float factor;  // of e^(-v / scale), that gives e

 private:
  float zero_, scale_;
};

// By how much a gate moves in a step: x' = opening - all x.
struct Motion {
  Lanes opening, all;
};

// The gate a step later, as far as its motion stays what it is.
[[gnu::always_inline]] inline void relax(const Motion& motion, Lanes& gate) {
  gate = fused(fused(-motion.all, gate, motion.opening), slowed(motion.all), gate);
}
inline Motion towards(const Lanes& steady, const Lanes& rate) { return {steady * rate, rate}; }
