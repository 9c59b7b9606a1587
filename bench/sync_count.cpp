// The program's own fsync and fdatasync come before the C library's in symbol lookup, so that SQLite and
// bccast, which are shared libraries, call these. That needs them exported (ENABLE_EXPORTS, that is
// -rdynamic).
#include "sync_count.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <atomic>

namespace {

using Sync = int (*)(int);

std::atomic<std::uint64_t> calls{0};

Sync next_symbol(const char* name) {
  return reinterpret_cast<Sync>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int fsync(int file) {
  static const Sync next = next_symbol("fsync");
  calls.fetch_add(1, std::memory_order_relaxed);
  return next(file);
}

extern "C" __attribute__((visibility("default"))) int fdatasync(int file) {
  static const Sync next = next_symbol("fdatasync");
  calls.fetch_add(1, std::memory_order_relaxed);
  return next(file);
}

namespace bench {

std::uint64_t sync_count() noexcept {
  return calls.load(std::memory_order_relaxed);
}

}  // namespace bench
