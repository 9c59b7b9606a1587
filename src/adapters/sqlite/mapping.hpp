// How a row of a table with a sum is read and written: its columns are listed once, as names in a RowTable
// and as members in a function that reads and writes alike.
//
//   constexpr RowTable kMember{"member", RowKind::member, "provider_no, ...", {.key = "provider_no, ..."}};
//   template <typename Columns, typename Row> void visit(Columns& columns, Row& row) {
//   columns.number(row.no); ... }
//
// Every statement binds all columns, whether it uses them or not, and behind them the sum of those that are
// hashed (model/row_sum.hpp); SQL adds those that are counted. A row whose sum is wrong is read as
// Error(corrupt), by whatever index it was found: the sum covers what the query gave as its columns, the key
// among them.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <bccast/types.hpp>

#include "adapters/sqlite/columns.hpp"
#include "adapters/sqlite/connection.hpp"
#include "base/error.hpp"
#include "model/numbers.hpp"
#include "model/row_sum.hpp"

namespace bccast::sqlite {

/// A statement that is put together when this is compiled.
class Sql {
 public:
  constexpr Sql& add(std::string_view part) {
    for (const char c : part) text_.at(size_++) = c;
    return *this;
  }
  constexpr Sql& add_number(std::size_t number) {
    if (number >= 10) add_number(number / 10);
    text_.at(size_++) = static_cast<char>('0' + number % 10);
    return *this;
  }
  constexpr const char* c_str() const { return text_.data(); }

 private:
  std::array<char, 2000> text_{};
  std::size_t size_ = 0;
};

/// Calls f(name, number) for each of "one, two, ...", counting from 1.
template <typename F>
constexpr void for_each_column(std::string_view columns, F&& f) {
  for (std::size_t number = 1; !columns.empty(); ++number) {
    const auto end = columns.find(", ");
    f(columns.substr(0, end), number);
    columns.remove_prefix(end == std::string_view::npos ? columns.size() : end + 2);
  }
}

/// The number of a column in a list; 0: it is not there.
constexpr std::size_t number_in(std::string_view columns, std::string_view name) {
  std::size_t found = 0;
  for_each_column(columns, [&](std::string_view column, std::size_t number) {
    if (column == name) found = number;
  });
  return found;
}

struct RowTable {
  static constexpr std::size_t kMostColumns = 40;
  struct Lists {
    std::string_view key;           // columns by which a row is found
    std::string_view fixed;         // others that an update leaves as they are
    std::string_view counted;       // those of the sum that are not hashed: changed in place
    std::string_view growing = {};  // counted ones that an update never takes back
  };

  consteval RowTable(std::string_view name_in, RowKind kind_in, std::string_view columns_in, Lists lists_in)
      : name(name_in), kind(kind_in), columns(columns_in), lists(lists_in) {
    for_each_column(columns, [&](std::string_view column, std::size_t number) {
      if (const auto place = number_in(lists.counted, column)) weights.at(number - 1) = weight(place);
      count = number;
    });
  }

  static constexpr std::int64_t weight(std::size_t counted) {
    return 2 * static_cast<std::int64_t>(counted) - 1;
  }

