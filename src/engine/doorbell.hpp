// Waking those who wait for work: one descriptor that is readable when there is something to do, by whichever
// cause.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>

#include "model/numbers.hpp"
#include "ports/queue.hpp"
#include "ports/store.hpp"

namespace bccast {

/// An epoll descriptor over an eventfd (rung), a timerfd (something is due) and what the store tells of
/// changes by others. Nothing of it exists before somebody waits.
class Doorbell final : public Queue {
 public:
  /// Whose timer: pump's, or that of the claims of a channel (its number).
  using Source = std::int64_t;
  static constexpr Source kPump = 0;
  static constexpr Source kAgenda = -1;

  explicit Doorbell(Store& store) : store_(store) {}
  ~Doorbell() override;
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  /// Made when first asked for, and then already rung: there may be something to do. Throws Error(storage)
  /// when the system has no descriptors left.
  int fd();
  /// Readable from now on.
  void ring() noexcept override;
  /// The same, even while it is held.
  void wake() noexcept;
  /// Quiet from now on, until there is news: to be called before looking for work.
  void clear() noexcept;
  /// Quiet, whatever happens, for a host that may be at its limit: until let_go(), or clear() by whoever
  /// looks.
  void hold() noexcept;
  void let_go() noexcept;
  /// Readable in `ms` milliseconds; below 0: not by itself. Each source has one such moment.
  void set_timer(Source source, Ms ms) noexcept;
  /// Blocks until readable, or `timeout_ms` have passed (false); below 0: no limit.
  bool wait(std::int64_t timeout_ms);

 private:
  using Clock = std::chrono::steady_clock;
  void make();
  void write_event() noexcept;
  void arm() noexcept;
  void listen(bool on) noexcept;
  void close_all() noexcept;

  Store& store_;
  std::mutex mutex_;
  int epoll_ = -1;
  int event_ = -1;
  int timer_ = -1;
  int changes_ = -1;  // the store's; -1: changes by others are looked for from time to time
  std::map<Source, Clock::time_point> moments_;
  bool held_ = false;
  bool rung_while_held_ = false;
  bool woken_ = false;  // since it was cleared
};

}  // namespace bccast
