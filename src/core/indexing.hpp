// The indexes of names and of addresses, made anew when the tables of Unicode are others.
//
// Both hold what was folded, and what another version of the ICU library folds may differ: a search would
// miss people, and several at one address would not be known to be. So the store says which version they go
// by. Who opens the store with a later one writes down that all is to be made anew (begin), in the order of
// providers and places; the agenda does it, step by step, each a transaction. Until all is done:
// - changes of what is not indexed yet leave the indexes alone: its turn comes; only names that are to be
//   forgotten go at once;
// - lists of a roster that is not indexed yet are made from the roster itself;
// - nothing is handed out, since who shares an address with whom is not known.
// Who has an earlier version cannot write any more (Store), so that no two go by different ones at once.
#pragma once

#include <exception>
#include <optional>

#include "base/error.hpp"
#include "core/context.hpp"

namespace bccast {

/// Whether all of the provider's names and addresses are in the indexes as they are folded now.
bool is_indexed(const Folding& folding, ProviderNo provider) noexcept;

/// Whether some are not. Costs nothing in a store where all were when it was opened: none comes back to that
/// while it is open.
inline bool is_indexing(const Tables& tables, const Context& context) {
  return context.known->indexing && tables.store().folding().under_way();
}

/// The same, of a claim that was made before: another process may have begun since.
bool has_begun_indexing(const Tables& tables);

class Indexing {
 public:
  explicit Indexing(Context& context) : context_(context) {}

  /// For whoever opens the store.
  void begin();
  /// Does a part, if any is left: at most some hundred rows. False: nothing was.
  /// `damaged`: what was left out of the indexes because it cannot be read.
  bool go_on(std::exception_ptr& damaged);

 private:
  bool go_on_together();
  bool go_past_damage(std::exception_ptr& damaged);
  bool take_step();
  Error leave_out(const Folding& at);

  Context& context_;
};

}  // namespace bccast
