#include "core/item_rows.hpp"

#include <set>
#include <utility>

namespace bccast {

ItemRows rows_of(const Tables& tables, std::span<const Item> items) {
  ItemRows rows;
  std::set<ProviderNo> providers;
  std::set<LineNo> lines;
  std::set<BlastKey> blasts;
  std::set<ThreadKey> threads;
  std::vector<ThreadKey> members;
  std::vector<RosterKey> people;
  for (const auto& item : items) {
    if (item.damaged) continue;
    providers.insert(item.provider_no);
    threads.insert(item.thread);
    if (item.line_no != 0) {
      lines.insert(item.line_no);
      blasts.insert({item.provider_no, item.thread.origin});
    }
    if (item.to_provider) continue;
    if (item.thread.of_community()) members.push_back(item.thread);
    people.push_back({item.provider_no, item.thread.place});
  }
  const auto all = [](const auto& set) { return std::vector(set.begin(), set.end()); };
  rows.providers = tables.directory().providers(all(providers));
  rows.threads = tables.threads().threads(all(threads));
  if (!lines.empty()) rows.lines = tables.work().lines(all(lines));
  if (!blasts.empty()) rows.blasts = tables.blasts().blasts(all(blasts));
  if (!members.empty()) rows.members = tables.communities().members(members);
  rows.entries = RosterEntries(tables, std::move(people));
  return rows;
}

}  // namespace bccast
