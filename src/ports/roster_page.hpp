// Roster entries as a store has read them, many at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "model/person.hpp"

namespace bccast {

/// Their texts lie in a few blocks: a batch of a thousand costs two of them, and not five strings for each
/// entry. The views live as long as the page, also when it is moved.
class RosterPage {
 public:
  RosterPage() = default;
  explicit RosterPage(std::size_t expected) { entries_.reserve(expected); }

  /// A copy of bytes, which lives as long as the page.
  std::span<const std::uint8_t> keep(std::span<const std::uint8_t> bytes) {
    if (bytes.empty()) return {};
    if (bytes.size() > room_ - used_) {
      room_ = std::max(bytes.size(), kBlock);
      used_ = 0;
      blocks_.emplace_back(new std::uint8_t[room_]);
    }
    std::uint8_t* const to = blocks_.back().get() + used_;
    std::memcpy(to, bytes.data(), bytes.size());
    used_ += bytes.size();
    return {to, bytes.size()};
  }
  /// REQUIRES: its texts are of what keep() gave.
  void add(const RosterView& kept) { entries_.push_back(kept); }
  /// The same of texts from anywhere.
  void add_copy(RosterView entry) {
    for (auto* text : {&entry.id, &entry.name, &entry.locale, &entry.zone, &entry.addresses}) {
      const auto kept = keep({reinterpret_cast<const std::uint8_t*>(text->data()), text->size()});
      *text = {reinterpret_cast<const char*>(kept.data()), kept.size()};
    }
    entries_.push_back(entry);
  }

  /// What comes next is damaged, and so `why` says.
  void end_with(std::exception_ptr why) noexcept { damage_ = std::move(why); }
  const std::exception_ptr& damage() const noexcept { return damage_; }

  const std::vector<RosterView>& entries() const& noexcept { return entries_; }
  const std::vector<RosterView>& entries() const&& = delete;  // the page must live longer

 private:
  static constexpr std::size_t kBlock = 64 * 1024;

  std::vector<RosterView> entries_;
  std::vector<std::unique_ptr<std::uint8_t[]>> blocks_;
  std::size_t used_ = 0;  // of the last block
  std::size_t room_ = 0;
  std::exception_ptr damage_;
};

}  // namespace bccast
