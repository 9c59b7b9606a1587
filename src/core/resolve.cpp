#include "core/resolve.hpp"

#include "base/error.hpp"
#include "core/access.hpp"
#include "core/passes_by.hpp"
#include "core/roster_read.hpp"
#include "core/set_pages.hpp"
#include "model/id_index.hpp"
#include "model/text_rules.hpp"

namespace bccast {

std::vector<Resolved> resolve_places(const Tables& tables, const Provider& provider,
                                     std::span<const std::string_view> ids) {
  std::vector<Resolved> resolved(ids.size());
  const IdIndex index(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    try {
      check_id(ids[i], "client id");
      resolved[i].code = index.find(ids[i]) == i ? Code::not_found : Code::exists;
    } catch (const Error& error) {
      resolved[i].code = error.code();
    }
  }
  const Place end = access::roster_work(tables, provider.no).next_place;
  if (ids.size() > end / 8) {
    for_each_entry(tables, provider.no, 0, end, [&](const RosterView& entry) {
      const auto i = index.find(entry.id);
      if (i != IdIndex::kNone) resolved[i] = {Code::ok, entry.place};
    });
    return resolved;
  }
  std::vector<std::size_t> sound;
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (resolved[i].code == Code::not_found) sound.push_back(i);
  for_each_page(std::span<const std::size_t>(sound), [&](auto page, std::size_t) {
    std::vector<std::string_view> page_ids;
    for (const auto i : page) page_ids.push_back(ids[i]);
    const auto found = tables.directory().places_of(provider.no, page_ids);
    for (const auto i : page) {
      try {
        if (const auto* place = found.find(ids[i])) resolved[i] = {Code::ok, *place};
      } catch (const Error& error) {
        if (!passes_by(tables, error)) throw;
        resolved[i].code = Code::corrupt;  // this one's place; the others' are theirs
      }
    }
  });
  return resolved;
}

}  // namespace bccast
