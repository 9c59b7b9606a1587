#include "adapters/sqlite/log_mark.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/sqlite/columns.hpp"
#include "base/crypto.hpp"
#include "model/checked.hpp"

namespace bccast::sqlite {
namespace {

using Number = std::array<char, 16>;

struct LogMark {
  Number own{};
  Number before{};  // zeros: the store was made in this log
};

constexpr std::size_t kContent = sizeof(LogMark::own) + sizeof(LogMark::before);
constexpr std::size_t kStored = kContent + 9;  // as checked_bytes() makes it

std::string stored(const LogMark& mark) {
  return checked_bytes(RowKind::log_mark, std::string(mark.own.data(), mark.own.size()) +
                                              std::string(mark.before.data(), mark.before.size()));
}

std::optional<LogMark> mark_of(std::span<const std::uint8_t> bytes) {
  try {
    const auto content = checked_content(RowKind::log_mark, bytes, "the mark of the log");
    if (content.size() != kContent) return std::nullopt;
    LogMark mark;
    std::copy_n(content.begin(), mark.own.size(), mark.own.begin());
    std::copy_n(content.begin() + mark.own.size(), mark.before.size(), mark.before.begin());
    return mark;
  } catch (const Error&) {
    return std::nullopt;
  }
}

LogMark mark_after(const Number& before) {
  LogMark mark;
  mark.before = before;
  std::array<std::uint8_t, sizeof(Number)> random{};
  random_bytes(random);
  std::copy(random.begin(), random.end(), mark.own.begin());
  return mark;
}

// The formats of files: https://www.sqlite.org/fileformat2.html

/// The table is the first that a store makes, so its one row is on the page behind the schema's, also after
/// VACUUM.
constexpr std::uint32_t kMarkPage = 2;

std::uint32_t number_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | std::uint32_t{bytes[at + 3]};
}

/// On a leaf of a table with one row, of a key and a blob.
std::optional<LogMark> mark_on(std::span<const std::uint8_t> page) {
  constexpr std::uint8_t kLeaf = 0x0d;
  constexpr std::size_t kBeforeBlob = 5;  // sizes of the row and of its header, its key, two types
  if (page[0] != kLeaf || page[3] != 0 || page[4] != 1) return std::nullopt;
  const std::size_t blob = (std::size_t{page[8]} << 8 | page[9]) + kBeforeBlob;
  if (blob + kStored > page.size()) return std::nullopt;
  return mark_of(page.subspan(blob, kStored));
}

bool read_at(sqlite3_file* file, std::span<std::uint8_t> bytes, std::int64_t offset) {
  return file != nullptr && file->pMethods != nullptr &&
         file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()), offset) == SQLITE_OK;
}

sqlite3_file* file_of(Connection& db, int which) {
  sqlite3_file* file = nullptr;
  return sqlite3_file_control(db.handle(), "main", which, &file) == SQLITE_OK ? file : nullptr;
}

/// The mark that stands in the file, whatever a log says.
std::optional<LogMark> mark_in_file(sqlite3_file* file, std::size_t page_size) {
  std::vector<std::uint8_t> page(page_size);
  if (!read_at(file, page, static_cast<std::int64_t>(page_size) * (kMarkPage - 1))) return std::nullopt;
  return mark_on(page);
}

/// The log as it lies there.
class Log {
 public:
  explicit Log(sqlite3_file* file) : file_(file) {
    constexpr std::uint32_t kMagic = 0x377f0682;  // with or without its last bit
    there_ = read_at(file_, header_, 0) && (number_at(header_, 0) & ~1U) == kMagic;
    if (there_) page_size_ = number_at(header_, 8);
    there_ = there_ && page_size_ >= 512 && page_size_ <= 65536;
  }
  bool is_there() const noexcept { return there_; }
  std::size_t page_size() const noexcept { return page_size_; }

  /// Whether it is still that log, and not one that another process has begun since.
  bool is_same() const {
    Header now{};
    return read_at(file_, now, 0) && now == header_;
  }

  /// Calls f(mark, ends) for each page of marks in it, and nothing at the end of the first transaction; f is
  /// to say whether to go on.
  template <typename F>
  void each(F&& f) const {
    std::vector<std::uint8_t> page(page_size_);
    std::array<std::uint8_t, 24> frame{};
    for (auto at = static_cast<std::int64_t>(header_.size());;
         at += static_cast<std::int64_t>(frame.size() + page_size_)) {
      if (!read_at(file_, frame, at)) return;
      if (!std::equal(frame.begin() + 8, frame.begin() + 16, header_.begin() + 16)) return;  // an older log's
      const bool ends = number_at(frame, 4) != 0;
      std::optional<LogMark> mark;
      if (number_at(frame, 0) == kMarkPage) {
        if (!read_at(file_, page, at + static_cast<std::int64_t>(frame.size()))) return;
        mark = mark_on(page);
      }
      if (!f(mark, ends)) return;
    }
  }

 private:
  using Header = std::array<std::uint8_t, 32>;
  sqlite3_file* file_;
  Header header_{};
  std::size_t page_size_ = 0;
  bool there_ = false;
};

/// The mark of a log's first transaction.
std::optional<LogMark> first_mark(const Log& log) {
  std::optional<LogMark> first;
  log.each([&](const std::optional<LogMark>& mark, bool ends) {
    if (mark) first = mark;
    return !first && !ends;
  });
  return first;
}

/// Whether the log, which a reader may have kept from beginning anew, was moved into the file up to this
/// mark.
bool has_mark(const Log& log, const Number& own) {
  bool found = false;
  log.each([&](const std::optional<LogMark>& mark, bool) {
    found = mark && mark->own == own;
    return !found;
  });
  return found;
}

}  // namespace

void insert_log_mark(Connection& db) {
  const auto bytes = stored(mark_after({}));
  db.query("INSERT INTO log_mark(one, mark) VALUES (1, ?)").bind(string_as_bytes(bytes)).run();
}

void renew_log_mark(Connection& db) {
  Number before{};
  {
    auto query = db.query("SELECT mark FROM log_mark WHERE one = 1");
    if (query.step())
      if (const auto mark = mark_of(query.blob(0))) before = mark->own;
  }
  const auto bytes = stored(mark_after(before));
  db.query("UPDATE log_mark SET mark = ? WHERE one = 1").bind(string_as_bytes(bytes)).run();
}

void require_own_log(Connection& db) {
  try {
    db.number("SELECT count(*) FROM sqlite_schema");  // opens the log
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
    db.take_doubts();  // a foreign log can look like that: what follows tells
  }
  const Log log(file_of(db, SQLITE_FCNTL_JOURNAL_POINTER));
  if (!log.is_there()) return;
  const auto first = first_mark(log);
  const auto in_file = mark_in_file(file_of(db, SQLITE_FCNTL_FILE_POINTER), log.page_size());
  if (!first || !in_file || in_file->own == first->before || in_file->own == first->own) return;
  if (has_mark(log, in_file->own) || !log.is_same()) return;
  throw Error(Code::storage,
              "the log (-wal) beside the store belongs to another file: put that file back, or move the log "
              "and its index (-shm) away");
}

}  // namespace bccast::sqlite
