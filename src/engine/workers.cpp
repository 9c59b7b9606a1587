#include "engine/workers.hpp"

#include <pthread.h>
#include <signal.h>

#include <chrono>

#include "base/error.hpp"

namespace bccast {
namespace {

/// After an error, such as a full disk.
constexpr std::int64_t kAfterErrorMs = 1000;
constexpr std::int64_t kForever = 1'000'000'000'000;

/// Blocks all signals for as long as it lives: threads begun meanwhile have them blocked for good.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Workers::~Workers() {
  stop(kForever);
}

std::uint32_t Workers::count() {
  const std::lock_guard lock(mutex_);
  return static_cast<std::uint32_t>(threads_.size());
}

void Workers::start(std::uint32_t n) {
  const std::lock_guard lock(mutex_);
  if (!threads_.empty()) throw Error(Code::state, "the threads were started already");
  stop_ = false;
  const SignalsBlocked blocked;
  for (std::uint32_t i = 0; i < n; ++i) {
    try {
      threads_.emplace_back([this] { run(); });
    } catch (const std::system_error&) {
      if (threads_.empty()) throw Error(Code::nomem, "the system has no thread left");
      break;  // fewer do it as well
    }
    ++running_;
  }
}

void Workers::run() noexcept {
  while (!stop_) {
    std::int64_t next = kAfterErrorMs;
    try {
      next = loop_.work(stop_);
    } catch (...) {
      // Kept, or given back; again later.
    }
    if (stop_ || next == 0) continue;
    try {
      loop_.wait(next);
    } catch (...) {
      std::this_thread::sleep_for(std::chrono::milliseconds(kAfterErrorMs));
    }
  }
  const std::lock_guard lock(mutex_);
  --running_;
  ended_.notify_all();
}

bool Workers::stop(std::int64_t timeout_ms) {
  std::unique_lock lock(mutex_);
  if (threads_.empty()) return true;
  stop_ = true;
  loop_.ring();
  const auto until = std::chrono::steady_clock::now() +
                     std::chrono::milliseconds(std::min<std::int64_t>(timeout_ms, 86'400'000));
  while (running_ > 0) {
    // The bell is cleared by whoever looks for work: it is rung for each that still sleeps.
    const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
    if (ended_.wait_until(lock, std::min(soon, until)) == std::cv_status::timeout && running_ > 0) {
      if (std::chrono::steady_clock::now() >= until) return false;
      loop_.ring();
    }
  }
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  return true;
}

}  // namespace bccast
