// The Rulkov map in deviations from rest, a vector of neurons at a time (neurons.py).
#pragma once

#include <experimental/simd>

namespace stdx = std::experimental;
using Floats = stdx::native_simd<float>;
using Mask = Floats::mask_type;
constexpr int kLanes = static_cast<int>(Floats::size());

struct Rulkov {
  explicit Rulkov(const float* k)
      : beta_e(k[1]), mu(k[2]), reset(-k[3]), decay(k[4]), zero(-k[5]), span(1 - k[5]),
        slope(k[0] / (1 - k[5])), plateau(k[6]) {}
  float beta_e, mu, reset, decay, zero, span, slope, plateau;
};

struct Neurons {
  Floats v, v1, v2, u, i;
};

// Advances the neurons by one step; returns which ones spike.
[[gnu::always_inline]] inline Mask step(const Rulkov& c, Neurons& n) {
  const Floats w = n.u + c.beta_e * n.i, top = c.plateau + w;
  const Mask silent = n.v <= c.zero;
  const Mask rising = !silent && n.v < top && n.v2 <= c.zero;
  const Floats below = c.slope * n.v / (c.span - n.v) + w;
  Floats after = c.reset;
  stdx::where(silent, after) = below;
  stdx::where(rising, after) = top;
  n.u -= c.mu * (n.v - n.i);
  n.i *= c.decay;
  n.v2 = n.v1;
  n.v1 = n.v;
  n.v = after;
  return !silent && !rising;
}