  std::string_view name;
  RowKind kind;
  std::string_view columns;
  Lists lists;
  std::size_t count = 0;
  std::array<std::int64_t, kMostColumns> weights{};  // 0: it is hashed
};

namespace mapping_detail {

/// The sum: what was bound for the hashed columns, and the counted ones. `value(sql, name, number)` writes
/// one.
template <typename Value>
constexpr void add_sum(Sql& sql, const RowTable& table, Value&& value) {
  sql.add("?").add_number(table.count + 1);
  for_each_column(table.columns, [&](std::string_view column, std::size_t number) {
    const auto weight = table.weights.at(number - 1);
    if (weight == 0) return;
    sql.add(" + ");
    value(sql, column, number);
    sql.add(" * ").add_number(static_cast<std::size_t>(weight));
  });
}

constexpr Sql insert(const RowTable& table, std::string_view tail, std::string_view instead = {}) {
  Sql sql;
  const auto value = [](Sql& to, std::string_view, std::size_t number) { to.add("?").add_number(number); };
  sql.add("INSERT")
      .add(instead)
      .add(" INTO ")
      .add(table.name)
      .add("(")
      .add(table.columns)
      .add(", sum) VALUES (");
  for_each_column(table.columns, [&](std::string_view column, std::size_t number) {
    value(sql, column, number);
    sql.add(", ");
  });
  add_sum(sql, table, value);
  sql.add(")").add(tail);
  return sql;
}

/// " SET ... ": all but the key and what is fixed.
constexpr void add_changes(Sql& sql, const RowTable& table) {
  const auto changes = [&](std::string_view column) {
    return number_in(table.lists.key, column) == 0 && number_in(table.lists.fixed, column) == 0;
  };
  const auto value = [&](Sql& to, std::string_view column, std::size_t number) {
    if (!changes(column)) {
      to.add(column);
    } else if (number_in(table.lists.growing, column) != 0) {
      to.add("max(").add(column).add(", ?").add_number(number).add(")");
    } else {
      to.add("?").add_number(number);
    }
  };
  for_each_column(table.columns, [&](std::string_view column, std::size_t number) {
    if (!changes(column)) return;
    sql.add(column).add(" = ");
    value(sql, column, number);
    sql.add(", ");
  });
  sql.add("sum = ");
  add_sum(sql, table, value);
}

}  // namespace mapping_detail

constexpr Sql insert_row(const RowTable& table, std::string_view tail = {}) {
  return mapping_detail::insert(table, tail);
}
/// All rows, the columns in their order and the sum behind them.
constexpr Sql select_rows(const RowTable& table) {
  return Sql().add("SELECT").add(" ").add(table.columns).add(", sum FROM ").add(table.name);
}
/// Finds the row by its key.
constexpr Sql update_row(const RowTable& table) {
  Sql sql;
  sql.add("UPDATE").add(" ").add(table.name).add(" SET ");
  mapping_detail::add_changes(sql, table);
  for_each_column(table.lists.key, [&](std::string_view column, std::size_t place) {
    sql.add(place == 1 ? " WHERE " : " AND ").add(column).add(" = ?");
    sql.add_number(number_in(table.columns, column));
  });
  return sql;
}
/// Inserts the row, instead of the one with its key.
constexpr Sql replace_row(const RowTable& table) {
  return mapping_detail::insert(table, {}, " OR REPLACE");
}

/// Numbers of the store's rows in the types they have here. Throw Error(corrupt) instead of cutting off.
[[noreturn]] inline void refuse_number(const char* what) {
  throw Error(Code::corrupt, std::string("the store has ") + what + " that cannot be");
}
inline Place place_in(std::int64_t number) {
  if (number < 0 || number > std::int64_t{kMaxPlaces}) refuse_number("a place");
  return static_cast<Place>(number);
}
/// Where a list begins that goes by a number. From the lowest on nothing is passed by: a damaged row may say
/// one that is below all there are.
inline std::int64_t from_number(std::uint32_t number) noexcept {
  return number == 0 ? std::numeric_limits<std::int64_t>::min() : std::int64_t{number};
}

inline SliceNo slice_in(std::int64_t number) {
  if (number < 0 || number > std::int64_t{slices_for(kMaxPlaces)}) refuse_number("the number of a slice");
  return static_cast<SliceNo>(number);
}

/// Binds a row's columns in their order, and the sum behind them.
class RowWriter {
 public:
  static constexpr bool kReads = false;
  RowWriter(Query& query, const RowTable& table) : query_(query), table_(table), sum_(table.kind) {}

  void number(std::int64_t value) {
    if (table_.weights[at_++] == 0) sum_.add(value);
    query_.bind(value);
  }
  void place(Place value) { number(std::int64_t{value}); }
  void slices(SliceNo value) { number(std::int64_t{value}); }
  void flag(bool value) { number(value ? 1 : 0); }
  template <typename Enum>
  void one_of(Enum value, Enum) {
    number(static_cast<std::int64_t>(value));
  }
  void text(std::string_view value) {
    add(value);
    query_.bind(value);
  }
  void text_or_null(std::string_view value) {
    add(value);
    query_.bind_or_null(value);
  }
  void bytes(std::string_view value) {
    add(value);
    query_.bind(string_as_bytes(value));
  }
  void bytes(std::span<const std::uint8_t> value) {
    add({reinterpret_cast<const char*>(value.data()), value.size()});
    query_.bind(value);
  }
  void bytes_or_null(std::string_view value) {
    add(value);
    query_.bind_blob_or_null(value);
  }
  void finish() { query_.bind(sum_.finish()); }

