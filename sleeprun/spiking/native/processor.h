// How this processor computes.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Denormals make the decaying currents several times slower than they are worth (on x86).
class FlushToZero {
#if defined(__x86_64__)
 public:
  FlushToZero() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | 0x8040); }
  ~FlushToZero() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
#endif
};
