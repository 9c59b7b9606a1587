// Bytes on disk of one store: a file, and beside it what SQLite keeps while it is open.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

class StoreSize {
 public:
  explicit StoreSize(const std::string& path) : main_(path), wal_(path + "-wal"), shm_(path + "-shm") {}

  /// File, write-ahead log and shared memory file, whichever exist. Three stat calls, about 2 microseconds.
  std::uint64_t now() const noexcept;

 private:
  std::string main_, wal_, shm_;
};

}  // namespace bench
