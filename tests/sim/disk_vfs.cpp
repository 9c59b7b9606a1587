// SQLite's interface to the disk in memory (https://www.sqlite.org/vfs.html).
#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#include "disk.hpp"
#include "entropy.hpp"

namespace sim {
namespace {

struct OpenFile {
  sqlite3_file base;
  std::shared_ptr<DiskFile> file;
  DiskFile::Holder holder;
  std::string remove_at_close;
};

OpenFile& opened(sqlite3_file* f) {
  return *reinterpret_cast<OpenFile*>(f);
}
Disk& disk() {
  return Disk::instance();
}

bool others_hold(const OpenFile& mine, int level) {
  return std::ranges::any_of(mine.file->holders, [&](const auto* holder) {
    return holder != &mine.holder && holder->level >= level;
  });
}

int close(sqlite3_file* f) {
  auto& it = opened(f);
  std::erase(it.file->holders, &it.holder);
  if (it.file->holders.empty()) it.file->shared_memory.clear();
  if (!it.remove_at_close.empty()) disk().remove(it.remove_at_close);
  it.~OpenFile();
  return SQLITE_OK;
}

int read(sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
  if (disk().strikes(Fault::read)) return SQLITE_IOERR_READ;
  const auto& bytes = opened(f).file->now();
  const auto begin = std::min(static_cast<std::size_t>(at), bytes.size());
  const auto count = std::min(static_cast<std::size_t>(size), bytes.size() - begin);
  if (count > 0) std::memcpy(to, bytes.data() + begin, count);
  if (count == static_cast<std::size_t>(size)) return SQLITE_OK;
  std::memset(static_cast<char*>(to) + count, 0, static_cast<std::size_t>(size) - count);
  return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  disk().before_change();
  const auto bytes = static_cast<std::size_t>(size);
  if (disk().strikes(Fault::write)) {
    opened(f).file->write(from, bytes / 2, static_cast<std::size_t>(at));
    return SQLITE_IOERR_WRITE;
  }
  if (disk().strikes(Fault::full)) return SQLITE_FULL;
  opened(f).file->write(from, bytes, static_cast<std::size_t>(at));
  return SQLITE_OK;
}

int truncate(sqlite3_file* f, sqlite3_int64 size) {
  disk().before_change();
  if (disk().strikes(Fault::write)) return SQLITE_IOERR_TRUNCATE;
  opened(f).file->truncate(static_cast<std::size_t>(size));
  return SQLITE_OK;
}

int sync(sqlite3_file* f, int) {
  disk().before_change();
  if (disk().strikes(Fault::sync)) return SQLITE_IOERR_FSYNC;
  opened(f).file->sync();
  return SQLITE_OK;
}

int file_size(sqlite3_file* f, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(opened(f).file->now().size());
  return SQLITE_OK;
}

int lock(sqlite3_file* f, int level) {
  auto& it = opened(f);
  if (it.holder.level >= level) return SQLITE_OK;
  if (disk().strikes(Fault::lock)) return SQLITE_BUSY;
  switch (level) {
    case SQLITE_LOCK_SHARED:
      if (others_hold(it, SQLITE_LOCK_PENDING)) return SQLITE_BUSY;
      break;
    case SQLITE_LOCK_RESERVED:
      if (others_hold(it, SQLITE_LOCK_RESERVED)) return SQLITE_BUSY;
      break;
    default:
      if (others_hold(it, SQLITE_LOCK_RESERVED)) return SQLITE_BUSY;
      it.holder.level = SQLITE_LOCK_PENDING;
      if (others_hold(it, SQLITE_LOCK_SHARED)) return SQLITE_BUSY;
      break;
  }
  it.holder.level = level;
  return SQLITE_OK;
}

int unlock(sqlite3_file* f, int level) {
  opened(f).holder.level = std::min(opened(f).holder.level, level);
  return SQLITE_OK;
}

int check_reserved_lock(sqlite3_file* f, int* out) {
  *out = others_hold(opened(f), SQLITE_LOCK_RESERVED) || opened(f).holder.level >= SQLITE_LOCK_RESERVED;
  return SQLITE_OK;
}

int shm_map(sqlite3_file* f, int region, int size, int extend, void volatile** to) {
  auto& regions = opened(f).file->shared_memory;
  *to = nullptr;
  if (static_cast<std::size_t>(size) > sizeof(*regions.front())) return SQLITE_IOERR_SHMMAP;
  const auto index = static_cast<std::size_t>(region);
  if (index >= regions.size() && extend == 0) return SQLITE_OK;
  while (index >= regions.size()) {
    regions.push_back(std::make_unique<std::array<std::uint64_t, 4096>>());
    regions.back()->fill(0);
  }
  *to = regions[index].get();
  return SQLITE_OK;
}

int shm_lock(sqlite3_file* f, int offset, int n, int flags) {
  auto& it = opened(f);
  const unsigned mask = ((1U << n) - 1U) << offset;
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    it.holder.shared &= ~mask;
    it.holder.exclusive &= ~mask;
    return SQLITE_OK;
  }
  if (disk().strikes(Fault::lock)) return SQLITE_BUSY;
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  for (const auto* other : it.file->holders) {
    if (other == &it.holder) continue;
    if ((other->exclusive & mask) != 0 || (exclusive && (other->shared & mask) != 0)) return SQLITE_BUSY;
  }
  (exclusive ? it.holder.exclusive : it.holder.shared) |= mask;
  return SQLITE_OK;
}

int shm_unmap(sqlite3_file* f, int) {
  opened(f).holder.shared = opened(f).holder.exclusive = 0;
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = [] {
  sqlite3_io_methods m{};
  m.iVersion = 2;
  m.xClose = close;
  m.xRead = read;
  m.xWrite = write;
  m.xTruncate = truncate;
  m.xSync = sync;
  m.xFileSize = file_size;
  m.xLock = lock;
  m.xUnlock = unlock;
  m.xCheckReservedLock = check_reserved_lock;
  m.xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; };
  m.xSectorSize = [](sqlite3_file*) { return 4096; };
  m.xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; };
  m.xShmMap = shm_map;
  m.xShmLock = shm_lock;
  m.xShmBarrier = [](sqlite3_file*) {};
  m.xShmUnmap = shm_unmap;
  return m;
}();

