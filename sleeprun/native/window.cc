// One population of Rulkov map neurons over a window of steps, as an XLA custom call.
//
// The same equations, order of events and counter-based noise as the portable path
// (neurons.py, synapses.py, spikes.py); see there for the model.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "xla/ffi/api/ffi.h"

#if defined(__x86_64__)
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__) && !defined(SLEEPRUN_SANITIZE)
#define FOR_EVERY_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#endif
#ifndef FOR_EVERY_PROCESSOR
#define FOR_EVERY_PROCESSOR
#endif

namespace ffi = xla::ffi;

namespace {

// Denormals make the decaying currents several times slower than they are worth.
class FlushToZero {
#if defined(__x86_64__)
 public:
  FlushToZero() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | 0x8040); }
  ~FlushToZero() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
#endif
};

struct Constants {
  float alpha, beta_e, mu, sigma, current_decay, v_rest, plateau;
};

struct State {
  float *v, *v1, *v2, *u, *i;
};

// Advances every neuron by one step; returns whether any spiked.
FOR_EVERY_PROCESSOR
bool step(const Constants& c, State s, std::int32_t* __restrict fired, std::int64_t size) {
  float* __restrict v = s.v;
  float* __restrict v1 = s.v1;
  float* __restrict v2 = s.v2;
  float* __restrict u = s.u;
  float* __restrict i = s.i;
  const float span = 1 - c.v_rest, slope = c.alpha / span, zero = -c.v_rest;
  const float plateau = c.plateau, reset = -c.sigma;
  const float beta_e = c.beta_e, mu = c.mu, decay = c.current_decay;
  std::int32_t any = 0;
  for (std::int64_t n = 0; n < size; ++n) {
    const float now = v[n], drive = u[n] + beta_e * i[n], top = plateau + drive;
    const bool silent = now <= zero;
    const bool rising = !silent & (now < top) & (v2[n] <= zero);
    const std::int32_t spikes = !silent & !rising;
    const float below = slope * now / (span - now) + drive;
    u[n] -= mu * (now - i[n]);
    i[n] *= decay;
    v2[n] = v1[n];
    v1[n] = now;
    v[n] = silent ? below : (rising ? top : reset);
    fired[n] = spikes;
    any |= spikes;
  }
  return any != 0;
}

inline std::uint32_t mix(std::uint32_t word) {
  word = (word ^ (word >> 16)) * 0x7FEB352Du;
  word = (word ^ (word >> 15)) * 0x846CA68Bu;
  return word ^ (word >> 16);
}

std::uint32_t absorb(std::uint32_t word, std::uint32_t key, std::int32_t counter) {
  return mix((word ^ key) + 0x9E3779B9u * (static_cast<std::uint32_t>(counter) + 1u));
}

// The incoming spikes of one projection, in the order of their arrival.
struct Projection {
  const float* weights;  // [pre, post]
  const std::int32_t *time, *neuron;
  std::int32_t next, length;
  std::uint32_t words[2];
  float jitter;
};

// Adds one spike's current, each synapse with its own draw of U(1 - R, 1 + R).
FOR_EVERY_PROCESSOR
void deliver(const Projection& p, std::int32_t pre, std::uint32_t word, float* __restrict current,
             std::int32_t size) {
  const float* __restrict weights = p.weights + static_cast<std::int64_t>(pre) * size;
  const std::uint32_t stem = word ^ p.words[1];
  const float jitter = p.jitter;
  for (std::int32_t post = 0; post < size; ++post) {
    const std::uint32_t bits = stem + 0x9E3779B9u * (static_cast<std::uint32_t>(post) + 1u);
    const float draw = static_cast<float>(static_cast<std::int32_t>(mix(bits) >> 8)) * 0x1p-24f;
    current[post] += weights[post] * (1 + jitter * (2 * draw - 1));
  }
}

using F1 = ffi::Buffer<ffi::F32, 1>;
using F2 = ffi::Buffer<ffi::F32, 2>;
using I0 = ffi::Buffer<ffi::S32, 0>;
using I1 = ffi::Buffer<ffi::S32, 1>;

constexpr std::size_t kPerProjection = 7;

