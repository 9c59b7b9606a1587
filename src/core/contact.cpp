#include "core/contact.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/set_pages.hpp"

namespace bccast {

Contact::Contact(std::vector<Channel> channels) : notifying_(std::move(channels)) {
  const bool any = !notifying_.empty();
  std::erase_if(notifying_, [](const Channel& channel) { return channel.delivers; });
  everybody_ = any && notifying_.empty();
}

bool Contact::reaches(const Addresses& addresses) const {
  if (everybody_) return true;
  if (notifying_.empty()) return !addresses.stored().empty();
  return std::any_of(notifying_.begin(), notifying_.end(),
                     [&](const Channel& channel) { return !addresses.get(channel.name).empty(); });
}

void Contact::take_reached(const Tables& tables, ProviderNo provider, std::span<PlacesOfSlice> slices) const {
  if (slices.empty()) return;
  std::vector<AddressSliceKey> keys;  // of which slice each is
  std::vector<PlacesOfSlice*> of;
  std::vector<RosterSliceKey> of_roster;
  for (auto& one : slices) {
    if (everybody_) one.second.clear();
    of_roster.push_back({provider, one.first});
  }
  if (everybody_) return;
  std::vector<std::vector<std::string>> channels;
  if (notifying_.empty()) channels = tables.directory().address_channels(of_roster);
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const auto add = [&](const std::string& channel) {
      keys.push_back({of_roster[i], channel});
      of.push_back(&slices[i]);
    };
    for (const auto& channel : notifying_) add(channel.name);
    if (notifying_.empty()) std::for_each(channels.at(i).begin(), channels.at(i).end(), add);
  }
  for_each_page(
      std::span<const AddressSliceKey>(keys),
      [&](std::span<const AddressSliceKey> page, std::size_t first) {
        const auto reached = tables.directory().address_slices(page);
        for (std::size_t i = 0; i < page.size(); ++i) of[first + i]->second -= reached.at(i);
      },
      kSlicesTogether);
}

}  // namespace bccast
