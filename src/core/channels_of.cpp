#include "core/channels_of.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

std::vector<std::string_view> split(std::string_view names) {
  std::vector<std::string_view> all;
  while (!names.empty()) {
    const auto end = names.find(',');
    all.push_back(names.substr(0, end));
    if (end == std::string_view::npos) break;
    names.remove_prefix(end + 1);
    if (names.empty()) all.emplace_back();  // a comma at the end
  }
  return all;
}

}  // namespace

std::vector<Channel> channels_of(const Tables& tables, const Blast& blast) {
  return channels_of(tables.work().channels(), blast);
}

std::vector<Channel> channels_of(std::vector<Channel> channels, const Blast& blast) {
  if (blast.channels.empty()) return channels;
  const auto wanted = split(blast.channels);
  std::erase_if(channels, [&](const Channel& channel) {
    return std::find(wanted.begin(), wanted.end(), channel.name) == wanted.end();
  });
  return channels;
}

void check_channels(const Tables& tables, std::string_view names) {
  auto all = split(names);
  for (const auto name : all) {
    if (name.empty()) throw Error(Code::argument, "the list of channels has an empty name");
    check_key(name, "channel");
    if (!tables.work().channel(name)) throw Error(Code::not_found, "there is no such channel");
  }
  std::sort(all.begin(), all.end());
  if (std::adjacent_find(all.begin(), all.end()) != all.end())
    throw Error(Code::argument, "the list of channels has a name twice");
}

}  // namespace bccast