ffi::ErrorOr<std::vector<Projection>> read_projections(ffi::RemainingArgs arguments) {
  std::vector<Projection> projections;
  for (std::size_t k = 0; k + kPerProjection <= arguments.size(); k += kPerProjection) {
    auto weights = arguments.get<F2>(k);
    auto time = arguments.get<I1>(k + 1), neuron = arguments.get<I1>(k + 2);
    auto first = arguments.get<I0>(k + 3), length = arguments.get<I0>(k + 4);
    auto words = arguments.get<ffi::Buffer<ffi::U32, 1>>(k + 5);
    auto jitter = arguments.get<ffi::Buffer<ffi::F32, 0>>(k + 6);
    if (!weights || !time || !neuron || !first || !length || !words || !jitter)
      return ffi::Unexpected(ffi::Error::InvalidArgument("a projection's arrays are wrong"));
    projections.push_back({weights->typed_data(), time->typed_data(), neuron->typed_data(),
                           *first->typed_data(), *length->typed_data(),
                           {words->typed_data()[0], words->typed_data()[1]},
                           *jitter->typed_data()});
  }
  return projections;
}

ffi::Error window(std::int64_t steps, std::int64_t first_step, F2 state, F1 constants,
                  F1 resistance, F2 drive, I1 clock, I1 time, I1 neuron, I0 length,
                  ffi::RemainingArgs incoming, ffi::ResultBuffer<ffi::F32, 2> state_out,
                  ffi::ResultBuffer<ffi::S32, 1> time_out, ffi::ResultBuffer<ffi::S32, 1> neuron_out,
                  ffi::ResultBuffer<ffi::S32, 0> length_out,
                  ffi::ResultBuffer<ffi::S32, 0> overflowed_out) {
  [[maybe_unused]] const FlushToZero scope{};
  auto projections = read_projections(incoming);
  if (!projections) return projections.error();

  const std::int64_t size = state.dimensions()[1];
  const auto capacity = static_cast<std::int32_t>(time.element_count());
  float* cells = state_out->typed_data();
  std::memcpy(cells, state.typed_data(), state.size_bytes());
  std::memcpy(time_out->typed_data(), time.typed_data(), time.size_bytes());
  std::memcpy(neuron_out->typed_data(), neuron.typed_data(), neuron.size_bytes());
  const State s{cells, cells + size, cells + 2 * size, cells + 3 * size, cells + 4 * size};
  const float* k = constants.typed_data();
  const Constants c{k[0], k[1], k[2], k[3], k[4], k[5], k[6]};
  const std::int32_t cycle = clock.typed_data()[0], start = clock.typed_data()[1];
  const std::int64_t driven = drive.dimensions()[0];

  std::vector<std::int32_t> fired(size);
  std::vector<float> current(size);
  std::int32_t count = *length.typed_data(), overflowed = 0;
  for (std::int64_t t = 0; t < steps; ++t) {
    if (t < driven)
      for (std::int64_t n = 0; n < size; ++n) s.i[n] += drive.typed_data()[t * size + n];
    // The clock wraps around, so the sum is taken on unsigned words.
    const auto now = static_cast<std::int32_t>(static_cast<std::uint32_t>(start) +
                                               static_cast<std::uint32_t>(t));
    if (step(c, s, fired.data(), size)) {
      for (std::int64_t n = 0; n < size; ++n) {
        if (!fired[n]) continue;
        if (count < capacity) {
          time_out->typed_data()[count] = now;
          neuron_out->typed_data()[count] = static_cast<std::int32_t>(n);
          ++count;
        } else {
          overflowed = 1;
        }
      }
    }
    bool arrived = false;
    for (Projection& p : *projections) {
      if (p.next >= p.length || p.time[p.next] != now) continue;
      std::uint32_t moment = absorb(p.words[0], p.words[1], cycle);
      moment = absorb(moment, p.words[1], static_cast<std::int32_t>(first_step + t));
      for (; p.next < p.length && p.time[p.next] == now; ++p.next) {
        const std::int32_t pre = p.neuron[p.next];
        if (!arrived) std::fill(current.begin(), current.end(), 0.0f);
        arrived = true;
        deliver(p, pre, absorb(moment, p.words[1], pre), current.data(),
                static_cast<std::int32_t>(size));
      }
    }
    if (arrived)
      for (std::int64_t n = 0; n < size; ++n) s.i[n] += current[n] / resistance.typed_data()[n];
  }
  *length_out->typed_data() = count;
  *overflowed_out->typed_data() = overflowed;
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(SleeprunWindow, window,
                              ffi::Ffi::Bind()
                                  .Attr<std::int64_t>("steps")
                                  .Attr<std::int64_t>("first_step")
                                  .Arg<F2>()
                                  .Arg<F1>()
                                  .Arg<F1>()
                                  .Arg<F2>()
                                  .Arg<I1>()
                                  .Arg<I1>()
                                  .Arg<I1>()
                                  .Arg<I0>()
                                  .RemainingArgs()
                                  .Ret<F2>()
                                  .Ret<I1>()
                                  .Ret<I1>()
                                  .Ret<I0>()
                                  .Ret<I0>());
