// Functions whose bits are the same on every processor and in every C library.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

// e^x within 1e-14 of it, for x between -700 and 700; there it stays. That of NaN is that of -700.
inline double exponential(double x) {
  constexpr double kLn2 = 0x1.62e42fefa39efp-1;
  const double exponent = std::max(-700.0, std::min(x, 700.0));
  constexpr double kRounds = 0x1.8p52;  // a number added to this is rounded to a whole one
  const double whole = exponent / kLn2 + kRounds - kRounds, rest = exponent - whole * kLn2;
  constexpr double kInverseFactorials[] = {1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880,
                                           1.0 / 40320,    1.0 / 5040,    1.0 / 720,
                                           1.0 / 120,      1.0 / 24,      1.0 / 6,
                                           1.0 / 2,        1.0,           1.0};
  double sum = 0;
  for (const double coefficient : kInverseFactorials) sum = sum * rest + coefficient;
  return sum * std::bit_cast<double>((static_cast<std::int64_t>(whole) + 1023) << 52);
}

// e^-x of a positive x, within a rounding; of a negative one, at most e^80.
inline float exponential_decay(float x) {
  return static_cast<float>(exponential(-std::max(-80.0f, std::min(200.0f, x))));  // of a NaN, 200
}

// x^n by squaring.
inline float power(float x, int n) {
  double result = 1, square = x;
  for (; n > 0; n /= 2, square *= square)
    if (n % 2) result *= square;
  return static_cast<float>(result);
}

// The same of one x, for an n that mostly is the one before.
class Powers {
 public:
  explicit Powers(float x) : x_(x) {}
  float operator()(int n) {
    if (n != n_) n_ = n, power_ = power(x_, n);
    return power_;
  }

 private:
  float x_, power_ = 1;
  int n_ = 0;
};

constexpr int kParts = 16;
// In sixteen partial sums and then the rest, whatever the width of the processor's vectors.
inline float sum(const float* row, int size) {
  float total = 0;
  int n = 0;
  if (size >= kParts) {
    float parts[kParts] = {};
    for (; n + kParts <= size; n += kParts)
      for (int k = 0; k < kParts; ++k) parts[k] += row[n + k];
    for (int half = kParts / 2; half > 0; half /= 2)
      for (int k = 0; k < half; ++k) parts[k] += parts[k + half];
    total = parts[0];
  }
  for (; n < size; ++n) total += row[n];
  return total;
}
