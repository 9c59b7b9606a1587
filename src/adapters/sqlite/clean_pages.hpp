// What stands between the cells of a page, and belongs to none of them, is never written into the database
// file.
//
// `secure_delete` overwrites a cell that is deleted. But when SQLite moves cells to another page, it leaves
// their old bytes where they stood, in the space of the page that is not in use; when such a cell is deleted
// later, its copy there is forgotten, not overwritten (SQLite 3.40: of 2,000 deleted rows a dozen were still
// found in the file). So each page is written with zeros there. Nobody reads that space: which bytes are in
// it makes no difference to SQLite.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace bccast::sqlite {

/// The unused space of a page of a b-tree, from its first byte to the one behind its last; both 0: there is
/// none, or it is another kind of page. `first`: it is the file's first page.
/// (https://www.sqlite.org/fileformat2.html#b_tree_pages)
std::pair<std::size_t, std::size_t> unused_space(std::span<const unsigned char> page, bool first) noexcept;

/// Stands before the database file of one connection, which must be closed before it.
class CleanPages {
 public:
  explicit CleanPages(sqlite3* db);
  ~CleanPages();
  CleanPages(const CleanPages&) = delete;
  CleanPages& operator=(const CleanPages&) = delete;

 private:
  struct Methods;
  std::unique_ptr<Methods> methods_;  // null: a store in memory
};

}  // namespace bccast::sqlite
