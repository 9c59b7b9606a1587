#include "adapters/sqlite/write_queue.hpp"

#include <array>

namespace bccast::sqlite {

void WriteQueue::submit(Request& request, Runner runner) {
  std::unique_lock lock(mutex_);
  waiting_.push_back(&request);
  if (busy_) {
    request.changed.wait(lock, [&] { return request.state != Request::State::waiting; });
  } else {
    busy_ = true;
    request.state = Request::State::leading;
  }
  if (request.state == Request::State::leading) lead(lock, runner);
  lock.unlock();
  if (request.error) std::rethrow_exception(request.error);
}

bool WriteQueue::try_submit(Request& request, Runner runner) {
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock() || busy_) return false;
  waiting_.push_back(&request);
  busy_ = true;
  request.state = Request::State::leading;
  lead(lock, runner);
  lock.unlock();
  if (request.error) std::rethrow_exception(request.error);
  return true;
}

// REQUIRES: `lock` holds the mutex, the leader is the first of those who wait.
void WriteQueue::lead(std::unique_lock<std::mutex>& lock, Runner runner) {
  std::array<Request*, kLargestGroup> group{};
  std::size_t size = 0;
  while (size < group.size() && !waiting_.empty()) {
    Request* next = waiting_.front();
    if (size > 0 && (next->alone || group[0]->alone)) break;
    group[size++] = next;
    waiting_.pop_front();
  }
  lock.unlock();
  runner(std::span<Request* const>(group.data(), size));
  lock.lock();
  // Each is woken while the lock is held: once it is free the request may be gone.
  for (std::size_t i = 0; i < size; ++i) {
    group[i]->state = Request::State::done;
    group[i]->changed.notify_one();
  }
  if (waiting_.empty()) {
    busy_ = false;
  } else {
    waiting_.front()->state = Request::State::leading;
    waiting_.front()->changed.notify_one();
  }
}

}  // namespace bccast::sqlite
