#include "text.hpp"

#include <wchar.h>  // NOLINT(modernize-deprecated-headers): wcwidth is POSIX, not C++

#include <array>
#include <chrono>
#include <clocale>
#include <cstdio>

namespace cli {
namespace {

constexpr char32_t kBad = 0xFFFD;

/// As in JSON and in C.
std::string escaped(char32_t point) {
  std::array<char, 16> out{};
  std::snprintf(out.data(), out.size(), "\\u%04x", static_cast<unsigned>(point));
  return out.data();
}

std::size_t width(char32_t point) {
  // The C library has the table; a locale of its own makes it independent of the user's.
  static const bool has_table = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
  const int cells = has_table ? wcwidth(static_cast<wchar_t>(point)) : 1;
  return cells < 0 ? 1 : static_cast<std::size_t>(cells);  // below 0: not assigned yet
}

}  // namespace

bool is_unsafe(char32_t point) noexcept {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x061C || point == 0x2028 ||
         point == 0x2029 || (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

char32_t take_code_point(std::string_view& text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t point = length < 2 ? lead : lead & (0x7FU >> length);
  bool good = length != 0 && lead <= 0xF4 && text.size() >= length;
  for (std::size_t i = 1; good && i < length; ++i) {
    good = (byte(i) & 0xC0U) == 0x80;
    point = point << 6U | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  good = good && point >= kLeast[length] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
  text.remove_prefix(good ? length : 1);
  return good ? point : kBad;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t point = take_code_point(text);
    if (point == '\r' && text.starts_with('\n')) continue;
    if (point == '\n' || point == '\r' || point == '\t') {
      out += ' ';
    } else if (is_unsafe(point)) {
      out += escaped(point);
    } else if (point == kBad) {
      out += "\uFFFD";
    } else {
      out += before.substr(0, before.size() - text.size());
    }
  }
  return out;
}

std::string printable_lines(std::string_view text, std::string_view indent) {
  std::string out;
  for (;;) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) out.append(indent).append(printable(line));
    out += '\n';
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

std::size_t width(std::string_view text) {
  std::size_t cells = 0;
  while (!text.empty()) cells += width(take_code_point(text));
  return cells;
}

std::string shortened(std::string_view text, std::size_t cells) {
  if (width(text) <= cells) return std::string(text);
  std::size_t used = 1;  // the ellipsis
  std::string_view rest = text;
  for (;;) {
    std::string_view after = rest;
    used += width(take_code_point(after));
    if (used > cells) return std::string(text.substr(0, text.size() - rest.size())) + "…";
    rest = after;
  }
}

std::string iso_time(std::int64_t ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds{ms}};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(at) - day};
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return out.data();
}

std::string duration(std::uint64_t seconds) {
  std::array<char, 48> out{};
  const auto hours = static_cast<unsigned long long>(seconds / 3600);
  std::snprintf(out.data(), out.size(), "%llu:%02llu:%02llu", hours,
                static_cast<unsigned long long>(seconds / 60 % 60),
                static_cast<unsigned long long>(seconds % 60));
  return out.data();
}

}  // namespace cli
