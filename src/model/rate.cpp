#include "model/rate.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace bccast {
namespace {

constexpr std::size_t kDecimals = 3;

}  // namespace

Rate parse_rate(std::string_view text) {
  const auto refused = [] {
    return Error(Code::argument,
                 fmt::format("the rate must be items a second, 0 to {}, with at most {} decimals",
                             kFastestRate, kDecimals));
  };
  if (text.empty()) return {};
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  const auto decimals = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  const auto digits = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (whole.empty() || whole.size() > 7 || !digits(whole) || !digits(decimals) ||
      decimals.size() > kDecimals || (point != std::string_view::npos && decimals.empty()))
    throw refused();
  std::int64_t value = 0;
  for (const char c : whole) value = value * 10 + (c - '0');
  for (std::size_t i = 0; i < kDecimals; ++i)
    value = value * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  if (value > kFastestRate * 1000) throw refused();
  return {value};
}

std::string text_of(Rate rate) {
  if (!rate.limited()) return {};
  auto text = fmt::format("{}.{:03}", rate.per_1000_s / 1000, rate.per_1000_s % 1000);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::int64_t deferred_by_rate(Rate rate, std::int64_t total, std::int64_t pending, Ms elapsed) noexcept {
  if (!rate.limited() || pending <= 0) return 0;
  // Beyond this all had their turn; below it the product is a number.
  const Ms all_had = total * TokenBucket::kItem / rate.per_1000_s + 1;
  if (elapsed >= all_had) return 0;
  const auto had = std::max<Ms>(elapsed, 0) * rate.per_1000_s / TokenBucket::kItem;
  return std::clamp<std::int64_t>(total - had, 0, pending);
}

}  // namespace bccast
