// The store: transactions over tables. The core knows no SQL.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <bccast/types.hpp>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "ports/blast_tables.hpp"
#include "ports/community_tables.hpp"
#include "ports/directory_tables.hpp"
#include "ports/event_tables.hpp"
#include "ports/locks.hpp"
#include "ports/number_tables.hpp"
#include "ports/store_tables.hpp"
#include "ports/thread_tables.hpp"
#include "ports/work_tables.hpp"

namespace bccast {

/// All tables within one transaction. A const one reads: within a transaction that only reads, a snapshot;
/// within one that writes, what is committed and its own, each call as of now.
class Tables {
 public:
  virtual ~Tables() = default;
  /// What is to stay as it is while the transaction goes by it.
  virtual Locks& lock() = 0;
  virtual DirectoryTables& directory() = 0;
  virtual BlastTables& blasts() = 0;
  virtual ThreadTables& threads() = 0;
  virtual CommunityTables& communities() = 0;
  virtual WorkTables& work() = 0;
  virtual EventTables& events() = 0;
  virtual StoreTables& store() = 0;
  virtual NumberTables& numbers() = 0;
  virtual const DirectoryTables& directory() const = 0;
  virtual const BlastTables& blasts() const = 0;
  virtual const ThreadTables& threads() const = 0;
  virtual const CommunityTables& communities() const = 0;
  virtual const WorkTables& work() const = 0;
  virtual const EventTables& events() const = 0;
  virtual const StoreTables& store() const = 0;
  /// The same, for a look at rows that are not locked: each may be another by the time that the transaction
  /// ends. What is seen serves to choose what is locked, or is kept from changing by a lock on something
  /// else. (The tests have a store in which rows are not read unlocked but by this.)
  virtual const Tables& peek() const noexcept { return *this; }
  /// Whether more can be read and written in this transaction after a port has thrown that. A store whose
  /// server ends the transaction with each error that it reports itself (Error::native()) says no to those.
  virtual bool goes_on_after(const Error& error) const noexcept {
    static_cast<void>(error);
    return true;
  }
};

enum class Durability {
  synced,   // on the disk when the call returns
  relaxed,  // survives this process but, until the next synced commit, not a power cut
};

enum class Patience {
  some,  // a fifth of a second for readers, and as long as for any write for another process that writes
  none,  // one try, and nobody is waited for
};

/// Work that is read or written may be run again, whenever its transaction came to nothing (a serialization
/// failure, a lost connection), and only the last run counts. So it changes nothing but its tables: what it
/// finds out it returns, and what it captures it only reads.
class Store {
 public:
  virtual ~Store() = default;

  /// The secret that public ids and digests are keyed with; made with the store.
  virtual const SecretKey& key() const noexcept = 0;
  virtual bool read_only() const noexcept = 0;

  /// Runs `work` in one snapshot, and returns what it returns. Never waits for a writer.
  template <typename Work>
  auto read(const Work& work) {
    return result_of<const Tables&>(work, [&](auto& run) { run_read(run); });
  }

  /// Runs `work` in one transaction, which is committed when it returns and undone when it throws, and
  /// returns what it returned. Calls queue in order; those that wait may be committed together, each undone
  /// on its own. `work` may run on another thread than the caller's, and must not call the store again.
  template <typename Work>
  auto write(const Work& work, Durability durability = Durability::synced) {
    return result_of<Tables&>(work, [&](auto& run) { run_write(run, durability); });
  }

  /// The same, relaxed, but gives up (false) instead of waiting or failing: for what is worth having only if
  /// it costs nobody anything. Such work returns nothing.
  bool try_write(FunctionRef<void(Tables&)> work) noexcept { return run_try_write(work); }

  /// Moves what is in the log into the file, and empties the log, so that bytes that were overwritten are in
  /// neither. False: somebody reads an older state, and the log could not be emptied.
  virtual bool checkpoint(Patience patience = Patience::some) = 0;
  /// Writes a whole copy of the store, as of one moment, into a new file, beside all who read and write. The
  /// copy is held. False: rows of it are damaged, as they are in the store. Throws Error(conflict): there is
  /// such a file.
  virtual bool backup(std::string_view path) = 0;
  /// The log grows and grows, since somebody reads an older state and does not end.
  virtual bool log_is_pinned() const noexcept { return false; }
  /// A file descriptor that is readable when somebody has written since drain_changes() was last called, in
  /// this process or another; -1: there is none, and only looking tells. Made when first asked for.
  virtual int changes_fd() = 0;
  /// Whether anybody else could write to it at all.
  virtual bool is_shared() const noexcept = 0;
  virtual void drain_changes() noexcept = 0;

  /// The store's own checks of its files.
  virtual std::vector<FindingRow> verify() = 0;

 private:
  /// Each runs `work` until a run is committed or throws what running it again would not mend.
  virtual void run_read(FunctionRef<void(const Tables&)> work) = 0;
  virtual void run_write(FunctionRef<void(Tables&)> work, Durability durability) = 0;
  virtual bool run_try_write(FunctionRef<void(Tables&)> work) noexcept = 0;

  /// The result of the last run.
  template <typename TablesRef, typename Work, typename Run>
  static auto result_of(const Work& work, const Run& run) {
    using Result = std::invoke_result_t<const Work&, TablesRef>;
    static_assert(!std::is_reference_v<Result>, "what it refers to may end with the transaction");
    if constexpr (std::is_void_v<Result>) {
      run(work);
    } else {
      std::optional<Result> result;
      const auto keep = [&](TablesRef tables) { result.emplace(work(tables)); };
      run(keep);
      return std::move(*result);
    }
  }
};

}  // namespace bccast
