// Vectors as wide as the processor's registers, whose numbers do not depend on that width: what is
// fused is fused everywhere, and functions are the same few operations everywhere.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
constexpr int kWidth = 16;
#elif defined(__AVX2__)
constexpr int kWidth = 8;
#else
constexpr int kWidth = 4;
#endif
constexpr int kBlock = 16;  // cells that are kept together, whatever the width

using Lanes [[gnu::vector_size(4 * kWidth)]] = float;
using Words [[gnu::vector_size(4 * kWidth)]] = std::uint32_t;
using Where [[gnu::vector_size(4 * kWidth)]] = std::int32_t;  // -1 where something holds, else 0

inline Lanes spread(float x) { return x - Lanes{}; }  // not 0 + x, which rounds -0
inline Lanes spread(const Lanes& x) { return x; }
inline Lanes get(const float* from) {
  Lanes x;
  std::memcpy(&x, from, sizeof x);
  return x;
}
inline void put(const Lanes& x, float* to) { std::memcpy(to, &x, sizeof x); }
inline Words get(const std::int32_t* from) {
  Words x;
  std::memcpy(&x, from, sizeof x);
  return x;
}
// The numbers at these places, by plain loads: many processors' own gathering is slower.
inline Lanes gather(const float* from, const std::int32_t* places) {
  float x[kWidth];
  for (int lane = 0; lane < kWidth; ++lane) x[lane] = from[places[lane]];
  return get(x);
}

// a b + c, rounded once.
inline Lanes fused_lanes(const Lanes& a, const Lanes& b, const Lanes& c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__AVX2__)
  return _mm256_fmadd_ps(a, b, c);
#else
  Lanes sum;
  for (int lane = 0; lane < kWidth; ++lane) sum[lane] = std::fmaf(a[lane], b[lane], c[lane]);
  return sum;
#endif
}
template <class A, class B, class C>
Lanes fused(const A& a, const B& b, const C& c) {
  return fused_lanes(spread(a), spread(b), spread(c));
}

inline Lanes select(const Where& where, const Lanes& x, const Lanes& other) {
  return where ? x : other;
}
inline Lanes least(const Lanes& x, const Lanes& y) { return select(x < y, x, y); }
inline Lanes most(const Lanes& x, const Lanes& y) { return select(x > y, x, y); }
// A bit for each lane.
inline std::uint32_t bits(const Where& where) {
#if defined(__AVX512F__)
  return _mm512_movepi32_mask((__m512i)where);
#elif defined(__AVX2__)
  return static_cast<std::uint32_t>(_mm256_movemask_ps((__m256)where));
#else
  std::uint32_t found = 0;
  for (int lane = 0; lane < kWidth; ++lane) found |= (where[lane] & 1u) << lane;
  return found;
#endif
}

constexpr float kWhole = 0x1.8p23f;  // a number added to this is rounded to a whole one

constexpr int kPicked = 16;
// Of so many numbers those that the last bits of `which` count to.
inline Lanes pick(const float* from, const Words& which) {
#if defined(__AVX512F__)
  return _mm512_maskz_permutexvar_ps(0xFFFF, (__m512i)which, get(from));
#elif defined(__AVX2__)
  const __m256 low = _mm256_permutevar8x32_ps(get(from), (__m256i)which);
  const __m256 high = _mm256_permutevar8x32_ps(get(from + kWidth), (__m256i)which);
  return _mm256_blendv_ps(low, high, (__m256)(which << 28));
#else
  Lanes found;
  for (int lane = 0; lane < kWidth; ++lane) found[lane] = from[which[lane] % kPicked];
  return found;
#endif
}

constexpr float kLn2 = 0x1.62e430p-1f;

// The natural logarithm of a positive number, within 2e-7.
inline Lanes logarithm(const Lanes& x) {
  const Words above = (Words)x - 0x3F3504F3u;  // the mantissa is counted from sqrt(1/2) on
  const Lanes mantissa = (Lanes)((above & 0x007FFFFFu) + 0x3F3504F3u) - 1.0f;
  const Lanes exponent = __builtin_convertvector((Where)above >> 23, Lanes);
  Lanes sum = spread(7.0376836292e-2f);
  for (const float c : {-1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f,
                        -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f,
                        -0.5f})
    sum = fused(sum, mantissa, c);
  return fused(exponent, kLn2, fused(mantissa * mantissa, sum, mantissa));
}

// (1 - e^-z) / z within 1.3e-5, for z from 0 to 8; there it stays.
inline Lanes slowed(const Lanes& z) {
  const Lanes x = least(z, spread(8.0f)), square = x * x;
  const Lanes a = fused(x, -4.9972441792e-1f, 9.9998700619e-1f);
  const Lanes b = fused(x, -4.0312428027e-2f, 1.6569153965e-1f);
  const Lanes c = fused(x, -9.7932771314e-4f, 7.3630204424e-3f);
  const Lanes d = fused(x, -4.7402404562e-6f, 8.8231958216e-5f);
  const Lanes high = fused(square, fused(square, 1.1334914518e-7f, d), c);
  return fused(square * square, high, fused(square, b, a));
}
