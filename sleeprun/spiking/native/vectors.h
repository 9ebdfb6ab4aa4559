// Vectors of floats as wide as the processor's registers, and what the kernel does with them.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <version>

#if defined(__GLIBCXX__)

#include <experimental/simd>

namespace simd = std::experimental;

using Floats = simd::native_simd<float>;
using Mask = Floats::mask_type;
// At most eight floats, of which the widest registers divide only as fast as sixteen.
using Few = std::conditional_t<(Floats::size() > 8),
                               simd::simd<float, simd::simd_abi::deduce_t<float, 8>>, Floats>;

template <typename V>
void load(const float* from, V& x) {
  x.copy_from(from, simd::element_aligned);
}
template <typename V>
void store(const V& x, float* to) {
  x.copy_to(to, simd::element_aligned);
}
template <typename V>
V fill(float x) {
  return x;
}
inline Floats magnitude(const Floats& x) { return abs(x); }
// Of every step, and no call: g++ would not put it in line of its own accord.
template <typename V>
[[gnu::always_inline]] inline V select(const typename V::mask_type& where, const V& x, V other) {
  simd::where(where, other) = x;
  return other;
}

#else  // another C++ library (macOS): the same by an extension of clang and g++

using Floats [[gnu::vector_size(16)]] = float;
using Few = Floats;
using Mask [[gnu::vector_size(16)]] = std::int32_t;  // -1 where a comparison holds, else 0

inline void load(const float* from, Floats& x) { std::memcpy(&x, from, sizeof x); }
inline void store(const Floats& x, float* to) { std::memcpy(to, &x, sizeof x); }
template <typename V>
V fill(float x) {
  return V{x, x, x, x};
}
inline Floats magnitude(Floats x) { return (Floats)((Mask)x & 0x7FFFFFFF); }
inline Floats select(Mask where, Floats x, Floats other) { return where ? x : other; }
inline bool any_of(Mask m) { return m[0] | m[1] | m[2] | m[3]; }
inline bool all_of(Mask m) { return m[0] & m[1] & m[2] & m[3]; }

#endif

template <typename V>
constexpr int kLanesOf = static_cast<int>(sizeof(V) / sizeof(float));
constexpr int kLanes = kLanesOf<Floats>;

// A lone float is a vector of one lane.
inline void load(const float* from, float& x) { x = *from; }
inline void store(float x, float* to) { *to = x; }
inline float select(bool where, float x, float other) { return where ? x : other; }
inline bool any_of(bool mask) { return mask; }
inline bool holds(bool mask, int) { return mask; }
inline bool holds(const Mask& mask, int lane) { return mask[lane]; }
