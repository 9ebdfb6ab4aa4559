// The mathematics of gates that open and close (channels/gates.py), a step at a time.
#pragma once

#include <cmath>

#include "numbers.h"
#include "tables.h"

// What the channels of a piece of membrane feel of it.
struct Site {
  Place at;       // where its potential is
  Lanes calcium;  // mM
};

// How a gate moves in a ms: x' = opening - all x.
struct Motion {
  double opening, all;
};
inline Motion rates(double opening, double closing) { return {opening, opening + closing}; }
inline Motion towards(double steady, double tau) { return {steady / tau, 1 / tau}; }

// y / (1 - e^(-y / scale)).
inline double linoid(double y, double scale) {
  const double x = y / scale;
  return std::abs(x) < 1e-3 ? scale + y / 2 : y / (1 - exponential(-x));
}
inline double sigmoid(double v, double middle, double slope) {
  return 1 / (1 + exponential((middle - v) / slope));
}
// (1 - e^-z) / z.
inline double held_back(double z) { return z < 1e-3 ? 1 - z / 2 : (1 - exponential(-z)) / z; }

// A gate that moves by the potential alone, in steps of some ms.
class Gate {
 public:
  template <class Moving>
  Gate(const Moving& motion, float ms)  // of a potential in mV
      : opened_([&](double v) {
          const Motion its = motion(v);
          return its.opening * ms * held_back(its.all * ms);
        }),
        moved_([&](double v) {
          const double all = motion(v).all * ms;
          return all * held_back(all);
        }) {}
  void move(const Place& at, Lanes& gate) const { gate += fused(-moved_(at), gate, opened_(at)); }
  // One of which only a share can open.
  void move(const Place& at, Lanes& gate, const Lanes& share) const {
    gate += fused(-moved_(at), gate, opened_(at) * share);
  }

 private:
  Table<6> opened_;
  Table<5> moved_;
};

// The gate a step later, if it moves by something else, by so much in a step.
inline void relax(const Lanes& opening, const Lanes& all, Lanes& gate) {
  gate = fused(fused(-all, gate, opening), slowed(all), gate);
}
