// Functions of a membrane potential by polynomials of pieces of its range, so that a value costs the
// same few operations whatever the function is.
#pragma once

#include <array>

#include "lanes.h"

constexpr float kLowest = -100.0f, kHighest = 50.0f;  // mV; beyond them all stays as it is there

// Where potentials lie among kPicked pieces.
class Place {
 public:
  explicit Place(const Lanes& v) {
    const Lanes along = fused(v, kPicked / (kHighest - kLowest), kFirst);
    const Lanes at = most(least(along, spread(kLast)), spread(-0.5f)), whole = at + kWhole;
    rest = at - (whole - kWhole), square = rest * rest, piece = (Words)whole;
  }
  // The potential at so much of a piece from its middle.
  static double potential(int piece, double rest) {
    return kLowest + (kHighest - kLowest) * (piece + 0.5 + rest) / kPicked;
  }
  Lanes rest, square;
  Words piece;

 private:
  static constexpr float kFirst = -kLowest * kPicked / (kHighest - kLowest) - 0.5f;
  static constexpr float kLast = kPicked - 0.5001f;  // less than half, which would be rounded up
};

// A function by polynomials of some terms. By 6 of them it is within 1e-4 of itself where it changes
// by e in 5 mV, and within 1e-6 in 9 mV; by 5, within ten to thirty times as much.
template <int kTerms>
class Table {
 public:
  template <class Function>
  explicit Table(const Function& function) {
    for (int piece = 0; piece < kPicked; ++piece) {
      std::array<double, kTerms> values;
      for (int k = 0; k < kTerms; ++k) values[k] = function(Place::potential(piece, kNodes[k]));
      interpolate(values);
      for (int k = 0; k < kTerms; ++k) terms_[k][piece] = static_cast<float>(values[k]);
    }
  }
  Lanes operator()(const Place& at) const {
    const auto term = [&](int k) { return pick(terms_[k], at.piece); };
    const auto two = [&](int k) { return fused(term(k + 1), at.rest, term(k)); };
    const Lanes high = kTerms == 6 ? two(4) : term(4);
    return fused(fused(high, at.square, two(2)), at.square, two(0));
  }

 private:
  static_assert(kTerms == 5 || kTerms == 6);
  static constexpr std::array<double, kTerms> nodes() {  // of Chebyshev
    if constexpr (kTerms == 5)
      return {-0.47552825814757677, -0.29389262614623657, 0, 0.29389262614623657,
              0.47552825814757677};
    else
      return {-0.48296291314453416, -0.35355339059327379, -0.12940952255126037,
              0.12940952255126037,  0.35355339059327379,  0.48296291314453416};
  }
  static constexpr std::array<double, kTerms> kNodes = nodes();

  // From values at the nodes to the terms of the polynomial through them, by Newton's differences.
  static void interpolate(std::array<double, kTerms>& values) {
    for (int order = 1; order < kTerms; ++order)
      for (int k = kTerms - 1; k >= order; --k)
        values[k] = (values[k] - values[k - 1]) / (kNodes[k] - kNodes[k - order]);
    for (int first = kTerms - 2; first >= 0; --first)
      for (int k = first; k < kTerms - 1; ++k) values[k] -= kNodes[first] * values[k + 1];
  }
  alignas(64) float terms_[kTerms][kPicked];
};
using Share = Table<6>;  // of something
