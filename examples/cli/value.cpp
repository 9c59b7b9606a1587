#include "value.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "text.hpp"

namespace cli {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kExcerpt = 48;  // cells of a message's text in a table
constexpr std::string_view kUnit = "_ms";

Json to_json(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value); text != nullptr && !text->empty()) return *text;
  if (const auto* yes = std::get_if<bool>(&value)) return *yes;
  return nullptr;
}

/// The beginning of a message: one line, with single spaces.
std::string excerpt(std::string_view text) {
  std::string line = printable(text);
  const auto both_spaces = [](char a, char b) { return a == ' ' && b == ' '; };
  line.erase(std::unique(line.begin(), line.end(), both_spaces), line.end());
  return shortened(line, kExcerpt);
}

}  // namespace

Value cell(const Rows& rows, std::size_t row, std::size_t column) {
  if (rows.is_number(column)) {
    const auto number = rows.number(row, column);
    return number ? Value(*number) : Value();
  }
  const auto text = rows.text(row, column);
  return text ? Value(std::string(*text)) : Value();
}

bool is_time(std::string_view name) {
  constexpr std::array<std::string_view, 5> kOthers = {"at_ms", "deadline_ms", "failing_since_ms",
                                                       "worker_seen_ms", "since_ms"};
  return name.ends_with("_at_ms") || std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end();
}

std::string heading(const std::string& name) {
  return is_time(name) ? name.substr(0, name.size() - kUnit.size()) : name;
}

std::string shown(const std::string& name, std::string_view text) {
  if (text.empty()) return "-";
  return name == "last_text" || name == "text" ? excerpt(text) : printable(text);
}

std::string shown(const std::string& name, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return is_time(name) ? iso_time(*number) : std::to_string(*number);
  }
  if (const auto* yes = std::get_if<bool>(&value)) return *yes ? "yes" : "no";
  const auto* text = std::get_if<std::string>(&value);
  return shown(name, text == nullptr ? std::string_view() : std::string_view(*text));
}

/// JSON may hold DEL, the controls above it and marks that turn the order of a line around as they are; here
/// they are escaped, so that it may be looked at on a terminal. Outside of strings there are none.
std::string as_json(const Value& value) {
  const std::string text = to_json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view before = rest;
    const char32_t point = take_code_point(rest);
    const std::string_view bytes = before.substr(0, before.size() - rest.size());
    if (is_unsafe(point)) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      out += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4)
        out += kDigits[point >> static_cast<unsigned>(shift) & 15U];
    } else {
      out += bytes;
    }
  }
  return out;
}

}  // namespace cli
