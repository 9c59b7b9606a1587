// A store in memory for two who work side by side, as on a server: each call of a port sees what was
// committed before it, and who wants a row that the other holds waits until the other's transaction has
// ended.
//
// Which of them runs is not left to chance: the first is stopped before a call of a port, and the second runs
// until it has ended, or waits for the first.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../memory/memory_store.hpp"
#include "../unit/hooked_tables.hpp"

namespace test::memory {

/// Both wait for each other.
struct Deadlock : std::logic_error {
  Deadlock() : std::logic_error("each of the two has what the other waits for") {}
};
/// Who does not want to wait would have to.
struct WouldWait : std::runtime_error {
  WouldWait() : std::runtime_error("another transaction holds the row") {}
};

/// The rows that two share, and which of them runs.
class SideBySide {
 public:
  static constexpr std::size_t kFirst = 0;
  static constexpr std::size_t kSecond = 1;

  SideBySide(const SecretKey& key, Data data) : key_(key), newest_(std::move(data)) {
    newest_.drawn = std::make_shared<Drawn>(*newest_.drawn);
  }

  const SecretKey& key() const noexcept { return key_; }
  Data& newest() noexcept { return newest_; }

  /// Runs `second` on a thread of its own, from here on until it has ended or waits. Once.
  void start_second(const std::function<void()>& second) {
    std::unique_lock lock(mutex_);
    running_ = kSecond;
    thread_ = std::thread([this, second] {
      second();
      const std::lock_guard done(mutex_);
      ended_ = true;
      running_ = kFirst;
      turn_.notify_all();
    });
    turn_.wait(lock, [&] { return running_ == kFirst; });
  }
  /// A fault that is made in both.
  void leave_out(std::set<int> ranks) { left_out_ = std::move(ranks); }
  const std::set<int>& left_out() const noexcept { return left_out_; }
  /// How many transactions that write the first has begun.
  std::size_t transactions() const noexcept { return transactions_; }
  bool second_started() const { return thread_.joinable(); }
  /// It has waited for the first.
  bool second_waited() const noexcept { return second_waited_; }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  // ---- Of a transaction

  void begin(std::size_t who, Data& data) {
    if (who == kFirst) ++transactions_;
    data = newest_;
    live_.at(who) = &data;
    Data* other = live_.at(1 - who);
    if (other == nullptr) return;
    put_beside(who);
    put_beside(1 - who);
  }
  void refresh(Data& data) {
    data.for_each_pair(newest_, [](auto& mine, auto& newest) { mine.refresh(newest); });
  }
  /// Of what ends without a commit too. Whoever has waited for it runs first.
  void end(std::size_t who) {
    live_.at(who) = nullptr;
    if (Data* other = live_.at(1 - who); other != nullptr)
      other->for_each_table([](auto& table) { table.begin_beside(nullptr, nullptr); });
    if (who == kFirst && second_waits_) hand_over_to_second();
  }
  void commit(std::size_t who, Data& data) {
    refresh(data);
    data.for_each_pair(newest_, [](auto& mine, auto& newest) {
      mine.commit();
      newest = mine;
    });
    end(who);
  }

 private:
  void put_beside(std::size_t who) {
    live_.at(who)->for_each_pair(*live_.at(1 - who),
                                 [&](auto& mine, auto& its) { mine.begin_beside(&its, &await_.at(who)); });
  }
  void hand_over_to_second() {
    std::unique_lock lock(mutex_);
    running_ = kSecond;
    turn_.notify_all();
    turn_.wait(lock, [&] { return running_ == kFirst; });
  }
  void second_awaits_first() {
    std::unique_lock lock(mutex_);
    second_waited_ = second_waits_ = true;
    running_ = kFirst;
    turn_.notify_all();
    turn_.wait(lock, [&] { return running_ == kSecond; });
    second_waits_ = false;
    lock.unlock();
    refresh(*live_.at(kSecond));
  }

  const SecretKey key_;
  Data newest_;
  std::array<Data*, 2> live_{};
  const std::array<AwaitOther, 2> await_{[] { throw Deadlock(); }, [this] { second_awaits_first(); }};
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable turn_;
  std::size_t running_ = kFirst;
  std::size_t transactions_ = 0;
  std::set<int> left_out_;
  bool second_waits_ = false;
  bool second_waited_ = false;
  bool ended_ = false;
};

/// As one of the two sees it. `hook` comes before each call of a port.
class StoreOfOne final : public Store {
 public:
  StoreOfOne(SideBySide& both, std::size_t who, PortHook hook)
      : both_(both), who_(who), hook_(std::move(hook)) {}

  const SecretKey& key() const noexcept override { return both_.key(); }
  bool read_only() const noexcept override { return false; }
  bool checkpoint(Patience) override { return true; }
  bool backup(std::string_view) override { throw Error(Code::internal, "there is no backup of this store"); }
  int changes_fd() override { return -1; }
  bool is_shared() const noexcept override { return true; }
  void drain_changes() noexcept override {}
  std::vector<FindingRow> verify() override { return {}; }

 private:
  void run_read(FunctionRef<void(const Tables&)> work) override {
    Data data = both_.newest();
    AllTables tables(data);
    work(HookedTables(std::as_const(tables), hook_));
  }
  void run_write(FunctionRef<void(Tables&)> work, Durability) override {
    Data data;
    both_.begin(who_, data);
    try {
      AllTables tables(data);
      tables.lock().set_others_write();
      tables.lock().leave_out(both_.left_out());
      const PortHook before_call = [&](const PortCall& call) {
        hook_(call);
        both_.refresh(data);
      };
      HookedTables hooked(tables, before_call);
      work(hooked);
    } catch (...) {
      both_.end(who_);
      throw;
    }
    both_.commit(who_, data);
  }
  bool run_try_write(FunctionRef<void(Tables&)> work) noexcept override {
    try {
      run_write(work, Durability::relaxed);
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  SideBySide& both_;
  const std::size_t who_;
  const PortHook hook_;
};

}  // namespace test::memory