 private:
  void add(std::string_view value) {
    ++at_;
    sum_.add(value);
  }
  Query& query_;
  const RowTable& table_;
  RowSum sum_;
  std::size_t at_ = 0;
};

/// Reads a row's columns in their order, the first of which is that of the query with this number, then the
/// sum.
class RowReader {
 public:
  static constexpr bool kReads = true;
  RowReader(const Query& query, const RowTable& table, int first = 0)
      : query_(query), table_(table), sum_(table.kind), first_(first) {}

  void number(std::int64_t& value) { value = next(); }
  void place(Place& value) { value = in_range(0, std::int64_t{kMaxPlaces}, Place{}); }
  void slices(SliceNo& value) { value = in_range(0, std::int64_t{slices_for(kMaxPlaces)}, SliceNo{}); }
  void flag(bool& value) { value = in_range(0, 1, 0) != 0; }
  template <typename Enum>
  void one_of(Enum& value, Enum last) {
    value = in_range(0, static_cast<std::int64_t>(last), Enum{});
  }
  void text(std::string& value) {
    value = query_.text(first_ + static_cast<int>(at_++));
    sum_.add(value);
  }
  void text_or_null(std::string& value) { text(value); }
  void bytes(std::string& value) {
    value = bytes_as_string(query_.blob(first_ + static_cast<int>(at_++)));
    sum_.add(value);
  }
  /// Valid until the query's next step.
  void bytes(std::span<const std::uint8_t>& value) {
    value = query_.blob(first_ + static_cast<int>(at_++));
    sum_.add(std::string_view(reinterpret_cast<const char*>(value.data()), value.size()));
  }
  void bytes_or_null(std::string& value) { bytes(value); }

  /// Whether the row is what was once written.
  bool sound() const { return in_range_ && query_.any_i64(first_ + static_cast<int>(at_)) == sum_.finish(); }
  /// Throws Error(corrupt) when it is not.
  void finish() const {
    if (!sound())
      throw Error(Code::corrupt,
                  "a row of the table " + std::string(table_.name) + " is damaged, or another's");
  }

 private:
  std::int64_t next() {
    const auto value = query_.any_i64(first_ + static_cast<int>(at_));
    const auto weight = table_.weights[at_++];
    if (weight == 0) {
      sum_.add(value);
    } else {
      sum_.add_counted(value, weight);
    }
    return value;
  }
  /// Never cut off: what is out of range is another number, and the row not sound.
  template <typename Number>
  Number in_range(std::int64_t least, std::int64_t most, Number none) {
    const auto value = next();
    if (value >= least && value <= most) return static_cast<Number>(value);
    in_range_ = false;
    return none;
  }

  const Query& query_;
  const RowTable& table_;
  RowSum sum_;
  int first_;
  std::size_t at_ = 0;
  bool in_range_ = true;
};

/// `is`: the row is what was asked for. In a tree whose pages stand in another's place SQLite finds rows with
/// other keys, each of them sound, which may be somebody else's. And an index may name a row that has changed
/// since, when damage has put an older state of it in its place: what is looked for because something is to
/// be done about it would be found again and again.
inline void require_asked_for(bool is) {
  if (!is) throw Error(Code::corrupt, "a row was found that was not asked for");
}

/// The next row of a query that is sound; the damaged ones before it are passed by, and remembered in
/// `damaged`.
template <typename Of>
auto next_sound(Query& query, Of&& of, std::exception_ptr& damaged) -> std::optional<decltype(of(query))> {
  while (query.step()) {
    try {
      return of(query);
    } catch (const Error& error) {
      if (error.code() != Code::corrupt) throw;
      if (!damaged) damaged = std::current_exception();
    }
  }
  return std::nullopt;
}

/// The first row of a query that is sound: a damaged one must not hold up those behind it. Throws
/// Error(corrupt) when there are damaged ones alone.
template <typename Of>
auto first_sound(Query& query, Of&& of) -> std::optional<decltype(of(query))> {
  std::exception_ptr damaged;
  auto found = next_sound(query, of, damaged);
  if (!found && damaged) std::rethrow_exception(damaged);
  return found;
}

/// For verification: names each row of the table that is not what was once written. `select`: select_rows().
void find_damaged_rows(Connection& db, const RowTable& table, const Sql& select,
                       std::vector<FindingRow>& findings);

/// The key of a bitmap: of its table, its column, and its row.
template <typename... Numbers>
std::uint32_t bitmap_key(RowKind kind, int column, Numbers... key) {
  RowSum sum(kind);
  sum.add(std::int64_t{column});
  (sum.add(std::int64_t{key}), ...);
  return sum.short_sum();
}

}  // namespace bccast::sqlite
