// Threads of the library's that do what pump does.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace bccast {

class Workers {
 public:
  /// `work` returns in how many milliseconds there is more to do (-1: nothing known), or earlier when `stop`
  /// says so; `wait` blocks so long at the most, or until rung; `ring` ends it.
  struct Loop {
    std::function<std::int64_t(const std::atomic<bool>& stop)> work;
    std::function<void(std::int64_t ms)> wait;
    std::function<void()> ring;
  };
  explicit Workers(Loop loop) : loop_(std::move(loop)) {}
  ~Workers();

  /// Throws Error(state) when started already.
  void start(std::uint32_t n);
  /// False when they did not end within the time; they do when they can.
  bool stop(std::int64_t timeout_ms);
  std::uint32_t count();

 private:
  void run() noexcept;

  Loop loop_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::vector<std::thread> threads_;
  std::size_t running_ = 0;
  std::atomic<bool> stop_{false};
};

}  // namespace bccast
