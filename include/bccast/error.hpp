// The one error type of the library: a code of the C API and a message for people.
// Messages name ids and limits, never texts, names or addresses.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace bccast {

/// Results and errors. The numbers are those of the C API (`BCCAST_*` in bccast.h) and never change.
enum class Code : std::int32_t {
  ok = 0,
  done = 1,
  partial = 2,
  exists = 3,
  null = 4,
  pending = 5,

  argument = -10,
  utf8 = -11,
  handle = -12,
  version = -13,
  limit = -14,

  not_found = -20,
  state = -21,
  forbidden = -22,
  conflict = -23,
  too_few = -24,
  reentrant = -25,
  closed = -26,
  forked = -27,

  storage = -30,
  busy = -31,
  full = -32,
  corrupt = -33,
  in_use = -34,
  schema = -35,
  key = -36,

  queue = -40,
  notifier = -41,

  nomem = -50,
  internal = -51,
};

/// Thrown inside the library; the C API turns it into its code, a message and a native number.
class Error : public std::exception {
 public:
  Error(Code code, std::string message, std::int32_t native = 0)
      : code_(code), native_(native), message_(std::move(message)) {}

  Code code() const noexcept { return code_; }
  /// The number the storage engine gave (SQLite's extended result code), or 0.
  std::int32_t native() const noexcept { return native_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  Code code_;
  std::int32_t native_;
  std::string message_;
};

/// True when the same call may succeed later without the caller changing anything.
constexpr bool is_retriable(Code code) noexcept {
  return code == Code::busy || code == Code::full || code == Code::storage || code == Code::nomem ||
         code == Code::queue || code == Code::notifier;
}

}  // namespace bccast
