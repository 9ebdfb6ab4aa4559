// The arrays of an XLA call, taken one after another and checked.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <type_traits>

#include "constants.h"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

template <typename T>
struct Array {
  T* data;
  ffi::Span<const std::int64_t> shape;
  std::int64_t size;
};

template <typename T>
inline constexpr ffi::DataType kTypeOf = ffi::DataType::F32;
template <>
inline constexpr ffi::DataType kTypeOf<std::int32_t> = ffi::DataType::S32;
template <>
inline constexpr ffi::DataType kTypeOf<std::uint32_t> = ffi::DataType::U32;
template <>
inline constexpr ffi::DataType kTypeOf<bool> = ffi::DataType::PRED;

constexpr std::int64_t kAny = -1;  // a size that is the caller's choice

// Takes a call's arrays one after another; remembers the first that is not as it should be.
class Buffers {
 public:
  using Shape = std::initializer_list<std::int64_t>;

  Buffers(const ffi::RemainingArgs& arguments, const ffi::RemainingRets& results)
      : arguments_(arguments), results_(results), inputs_(arguments.size() - results.size()) {}

  // Whose arrays come next.
  void about(const char* what, std::size_t which) { what_ = what, which_ = which; }

  template <typename T>
  Array<const T> read(const char* name, Shape shape) {
    auto buffer = arguments_.get<ffi::AnyBuffer>(argument_++);
    return checked<const T>(name, shape, buffer.has_value() ? &*buffer : nullptr);
  }

  // A struct of constants, in one array.
  template <typename Constants>
  Constants constants() {
    Constants found{};
    const auto array = read<float>("constants", {kCountOf<Constants>});
    if (array.data) std::memcpy(&found, array.data, sizeof found);
    return found;
  }

  // An array that is changed in place.
  template <typename T>
  Array<T> change(const char* name, Shape shape) {
    auto before = arguments_.get<ffi::AnyBuffer>(inputs_ + result_);
    auto after = results_.get<ffi::AnyBuffer>(result_++);
    if (!before.has_value() || !after.has_value()) return checked<T>(name, shape, nullptr);
    ffi::AnyBuffer buffer = **after;
    if (buffer.size_bytes() != before->size_bytes()) return checked<T>(name, shape, nullptr);
    if (buffer.untyped_data() != before->untyped_data())
      std::memcpy(buffer.untyped_data(), before->untyped_data(), before->size_bytes());
    return checked<T>(name, shape, &buffer);
  }

  // Of what is not the shape of an array.
  void demand(bool holds, const char* otherwise) {
    if (!holds) complain(otherwise);
  }
  bool right() const { return complaint_.empty(); }
  ffi::Error verdict() {
    demand(argument_ == inputs_ && result_ == results_.size(), "more arrays than it takes");
    return right() ? ffi::Error::Success() : ffi::Error::InvalidArgument(complaint_);
  }

 private:
  template <typename T>
  Array<T> checked(const char* name, Shape shape, ffi::AnyBuffer* buffer) {
    if (!buffer || buffer->element_type() != kTypeOf<std::remove_const_t<T>> ||
        !fits(buffer->dimensions(), shape)) {
      complain(name, shape);
      return {nullptr, {}, 0};
    }
    return {static_cast<T*>(buffer->untyped_data()), buffer->dimensions(),
            static_cast<std::int64_t>(buffer->element_count())};
  }

  static bool fits(ffi::Span<const std::int64_t> found, Shape wanted) {
    if (found.size() != wanted.size()) return false;
    const std::int64_t* size = found.begin();
    for (const std::int64_t want : wanted)
      if (*size++ != want && want != kAny) return false;
    return true;
  }

  void complain(const char* name, Shape wanted) {
    std::string told = std::string(name) + " must be of its type and of shape [";
    for (const std::int64_t size : wanted)
      told += (told.back() == '[' ? "" : ", ") + (size == kAny ? "any" : std::to_string(size));
    complain(told + "]");
  }
  void complain(const std::string& told) {
    if (right())
      complaint_ = "sleeprun's kernel: " + std::string(what_) + std::to_string(which_) + ": " + told;
  }

  const ffi::RemainingArgs& arguments_;
  const ffi::RemainingRets& results_;
  std::size_t inputs_, argument_ = 0, result_ = 0;
  const char* what_ = "call ";
  std::size_t which_ = 0;
  std::string complaint_;
};
