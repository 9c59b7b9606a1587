#include "error.hpp"

#include <bccast/bccast.h>

#include <algorithm>
#include <cstring>

namespace bccast::capi {
namespace {

struct LastError {
  char message[512];
  std::size_t length;
  std::int32_t code;
  std::int32_t native;
};

constinit thread_local LastError last{};

}  // namespace

void clear_error() noexcept {
  last.message[0] = '\0';
  last.length = 0;
  last.code = 0;
  last.native = 0;
}

std::int32_t set_error(Code code, std::string_view message, std::int32_t native) noexcept {
  last.length = std::min(message.size(), sizeof last.message - 1);
  std::memcpy(last.message, message.data(), last.length);
  last.message[last.length] = '\0';
  last.code = static_cast<std::int32_t>(code);
  last.native = native;
  return last.code;
}

}  // namespace bccast::capi

using bccast::Code;
using bccast::capi::last;

const char* bccast_error_message(void) {
  return last.message;
}

int32_t bccast_error_retriable(void) {
  return bccast::is_retriable(static_cast<Code>(last.code)) ? 1 : 0;
}

int32_t bccast_error_native(void) {
  return last.native;
}

size_t bccast_error_copy(char* buffer, size_t size) {
  if (buffer != nullptr && size > 0) {
    const size_t length = std::min(last.length, size - 1);
    std::memcpy(buffer, last.message, length);
    buffer[length] = '\0';
  }
  return last.length;
}

const char* bccast_code_name(int32_t code) {
  switch (code) {
#define NAME(name) \
  case name:       \
    return #name
    NAME(BCCAST_OK);
    NAME(BCCAST_DONE);
    NAME(BCCAST_PARTIAL);
    NAME(BCCAST_EXISTS);
    NAME(BCCAST_NULL);
    NAME(BCCAST_PENDING);
    NAME(BCCAST_E_ARGUMENT);
    NAME(BCCAST_E_UTF8);
    NAME(BCCAST_E_HANDLE);
    NAME(BCCAST_E_VERSION);
    NAME(BCCAST_E_LIMIT);
    NAME(BCCAST_E_NOT_FOUND);
    NAME(BCCAST_E_STATE);
    NAME(BCCAST_E_FORBIDDEN);
    NAME(BCCAST_E_CONFLICT);
    NAME(BCCAST_E_TOO_FEW);
    NAME(BCCAST_E_REENTRANT);
    NAME(BCCAST_E_CLOSED);
    NAME(BCCAST_E_FORKED);
    NAME(BCCAST_E_STORAGE);
    NAME(BCCAST_E_BUSY);
    NAME(BCCAST_E_FULL);
    NAME(BCCAST_E_CORRUPT);
    NAME(BCCAST_E_IN_USE);
    NAME(BCCAST_E_SCHEMA);
    NAME(BCCAST_E_KEY);
    NAME(BCCAST_E_QUEUE);
    NAME(BCCAST_E_NOTIFIER);
    NAME(BCCAST_E_NOMEM);
    NAME(BCCAST_E_INTERNAL);
#undef NAME
    default:
      return "unknown";
  }
}
