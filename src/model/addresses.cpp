#include "model/addresses.hpp"

namespace bccast {

std::string_view Addresses::find(std::string_view stored, std::string_view channel) noexcept {
  while (!stored.empty()) {
    const auto name = take(stored);
    const auto address = take(stored);
    if (name == channel) return address;
  }
  return {};
}

bool Addresses::set(std::string_view channel, std::string_view address) {
  if (get(channel) == address) return false;
  std::string next;
  bool placed = address.empty();
  const auto append = [&next](std::string_view name, std::string_view value) {
    next.append(name).push_back('\0');
    next.append(value).push_back('\0');
  };
  for_each(stored_, [&](std::string_view name, std::string_view value) {
    if (!placed && channel < name) {
      append(channel, address);
      placed = true;
    }
    if (name != channel) append(name, value);
  });
  if (!placed) append(channel, address);
  stored_ = std::move(next);
  return true;
}

}  // namespace bccast
