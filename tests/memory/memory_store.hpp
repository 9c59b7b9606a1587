// A store in memory: the least that keeps what the ports promise. With it core runs without SQL and without
// files.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "blasts.hpp"
#include "data.hpp"
#include "directory.hpp"
#include "row_locks.hpp"
#include "threads.hpp"
#include "work.hpp"

namespace test::memory {

class Events final : public EventTables {
 public:
  explicit Events(Data& data) : data_(data) {}

  bool has_readers() const override {
    bool any = false;
    data_.readers.for_all([&](const std::string&, EventNo) { any = true; });
    return any;
  }
  std::optional<EventNo> acknowledged(std::string_view reader) const override {
    return data_.readers.get(std::string(reader));
  }
  void set_acknowledged(std::string_view reader, EventNo no) override {
    data_.readers.put(std::string(reader), no);
  }
  EventNo acknowledged_by_all() const override {
    std::optional<EventNo> least;
    data_.readers.for_all([&](const std::string&, EventNo no) { least = std::min(least.value_or(no), no); });
    return least.value_or(0);
  }
  void insert_event(const Event& event, Ms keep_since) override {
    const auto at = ++data_.drawn->unnumbered_event;
    data_.new_events.put(at, event);
    if (at % 256 == 0) forget_before(keep_since);
  }
  bool has_unnumbered() const override {
    bool any = false;
    data_.new_events.for_all([&](std::int64_t, const Event&) { any = true; });
    return any;
  }
  bool number_events(std::size_t most) override {
    for (auto& [at, event] : data_.new_events.rows([](auto&, auto&) { return true; })) {
      if (most-- == 0) return true;
      event.no = data_.next_event();
      data_.events.put(event.no, event);
      data_.new_events.erase(at);
    }
    return false;
  }
  EventNo last_event() const override { return data_.the_store().last_event; }
  std::vector<Event> events(EventNo after, Ms since, std::size_t limit) const override {
    std::vector<Event> all;
    data_.events.each(after + 1, [&](EventNo, const Event& event) {
      if (event.at >= since && all.size() < limit) all.push_back(event);
      return all.size() < limit;
    });
    return all;
  }
  void forget_up_to(EventNo no) override {
    forget([&](const Event& event) { return event.no <= no; });
  }
  void forget_client(std::int64_t client_no) override {
    for (auto* table : {&data_.events, &data_.new_events})
      for (auto& [no, event] : table->rows([&](EventNo, const Event& e) {
             return e.kind == EventKind::roster_changed && e.number == client_no;
           })) {
        event.number = 0;
        table->put(no, event);
      }
  }

 private:
  void forget_before(Ms at) {
    EventNo last = 0;
    data_.events.for_all([&](EventNo no, const Event& event) { last = event.at < at ? no : last; });
    forget_up_to(last);
    for (const auto& [no, event] :
         data_.new_events.rows([&](std::int64_t, const Event& event) { return event.at < at; }))
      data_.new_events.erase(no);
  }
  template <typename Which>
  void forget(const Which& which) {
    for (const auto& [no, event] : data_.events.rows([&](EventNo, const Event& e) { return which(e); }))
      data_.events.erase(no);
  }

  Data& data_;
};

class OfStore final : public StoreTables {
 public:
  explicit OfStore(Data& data) : data_(data) {}

  bool held() const override { return data_.the_store().held; }
  void set_held(bool held) override {
    auto row = data_.store_to_change();
    row.held = held;
    data_.store.put(0, row);
  }
  bool release() override {
    if (!data_.store_to_change().held) return false;
    set_held(false);
    return true;
  }
  Folding folding() const override { return data_.the_store().folding; }
  void set_folding(const Folding& folding) override {
    auto row = data_.store_to_change();
    row.folding = folding;
    data_.store.put(0, row);
  }
  void add_debt() override { data_.debts.put(++data_.drawn->debt, {}); }
  std::int64_t debts() const override {
    std::int64_t count = 0;
    data_.debts.for_all([&](DebtNo, const Nothing&) { ++count; });
    return count;
  }
  std::optional<DebtNo> last_debt() const override {
    std::optional<DebtNo> last;
    data_.debts.for_all([&](DebtNo no, const Nothing&) { last = no; });
    return last;
  }
  void settle_debts(DebtNo last) override {
    for (const auto& [no, debt] : data_.debts.rows([&](DebtNo no, const Nothing&) { return no <= last; }))
      data_.debts.erase(no);
  }

