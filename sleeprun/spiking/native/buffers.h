// The arrays of an XLA call, taken one after another.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

template <typename T>
struct Array {
  T* data;
  ffi::Span<const std::int64_t> shape;
  std::int64_t size;
};

template <typename T>
constexpr ffi::DataType kTypeOf = ffi::DataType::F32;
template <>
constexpr ffi::DataType kTypeOf<std::int32_t> = ffi::DataType::S32;
template <>
constexpr ffi::DataType kTypeOf<std::uint32_t> = ffi::DataType::U32;
template <>
constexpr ffi::DataType kTypeOf<bool> = ffi::DataType::PRED;

// Takes a call's arrays one after another and remembers whether all were as they should be.
class Buffers {
 public:
  Buffers(const ffi::RemainingArgs& arguments, const ffi::RemainingRets& results)
      : arguments_(arguments), results_(results), inputs_(arguments.size() - results.size()) {}

  template <typename T>
  Array<const T> read() {
    auto buffer = arguments_.get<ffi::AnyBuffer>(argument_++);
    return checked<const T>(buffer.has_value() ? &*buffer : nullptr);
  }

  // An array that is changed in place.
  template <typename T>
  Array<T> change() {
    auto before = arguments_.get<ffi::AnyBuffer>(inputs_ + result_);
    auto after = results_.get<ffi::AnyBuffer>(result_++);
    if (!before.has_value() || !after.has_value()) return checked<T>(nullptr);
    ffi::AnyBuffer buffer = **after;
    if (buffer.size_bytes() != before->size_bytes()) return checked<T>(nullptr);
    if (buffer.untyped_data() != before->untyped_data())
      std::memcpy(buffer.untyped_data(), before->untyped_data(), before->size_bytes());
    return checked<T>(&buffer);
  }

  ffi::Error verdict() const {
    if (right_ && argument_ == inputs_ && result_ == results_.size()) return ffi::Error::Success();
    return ffi::Error::InvalidArgument("sleeprun: the kernel was given other arrays than it takes");
  }
  bool right() const { return right_; }

 private:
  template <typename T>
  Array<T> checked(ffi::AnyBuffer* buffer) {
    if (!buffer || buffer->element_type() != kTypeOf<std::remove_const_t<T>>) {
      right_ = false;
      return {nullptr, {}, 0};
    }
    return {static_cast<T*>(buffer->untyped_data()), buffer->dimensions(),
            static_cast<std::int64_t>(buffer->element_count())};
  }

  const ffi::RemainingArgs& arguments_;
  const ffi::RemainingRets& results_;
  std::size_t inputs_, argument_ = 0, result_ = 0;
  bool right_ = true;
};
