// The addresses of a person, one for each channel that has one. Stored as one text: channel NUL address NUL
// ..., ordered by channel. Neither may hold a NUL (text_rules.hpp).
#pragma once

#include <string>
#include <string_view>

namespace bccast {

class Addresses {
 public:
  Addresses() = default;
  explicit Addresses(std::string stored) : stored_(std::move(stored)) {}

  /// "" when there is none for the channel.
  std::string_view get(std::string_view channel) const noexcept { return find(stored_, channel); }
  /// An empty address takes it away. True when something changed.
  bool set(std::string_view channel, std::string_view address);
  const std::string& stored() const noexcept { return stored_; }

  /// The address for `channel` in a stored text, without copying.
  static std::string_view find(std::string_view stored, std::string_view channel) noexcept;
  /// Calls f(channel, address) for each.
  template <typename F>
  static void for_each(std::string_view stored, F&& f) {
    while (!stored.empty()) {
      const auto channel = take(stored);
      f(channel, take(stored));
    }
  }
  friend bool operator==(const Addresses&, const Addresses&) = default;

 private:
  /// Takes the text before the next NUL off the front.
  static std::string_view take(std::string_view& stored) noexcept {
    const auto end = stored.find('\0');
    const auto part = stored.substr(0, end);
    stored.remove_prefix(end == std::string_view::npos ? stored.size() : end + 1);
    return part;
  }

  std::string stored_;
};

}  // namespace bccast
