#include "adapters/sqlite/number_tables.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "adapters/sqlite/mapping.hpp"
#include "base/error.hpp"

namespace bccast::sqlite {
namespace {

#define NUMBER_COLUMNS "kind, last"

constexpr RowTable kNumber{
    "number", RowKind::number, NUMBER_COLUMNS, {.key = "kind", .fixed = "", .counted = "last"}};
constexpr Sql kInsertNumber = insert_row(kNumber);
constexpr Sql kUpdateNumber = update_row(kNumber);
constexpr Sql kAllNumbers = select_rows(kNumber);

void write(Query& query, NumberKind kind, std::int64_t last) {
  RowWriter writer(query, kNumber);
  writer.number(static_cast<std::int64_t>(kind));
  writer.number(last);
  writer.finish();
  query.run();
}

bool differ_by_a_bit(std::int64_t a, std::int64_t b) {
  const auto x = static_cast<std::uint64_t>(a);
  const auto y = static_cast<std::uint64_t>(b);
  return std::has_single_bit(x ^ y) || std::has_single_bit(x - y) || std::has_single_bit(y - x);
}

/// Beyond it none was ever given.
std::int64_t most_of(std::int64_t kind) {
  return kind == static_cast<std::int64_t>(NumberKind::provider) ? kMaxProviders : std::int64_t{1} << 56;
}

/// The last number of a damaged row. The sum says it a second time. Where the two differ by one bit one of
/// them is right, and behind the larger one nothing was given yet: everything is numbered here, and one bit
/// must not stop it all.
std::int64_t mended(std::int64_t kind, std::int64_t last, std::int64_t sum) {
  static_assert(kNumber.weights[1] == 1);
  const auto of_kind = RowSum(RowKind::number).add(kind).finish();
  const auto again =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) - static_cast<std::uint64_t>(of_kind));
  std::int64_t larger = -1;
  for (const auto said : {last, again})
    if (said >= 0 && said <= most_of(kind)) larger = std::max(larger, said);
  if (larger < 0 || !differ_by_a_bit(last, again))
    throw Error(Code::corrupt, "the store's last numbers are damaged");
  return larger;
}

}  // namespace

std::int64_t SqliteNumberTables::last(NumberKind kind) const {
  auto query = db_.query("SELECT " NUMBER_COLUMNS ", sum FROM number WHERE kind = ?");
  query.bind(static_cast<std::int64_t>(kind));
  if (!query.step()) throw Error(Code::corrupt, "the store has lost its last numbers");
  std::int64_t of = 0;
  std::int64_t last = 0;
  RowReader reader(query, kNumber);
  reader.number(of);
  reader.number(last);
  require_asked_for(of == static_cast<std::int64_t>(kind));
  return reader.sound() ? last : mended(of, last, query.any_i64(2));
}

std::int64_t SqliteNumberTables::peek(NumberKind kind) const {
  return last(kind) + 1;
}

std::int64_t SqliteNumberTables::next(NumberKind kind, std::int64_t count) {
  const auto before = last(kind);
  auto query = db_.query(kUpdateNumber.c_str());
  write(query, kind, before + count);
  return before + 1;
}

void SqliteNumberTables::insert_all() {
  for (const auto kind : kNumberKinds) {
    auto query = db_.query(kInsertNumber.c_str());
    write(query, kind, 0);
  }
}

void SqliteNumberTables::skip(NumberKind kind, std::int64_t gap) {
  // A damaged number beyond which there is none stays as it is.
  auto query = db_.query(
      "UPDATE number SET last = last + ?1, sum = sum + ?1 WHERE kind = ?2 AND max(last, sum) <= ?3");
  query.bind(gap)
      .bind(static_cast<std::int64_t>(kind))
      .bind(std::numeric_limits<std::int64_t>::max() - gap)
      .run();
}

void SqliteNumberTables::find_damage(std::vector<FindingRow>& findings) const {
  find_damaged_rows(db_, kNumber, kAllNumbers, findings);
}

}  // namespace bccast::sqlite