int open(sqlite3_vfs*, const char* name, sqlite3_file* f, int flags, int* out_flags) {
  f->pMethods = nullptr;
  static int unnamed = 0;
  const std::string path = name != nullptr ? name : "unnamed-" + std::to_string(++unnamed);
  auto file = disk().open(path, name == nullptr || (flags & SQLITE_OPEN_CREATE) != 0);
  if (!file) return SQLITE_CANTOPEN;
  auto* it = new (f) OpenFile{{&kMethods}, std::move(file), {}, {}};
  if ((flags & SQLITE_OPEN_DELETEONCLOSE) != 0) it->remove_at_close = path;
  it->file->holders.push_back(&it->holder);
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

}  // namespace

void register_disk() {
  static sqlite3_vfs vfs = [] {
    sqlite3_initialize();
    sqlite3_vfs made{};
    made.iVersion = 1;
    made.szOsFile = static_cast<int>(sizeof(OpenFile));
    made.mxPathname = 1024;
    made.zName = "bccast-simulated";
    made.xOpen = open;
    made.xDelete = [](sqlite3_vfs*, const char* name, int) {
      return disk().remove(name) ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
    };
    made.xAccess = [](sqlite3_vfs*, const char* name, int, int* out) {
      *out = disk().exists(name) ? 1 : 0;
      return SQLITE_OK;
    };
    made.xFullPathname = [](sqlite3_vfs*, const char* name, int size, char* out) {
      sqlite3_snprintf(size, out, "%s", name);
      return SQLITE_OK;
    };
    made.xRandomness = [](sqlite3_vfs*, int size, char* out) {
      fill_entropy(out, static_cast<std::size_t>(size));
      return size;
    };
    made.xSleep = [](sqlite3_vfs*, int us) {
      if (disk().on_sleep) disk().on_sleep(us);
      return us;
    };
    made.xCurrentTime = [](sqlite3_vfs*, double* days) {
      *days = 2460000.5;
      return SQLITE_OK;
    };
    return made;
  }();
  if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) throw std::runtime_error("SQLite does not take the disk");
}

}  // namespace sim
