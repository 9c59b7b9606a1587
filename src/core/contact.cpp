#include "core/contact.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

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

Slice Contact::without(const Tables& tables, ProviderNo provider, SliceNo slice, Slice places) const {
  if (everybody_) return {};
  const auto reach = [&](std::string_view channel) {
    places -= tables.directory().address_slice(provider, slice, channel);
  };
  for (const auto& channel : notifying_) reach(channel.name);
  if (notifying_.empty())
    for (const auto& channel : tables.directory().address_channels(provider, slice)) reach(channel);
  return places;
}

}  // namespace bccast
