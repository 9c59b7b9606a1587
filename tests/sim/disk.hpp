// A disk in memory, beneath SQLite: what is synced is told from what is not, calls fail when they are told
// to, and a copy can be taken at any moment, as a crash or the loss of power would leave it.
#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "prng.hpp"

namespace sim {

using Bytes = std::vector<unsigned char>;
/// Files by what follows the store's path: "", "-wal".
using Image = std::map<std::string, Bytes>;

enum class Fault { none, write, full, sync, lock, read };
inline constexpr std::array<const char*, 6> kFaultNames{"none", "write", "full", "sync", "lock", "read"};

class DiskFile {
 public:
  void write(const void* from, std::size_t size, std::size_t at);
  void truncate(std::size_t size);
  void sync();
  const Bytes& now() const { return now_; }
  /// As after the loss of power: of what was not synced nothing, a beginning, or any part.
  Bytes after_power_loss(Prng& prng) const;
  void restore(Bytes bytes);

  // SQLite's locks on the file, and its shared memory.
  struct Holder {
    int level = SQLITE_LOCK_NONE;
    unsigned shared = 0;     // bits of the shared memory's locks
    unsigned exclusive = 0;  // the same
  };
  std::vector<Holder*> holders;
  std::vector<std::unique_ptr<std::array<std::uint64_t, 4096>>> shared_memory;

 private:
  struct Change {
    std::size_t at = 0;
    Bytes bytes{};
    bool truncates = false;
  };
  static void apply(const Change& change, std::size_t size, Bytes& to);

  Bytes now_;
  Bytes synced_;
  std::vector<Change> unsynced_;
};

/// There is one, since SQLite's default VFS is one for the process.
class Disk {
 public:
  static Disk& instance();

  /// Forgets all files, faults and plans.
  void clear();
  std::shared_ptr<DiskFile> open(const std::string& path, bool create);
  bool remove(const std::string& path);
  bool exists(const std::string& path) const { return files_.contains(path); }

  /// Lets the `nth` call of a kind from now on fail, once or from then on.
  void arm(Fault kind, std::uint64_t nth, bool for_ever);
  void heal() { kind_ = Fault::none; }
  Fault armed() const { return kind_; }
  bool for_ever() const { return for_ever_; }
  /// A fault of this kind has begun, and does not end.
  bool failing() const { return kind_ != Fault::none && for_ever_ && countdown_ == 0; }
  bool strikes(Fault kind);
  std::uint64_t struck() const { return struck_; }

  /// Calls `hook` before the `nth` write or sync from now on, once.
  void plan(std::uint64_t nth, std::function<void()> hook);
  bool planned() const { return static_cast<bool>(hook_); }
  void drop_plan() { hook_ = nullptr; }
  void before_change();
  /// Writes and syncs so far.
  std::uint64_t changes() const { return changes_; }

  Image crash_image(const std::string& path) const;
  Image power_loss_image(const std::string& path, Prng& prng) const;
  void restore(const std::string& path, const Image& image);

  /// How long SQLite slept, for the simulated clock.
  std::function<void(std::int64_t us)> on_sleep;
  int suspended = 0;  // above 0: no fault, no plan

 private:
  Disk();
  std::map<std::string, std::shared_ptr<DiskFile>> files_;
  Fault kind_ = Fault::none;
  bool for_ever_ = false;
  std::uint64_t countdown_ = 0;
  std::uint64_t struck_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t until_hook_ = 0;
  std::function<void()> hook_;
};

/// No fault and no planned crash while it lives: for what the simulator itself looks at.
struct CalmDisk {
  CalmDisk() { ++Disk::instance().suspended; }
  ~CalmDisk() { --Disk::instance().suspended; }
  CalmDisk(const CalmDisk&) = delete;
  CalmDisk& operator=(const CalmDisk&) = delete;
};

/// Makes the disk SQLite's default VFS.
void register_disk();

}  // namespace sim
