#include "adapters/sqlite/clean_pages.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace bccast::sqlite {
namespace {

/// Our stores have pages of 4,096 bytes, SQLite's default.
constexpr std::size_t kLargestPage = 8192;
/// The first byte of a page says what it is; a page of overflow or of the free list begins with the number of
/// another page instead. In files of so many pages (128 GiB) that one could be taken for the other, and
/// nothing is changed.
constexpr sqlite3_int64 kMostPages = 0x02000000;

std::size_t number_at(std::span<const unsigned char> page, std::size_t at) noexcept {
  return static_cast<std::size_t>(page[at]) << 8U | page[at + 1];
}

}  // namespace

std::pair<std::size_t, std::size_t> unused_space(std::span<const unsigned char> page, bool first) noexcept {
  constexpr unsigned char kInteriorIndex = 2;
  constexpr unsigned char kInteriorTable = 5;
  constexpr unsigned char kLeafIndex = 10;
  constexpr unsigned char kLeafTable = 13;
  const std::size_t header = first ? 100 : 0;
  if (page.size() < header + 12) return {0, 0};
  const unsigned char kind = page[header];
  const bool interior = kind == kInteriorIndex || kind == kInteriorTable;
  if (!interior && kind != kLeafIndex && kind != kLeafTable) return {0, 0};
  const std::size_t cells = number_at(page, header + 3);
  const std::size_t content = number_at(page, header + 5);
  const std::size_t pointers_end = header + (interior ? 12U : 8U) + 2 * cells;
  if (content > page.size() || pointers_end >= content) return {0, 0};
  return {pointers_end, content};
}

/// The file's own methods, but for the one that writes.
struct CleanPages::Methods {
  sqlite3_io_methods all;  // first: what SQLite knows of it
  const sqlite3_io_methods* own;

  static int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    const auto* own = reinterpret_cast<const Methods*>(file->pMethods)->own;
    const auto bytes = static_cast<std::size_t>(size);
    if (bytes > kLargestPage || at % size != 0 || at / size >= kMostPages / 2)
      return own->xWrite(file, from, size, at);
    const std::span page(static_cast<const unsigned char*>(from), bytes);
    const auto [begin, end] = unused_space(page, at == 0);
    if (std::all_of(page.begin() + static_cast<std::ptrdiff_t>(begin),
                    page.begin() + static_cast<std::ptrdiff_t>(end),
                    [](unsigned char byte) { return byte == 0; }))
      return own->xWrite(file, from, size, at);
    std::array<unsigned char, kLargestPage> clean;
    std::memcpy(clean.data(), from, bytes);
    std::memset(clean.data() + begin, 0, end - begin);
    return own->xWrite(file, clean.data(), size, at);
  }
};

CleanPages::CleanPages(sqlite3* db) {
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == nullptr ||
      file->pMethods == nullptr)
    return;
  methods_ = std::make_unique<Methods>(Methods{*file->pMethods, file->pMethods});
  methods_->all.xWrite = Methods::write;
  file->pMethods = &methods_->all;
}

CleanPages::~CleanPages() = default;

}  // namespace bccast::sqlite
