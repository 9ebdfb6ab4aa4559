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

struct Neurons {
  Floats v, v1, v2, u, i;
};

// Advances the neurons by one step; returns which ones spike.
[[gnu::always_inline]] inline Mask step(const Rulkov& c, Neurons& n) {
  const Floats w = n.u + c.beta_e * n.i, top = c.plateau + w;
  const Mask silent = n.v <= c.zero;
  const Mask rising = (n.v < top) & (n.v2 <= c.zero) & !silent;
  const Floats below = c.slope * n.v / (c.span - n.v) + w;
  const Floats after = select(silent, below, select(rising, top, fill(c.reset)));
  n.u -= c.mu * (n.v - n.i);
  n.i *= c.decay;
  n.v2 = n.v1;
  n.v1 = n.v;
  n.v = after;
  return !(silent | rising);
}
