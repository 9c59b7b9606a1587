// Files beneath SQLite that fail when they are told to.
#pragma once

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <cstring>

namespace test {

enum class Kind {
  none,
  open,
  read_only,  // a file that was to be written is opened for reading only
  read,
  empty_read,  // it gives nothing, as at the end of the file
  bad_read,    // as SQLite says it of EIO
  write,
  half_write,
  full,
  sync,
  truncate,
  remove,
  lock,
  size,
  map,
  shared_lock,
  memory
};

/// The one fault that is set; counts calls of its kind also when none is to fail.
struct Fault {
  std::atomic<Kind> kind{Kind::none};
  std::atomic<bool> for_ever{false};
  std::atomic<std::int64_t> at{0};  // the how-manieth call, from 1; 0: none
  std::atomic<std::int64_t> calls{0};
  std::atomic<std::int64_t> failed{0};

  void set(Kind what, std::int64_t which, bool from_then_on) {
    calls = 0;
    failed = 0;
    at = which;
    for_ever = from_then_on;
    kind = what;
  }
  void lift() { kind = Kind::none; }
  bool strikes(Kind what) {
    if (kind.load(std::memory_order_relaxed) != what) return false;
    const auto call = ++calls;
    if (at == 0 || (for_ever ? call < at : call != at)) return false;
    ++failed;
    return true;
  }
};
inline constinit Fault fault{};

/// A VFS before the system's, the default while it lives. It does not sync, which is slow and here of no use.
class FaultyFiles {
 public:
  FaultyFiles() {
    REQUIRE(sqlite3_initialize() == SQLITE_OK);
    below() = sqlite3_vfs_find(nullptr);
    vfs_ = *below();
    vfs_.zName = "bccast-faulty";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + below()->szOsFile;
    vfs_.xOpen = open;
    vfs_.xDelete = [](sqlite3_vfs*, const char* name, int sync_folder) {
      if (fault.strikes(Kind::remove)) return SQLITE_IOERR_DELETE;
      return below()->xDelete(below(), name, sync_folder);
    };
    REQUIRE(sqlite3_vfs_register(&vfs_, 1) == SQLITE_OK);
  }
  ~FaultyFiles() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(below(), 1);
  }
  FaultyFiles(const FaultyFiles&) = delete;
  FaultyFiles& operator=(const FaultyFiles&) = delete;

 private:
  struct File {
    sqlite3_file base;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };
  static sqlite3_vfs*& below() {
    static sqlite3_vfs* vfs = nullptr;
    return vfs;
  }
  static sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real(); }

  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    file->pMethods = nullptr;
    if (fault.strikes(Kind::open)) return SQLITE_CANTOPEN;
    if ((flags & SQLITE_OPEN_READWRITE) != 0 && fault.strikes(Kind::read_only)) {
      flags &= ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
      flags |= SQLITE_OPEN_READONLY;
    }
    const int result = below()->xOpen(below(), name, real(file), flags, out_flags);
    if (real(file)->pMethods != nullptr) file->pMethods = &methods();
    return result;
  }
  static const sqlite3_io_methods& methods() {
    static const sqlite3_io_methods all = make_methods();
    return all;
  }
  static sqlite3_io_methods make_methods() {
    sqlite3_io_methods m{};
    m.iVersion = 2;  // no memory-mapped reads
    m.xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); };
    m.xRead = [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
      if (fault.strikes(Kind::read)) return SQLITE_IOERR_READ;
      if (fault.strikes(Kind::bad_read)) return SQLITE_IOERR_CORRUPTFS;
      if (fault.strikes(Kind::empty_read)) {
        std::memset(to, 0, static_cast<std::size_t>(size));
        return SQLITE_IOERR_SHORT_READ;
      }
      return real(f)->pMethods->xRead(real(f), to, size, at);
    };
    m.xWrite = [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
      if (fault.strikes(Kind::write)) return SQLITE_IOERR_WRITE;
      if (fault.strikes(Kind::full)) return SQLITE_FULL;
      if (fault.strikes(Kind::half_write)) {
        real(f)->pMethods->xWrite(real(f), from, size / 2, at);
        return SQLITE_IOERR_WRITE;
      }
      return real(f)->pMethods->xWrite(real(f), from, size, at);
    };
    m.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
      if (fault.strikes(Kind::truncate)) return SQLITE_IOERR_TRUNCATE;
      return real(f)->pMethods->xTruncate(real(f), size);
    };
    m.xSync = [](sqlite3_file*, int) { return fault.strikes(Kind::sync) ? SQLITE_IOERR_FSYNC : SQLITE_OK; };
    m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      if (fault.strikes(Kind::size)) return SQLITE_IOERR_FSTAT;
      return real(f)->pMethods->xFileSize(real(f), size);
    };
    m.xLock = [](sqlite3_file* f, int level) {
      if (fault.strikes(Kind::lock)) return SQLITE_IOERR_LOCK;
      return real(f)->pMethods->xLock(real(f), level);
    };
    m.xUnlock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); };
    m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
      return real(f)->pMethods->xCheckReservedLock(real(f), out);
    };
    m.xFileControl = [](sqlite3_file* f, int op, void* arg) {
      return real(f)->pMethods->xFileControl(real(f), op, arg);
    };
    m.xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); };
    m.xDeviceCharacteristics = [](sqlite3_file* f) {
      return real(f)->pMethods->xDeviceCharacteristics(real(f));
    };
    m.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** to) {
      if (fault.strikes(Kind::map)) return SQLITE_IOERR_SHMMAP;
      return real(f)->pMethods->xShmMap(real(f), page, size, extend, to);
    };
    m.xShmLock = [](sqlite3_file* f, int offset, int n, int flags) {
      if ((flags & SQLITE_SHM_LOCK) != 0 && fault.strikes(Kind::shared_lock)) return SQLITE_IOERR_SHMLOCK;
      return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
    };
    m.xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); };
    m.xShmUnmap = [](sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); };
    return m;
  }

  sqlite3_vfs vfs_{};
};

}  // namespace test
