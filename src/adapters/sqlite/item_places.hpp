// Which places of a line have an item, and which of these items failed, as bitmaps beside the rows: so that a
// count of people reads a row for each slice, however many failed.
#pragma once

#include <map>
#include <utility>

#include "adapters/sqlite/connection.hpp"
#include "base/function_ref.hpp"
#include "model/slice.hpp"
#include "ports/work_tables.hpp"

namespace bccast::sqlite {

/// What changes is gathered, and written before the transaction ends: a report changes a thousand places, but
/// few slices.
class ItemPlaces {
 public:
  struct OfSlice {
    Slice open;    // an item that waits, is claimed or is parked
    Slice failed;  // one that failed
    bool empty() const noexcept { return open.empty() && failed.empty(); }
  };

  explicit ItemPlaces(Connection& db) : db_(db) {}

  /// Of the notice of a single message nothing is kept.
  void put(const Item& item);
  void remove(const Item& item);
  /// With what was changed and not yet written.
  OfSlice at(LineNo line, SliceNo slice) const;
  /// Slice by slice, after writing what was changed. f may not change any.
  void for_each(LineNo line, SliceNo from, FunctionRef<bool(SliceNo, const OfSlice&)> f);

  void write();
  void forget() noexcept { changed_.clear(); }

 private:
  using Key = std::pair<LineNo, SliceNo>;
  OfSlice& to_change(const Item& item);
  OfSlice stored(LineNo line, SliceNo slice) const;

  Connection& db_;
  std::map<Key, OfSlice> changed_;
};

}  // namespace bccast::sqlite
