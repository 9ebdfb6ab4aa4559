// Counter-based noise: the same bits as noise.py draws.
#pragma once

#include <cstdint>

struct Stream {
  std::uint32_t words[2];
};

inline std::uint32_t mix(std::uint32_t word) {
  word = (word ^ (word >> 16)) * 0x7FEB352Du;
  word = (word ^ (word >> 15)) * 0x846CA68Bu;
  return word ^ (word >> 16);
}

inline std::uint32_t absorb(std::uint32_t word, std::uint32_t key, std::int32_t counter) {
  return mix((word ^ key) + 0x9E3779B9u * (static_cast<std::uint32_t>(counter) + 1u));
}

// Uniform in [0, 1), 24 bits.
inline float uniform(std::uint32_t word) {
  return static_cast<float>(static_cast<std::int32_t>(word >> 8)) * 0x1p-24f;
}
