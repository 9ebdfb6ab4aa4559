// Many steps of a quiet neuron at once; the expansions are made in relaxation.py.
#pragma once

#include <algorithm>
#include <cstdint>

#include "numbers.h"
#include "rulkov.h"
#include "strips.h"

constexpr int kDegree = 4, kTerms = (kDegree + 1) * (kDegree + 2) * (kDegree + 3) / 6 - 1;
constexpr int kRow = 16, kTableTerms = 6;

struct Relaxation {
  float bound, by_u, by_i, largest;
  const float* taylor;  // [step, 2, term]
  const float* table;   // [row, 16]
  int steps, rows, reach;
  float decay, decay_in_reach;

  Floats unrest(Floats v, Floats u) const { return magnitude(v) + by_u * magnitude(u); }
  Mask quiet(const Neurons& n) const { return unrest(n.v, n.u) + by_i * magnitude(n.i) <= bound; }
};

// A quiet neuron's earlier potentials don't matter, so they are set to the present one.
inline void settle(Neurons& n) { n.v1 = n.v2 = n.v; }

// Some steps of quiet neurons at once: the Taylor polynomial of the map of that many steps.
struct Jump {
  Jump(const Relaxation& r, int steps)
      : to_v(r.taylor + static_cast<std::int64_t>(steps - 1) * 2 * kTerms), to_u(to_v + kTerms),
        decay(power(r.decay, steps)) {}
  const float *to_v, *to_u;
  float decay;

  void operator()(Neurons& n) const;
};

inline void Jump::operator()(Neurons& n) const {
  Floats v[kDegree + 1], u[kDegree + 1], i[kDegree + 1];
  v[0] = u[0] = i[0] = fill<Floats>(1);
  for (int p = 1; p <= kDegree; ++p) {
    v[p] = v[p - 1] * n.v;
    u[p] = u[p - 1] * n.u;
    i[p] = i[p - 1] * n.i;
  }
  n.v = n.u = Floats{};
  int term = 0;
#pragma GCC unroll 8
  for (int degree = 1; degree <= kDegree; ++degree)
#pragma GCC unroll 8
    for (int a = 0; a <= degree; ++a)
#pragma GCC unroll 8
      for (int b = 0; b <= degree - a; ++b, ++term) {
        const Floats monomial = v[a] * u[b] * i[degree - a - b];
        n.v += to_v[term] * monomial;
        n.u += to_u[term] * monomial;
      }
  n.i *= decay;
  settle(n);
}

// Neurons near rest with currents below threshold, after `reach` steps: eight of them.
[[gnu::noinline]] inline void look_up(const Relaxation& r, float* v, float* u, float* i) {
  // The numbers of each neuron's row, eight at a time; then by neuron, not by number.
  Strip low[kStrip], high[kStrip];
  for (int n = 0; n < kStrip; ++n) {
    const float place = i[n] / r.largest * static_cast<float>(r.rows - 1);
    // A NaN finds the first row.
    const float last = static_cast<float>(r.rows - 2);
    const int row = static_cast<int>(std::max(0.0f, std::min(place, last)));
    const float* from = r.table + row * kRow;
    const float share = place - static_cast<float>(row);
    const auto between = [&](int k) {
      const Strip here = strip(from + k, kStrip);
      return here + share * (strip(from + k + kRow, kStrip) - here);
    };
    low[n] = between(0), high[n] = between(kStrip);
  }
  transpose(low), transpose(high);
  const Strip before_v = strip(v, kStrip), before_u = strip(u, kStrip);
  const Strip basis[kTableTerms] = {strip(1), before_u, before_v, before_u * before_u,
                                    before_v * before_u, before_v * before_v};
  Strip after_v{}, after_u{};
  for (int term = 0; term < kTableTerms; ++term) {
    const int k = term + kTableTerms;
    after_v += low[term] * basis[term];
    after_u += (k < kStrip ? low[k] : high[k - kStrip]) * basis[term];
  }
  store(after_v, v, kStrip), store(after_u, u, kStrip);
  store(strip(i, kStrip) * r.decay_in_reach, i, kStrip);
}
