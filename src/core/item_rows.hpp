// What the single items of a batch are about.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/context.hpp"
#include "core/roster_read.hpp"

namespace bccast {

/// The rows that the items are about, read together.
struct ItemRows {
  Found<ProviderNo, Provider> providers;
  Found<LineNo, Line> lines;
  Found<BlastKey, Blast> blasts;
  Found<ThreadKey, Thread> threads;
  Found<ThreadKey, Member> members;
  RosterEntries entries;
};
ItemRows rows_of(const Tables& tables, std::span<const Item> items);

}  // namespace bccast