  void add_act(const ActInParts& act) override { data_.acts.insert(act.no, act); }
  std::optional<ActInParts> first_act() const override {
    std::optional<ActInParts> first;
    data_.acts.each(0, [&](ActNo, const ActInParts& act) {
      first = act;
      return false;
    });
    return first;
  }
  std::optional<ActInParts> act(ActNo no) const override { return data_.acts.get(no); }
  void update_act(const ActInParts& act) override { data_.acts.update(act.no, act); }
  void delete_act(ActNo no) override { data_.acts.erase(no); }

 private:
  Data& data_;
};

class Numbers final : public NumberTables {
 public:
  explicit Numbers(Data& data) : data_(data) {}
  std::int64_t next(NumberKind kind, std::int64_t count) override { return data_.next(kind, count); }

 private:
  Data& data_;
};

class AllTables final : public Tables {
 public:
  explicit AllTables(Data& data)
      : directory_(data),
        blasts_(data),
        threads_(data),
        communities_(data),
        work_(data),
        events_(data),
        store_(data),
        numbers_(data),
        lock_(data) {}

  RowLocks& lock() override { return lock_; }
  DirectoryTables& directory() override { return directory_; }
  BlastTables& blasts() override { return blasts_; }
  ThreadTables& threads() override { return threads_; }
  CommunityTables& communities() override { return communities_; }
  WorkTables& work() override { return work_; }
  EventTables& events() override { return events_; }
  StoreTables& store() override { return store_; }
  NumberTables& numbers() override { return numbers_; }
  const DirectoryTables& directory() const override { return directory_; }
  const BlastTables& blasts() const override { return blasts_; }
  const ThreadTables& threads() const override { return threads_; }
  const CommunityTables& communities() const override { return communities_; }
  const WorkTables& work() const override { return work_; }
  const EventTables& events() const override { return events_; }
  const StoreTables& store() const override { return store_; }

 private:
  Directory directory_;
  Blasts blasts_;
  Threads threads_;
  Communities communities_;
  Work work_;
  Events events_;
  OfStore store_;
  Numbers numbers_;
  RowLocks lock_;
};

/// What all who opened a store in memory share: as long as the process lives.
class Shared {
 public:
  explicit Shared(const SecretKey& key) : key_(key) {}

  const SecretKey& key() const noexcept { return key_; }

  /// As of now.
  Data snapshot() {
    const std::lock_guard lock(data_mutex_);
    return data_;
  }
  /// One writes at a time.
  std::mutex& writing() noexcept { return writing_; }
  void commit(Data changed) {
    const std::lock_guard lock(data_mutex_);
    data_ = Data();  // so that what nobody reads is changed in place
    changed.for_each_table([](auto& table) { table.commit(); });
    data_ = std::move(changed);
  }
  /// What a reader had. Under the mutex, so that whoever changes in place sees that it has ended.
  void release(Data& snapshot) {
    const std::lock_guard lock(data_mutex_);
    snapshot = Data();
  }

 private:
  const SecretKey key_;
  std::mutex writing_;
  std::mutex data_mutex_;
  Data data_;
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  const SecretKey& key() const noexcept override { return shared_->key(); }
  bool read_only() const noexcept override { return false; }
  bool checkpoint(Patience) override { return true; }
  bool backup(std::string_view path) override;
  int changes_fd() override { return -1; }
  bool is_shared() const noexcept override { return true; }
  void drain_changes() noexcept override {}
  std::vector<FindingRow> verify() override { return {}; }

 private:
  void run_read(FunctionRef<void(const Tables&)> work) override {
    Data data = shared_->snapshot();
    struct Release {
      Shared& shared;
      Data& data;
      ~Release() { shared.release(data); }
    } release{*shared_, data};
    work(AllTables(data));
  }
  void run_write(FunctionRef<void(Tables&)> work, Durability) override {
    const std::lock_guard lock(shared_->writing());
    write_locked(work);
  }
  bool run_try_write(FunctionRef<void(Tables&)> work) noexcept override {
    const std::unique_lock lock(shared_->writing(), std::try_to_lock);
    if (!lock) return false;
    try {
      write_locked(work);
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }
  void write_locked(FunctionRef<void(Tables&)> work) {
    Data data = shared_->snapshot();
    AllTables tables(data);
    work(tables);
    shared_->commit(std::move(data));
  }

  std::shared_ptr<Shared> shared_;
};

}  // namespace test::memory
