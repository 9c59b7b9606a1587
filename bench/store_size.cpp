#include "store_size.hpp"

#include <sys/stat.h>

namespace bench {
namespace {

std::uint64_t file_size(const std::string& path) noexcept {
  struct stat about {};
  return stat(path.c_str(), &about) == 0 ? static_cast<std::uint64_t>(about.st_size) : 0;
}

}  // namespace

std::uint64_t StoreSize::now() const noexcept {
  return file_size(main_) + file_size(wal_) + file_size(shm_);
}

}  // namespace bench
