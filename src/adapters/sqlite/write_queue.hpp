// The writers of one process, first come, first served, committed in groups.
//
// A plain mutex lets a busy writer take its turn again and again while others wait; here each waits for those
// before it only. One of those who wait, the leader, runs the work of all in one transaction, each in its own
// savepoint, and commits for them: one sync for many.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <span>
#include <vector>

#include "adapters/sqlite/connection.hpp"
#include "base/function_ref.hpp"
#include "ports/store.hpp"

namespace bccast::sqlite {

class WriteQueue {
 public:
  struct Request {
    FunctionRef<void()> work;
    Durability durability;
    bool alone = false;  // not within a transaction of the queue, nor together with others
    std::exception_ptr error{};
    std::vector<Doubt> doubts{};  // where the error says that the file is damaged, if it is

    enum class State { waiting, leading, done } state = State::waiting;
    std::condition_variable changed{};
  };

  /// Runs groups of requests; sets `error` of those that fail; throws nothing.
  using Runner = FunctionRef<void(std::span<Request* const>)>;

  /// Waits its turn, runs, and rethrows what the request met.
  void submit(Request& request, Runner runner);
  /// False when anybody is at work or waiting.
  bool try_submit(Request& request, Runner runner);

 private:
  static constexpr std::size_t kLargestGroup = 64;
  void lead(std::unique_lock<std::mutex>& lock, Runner runner);

  std::mutex mutex_;
  std::deque<Request*> waiting_;
  bool busy_ = false;  // somebody leads
};

}  // namespace bccast::sqlite
