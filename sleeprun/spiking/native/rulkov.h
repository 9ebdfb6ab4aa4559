// The Rulkov map in deviations from rest, a vector of neurons at a time (neurons.py).
#pragma once

#include "constants.h"
#include "vectors.h"

#define SLEEPRUN_RULKOV(EACH) \
  EACH(alpha) EACH(beta_e) EACH(mu) EACH(sigma) EACH(current_decay) EACH(v_rest) EACH(plateau)
SLEEPRUN_CONSTANTS(RulkovConstants, SLEEPRUN_RULKOV)

struct Rulkov {
  explicit Rulkov(const RulkovConstants& k)
      : beta_e(k.beta_e), mu(k.mu), reset(-k.sigma), decay(k.current_decay), zero(-k.v_rest),
        span(1 - k.v_rest), slope(k.alpha / (1 - k.v_rest)), plateau(k.plateau) {}
  float beta_e, mu, reset, decay, zero, span, slope, plateau;
};

template <typename V>
struct NeuronsOf {
  V v, v1, v2, u, i;
};
using Neurons = NeuronsOf<Floats>;

// Advances the neurons by one step; returns which ones spike.
template <typename V>
[[gnu::always_inline]] inline auto step(const Rulkov& c, NeuronsOf<V>& n) {
  const V w = n.u + c.beta_e * n.i, below = c.slope * n.v / (c.span - n.v) + w;
  const auto silent = n.v <= c.zero;
  const V v2 = n.v2;
  n.u -= c.mu * (n.v - n.i);
  n.i *= c.decay;
  n.v2 = n.v1;
  n.v1 = n.v;
  if (all_of(silent)) [[likely]] {  // mostly, and then nothing waits for what is chosen below
    n.v = below;
    return !silent;
  }
  const V top = c.plateau + w;
  const auto rising = (n.v < top) & (v2 <= c.zero) & !silent;
  n.v = select(silent, below, select(rising, top, fill<V>(c.reset)));
  return !(silent | rising);
}
