#include "engine/doorbell.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/error.hpp"

namespace bccast {
namespace {

/// How often to look for what other processes have stored, where the store cannot tell.
constexpr std::chrono::milliseconds kScanEvery{1000};
constexpr Ms kLongestTimer = Ms{1000} * 60 * 60 * 24;

bool control(int epoll, int operation, int fd, bool on) noexcept {
  epoll_event event{};
  event.events = on ? EPOLLIN : 0U;
  event.data.fd = fd;
  return epoll_ctl(epoll, operation, fd, &event) == 0;
}

}  // namespace

Doorbell::~Doorbell() {
  close_all();
}

void Doorbell::close_all() noexcept {
  for (int* fd : {&epoll_, &event_, &timer_}) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
  }
}

// All that follow but fd() and wait(): REQUIRES mutex_ where they are private.

void Doorbell::make() {
  if (epoll_ >= 0) return;
  event_ = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
  timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (event_ < 0 || timer_ < 0 || epoll_ < 0 || !control(epoll_, EPOLL_CTL_ADD, event_, true) ||
      !control(epoll_, EPOLL_CTL_ADD, timer_, true)) {
    close_all();
    throw Error(Code::storage, "the system has no file descriptor left");
  }
  changes_ = store_.changes_fd();
  if (changes_ >= 0 && !control(epoll_, EPOLL_CTL_ADD, changes_, true)) changes_ = -1;
}

void Doorbell::write_event() noexcept {
  if (event_ < 0) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(event_, &one, sizeof one);
}

/// Sets the timer to the first moment of all.
void Doorbell::arm() noexcept {
  if (timer_ < 0) return;
  const auto now = Clock::now();
  const bool must_look = changes_ < 0 && store_.is_shared();
  auto first = must_look ? now + kScanEvery : Clock::time_point::max();
  for (const auto& [source, moment] : moments_) first = std::min(first, moment);
  itimerspec spec{};  // all zero: never
  if (first != Clock::time_point::max()) {
    const auto left =
        std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::nanoseconds>(first - now).count());
    spec.it_value.tv_sec = static_cast<time_t>(left / 1'000'000'000);
    spec.it_value.tv_nsec = static_cast<long>(left % 1'000'000'000);
  }
  timerfd_settime(timer_, 0, &spec, nullptr);
}

void Doorbell::listen(bool on) noexcept {
  if (epoll_ < 0) return;
  control(epoll_, EPOLL_CTL_MOD, timer_, on);
  if (changes_ >= 0) control(epoll_, EPOLL_CTL_MOD, changes_, on);
}

int Doorbell::fd() {
  const std::lock_guard lock(mutex_);
  make();
  return epoll_;
}

void Doorbell::ring() noexcept {
  const std::lock_guard lock(mutex_);
  if (held_) {
    rung_while_held_ = true;
  } else {
    write_event();
  }
}

void Doorbell::wake() noexcept {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  write_event();
}

void Doorbell::hold() noexcept {
  const std::lock_guard lock(mutex_);
  held_ = true;
  listen(false);
  // What this call's own commits have rung waits, too.
  std::uint64_t count = 0;
  if (event_ < 0 || woken_ || read(event_, &count, sizeof count) < 0) return;
  rung_while_held_ = true;
}

void Doorbell::let_go() noexcept {
  const std::lock_guard lock(mutex_);
  if (!held_) return;
  held_ = false;
  listen(true);
  if (rung_while_held_) write_event();
  rung_while_held_ = false;
}

void Doorbell::clear() noexcept {
  const std::lock_guard lock(mutex_);
  if (held_) listen(true);
  held_ = rung_while_held_ = woken_ = false;
  if (event_ < 0) return;
  std::uint64_t count = 0;
  [[maybe_unused]] auto got = read(event_, &count, sizeof count);
  got = read(timer_, &count, sizeof count);
  const auto now = Clock::now();
  std::erase_if(moments_, [&](const auto& moment) { return moment.second <= now; });
  arm();
  if (changes_ >= 0) store_.drain_changes();
}

void Doorbell::set_timer(Source source, Ms ms) noexcept {
  const std::lock_guard lock(mutex_);
  moments_.erase(source);
  if (ms >= 0) {
    try {
      moments_[source] = Clock::now() + std::chrono::milliseconds(std::min(ms, kLongestTimer));
    } catch (...) {  // no memory even for that: look at once
      write_event();
    }
  }
  arm();
}

bool Doorbell::wait(std::int64_t timeout_ms) {
  pollfd readable{fd(), POLLIN, 0};
  const int timeout =
      timeout_ms < 0 ? -1
                     : static_cast<int>(std::min<std::int64_t>(timeout_ms, std::numeric_limits<int>::max()));
  const int result = poll(&readable, 1, timeout);
  if (result < 0 && errno != EINTR) throw Error(Code::storage, "waiting failed");
  return result != 0;
}

}  // namespace bccast
