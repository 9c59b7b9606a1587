#include "output.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "session.hpp"
#include "text.hpp"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kGap = 2;       // cells between two columns
constexpr std::size_t kExcerpt = 48;  // cells of a message's text in a table
constexpr std::string_view kUnit = "_ms";

bool is_time(std::string_view name) {
  constexpr std::array<std::string_view, 4> kOthers = {"at_ms", "deadline_ms", "failing_since_ms",
                                                       "worker_seen_ms"};
  return name.ends_with("_at_ms") || std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end();
}

Value cell(const Rows& rows, std::size_t row, std::size_t column) {
  if (rows.is_number(column)) {
    const auto number = rows.number(row, column);
    return number ? Value(*number) : Value();
  }
  const auto text = rows.text(row, column);
  return text ? Value(std::string(*text)) : Value();
}

Json to_json(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* yes = std::get_if<bool>(&value)) return *yes;
  return nullptr;
}

/// JSON may hold DEL, the controls above it and marks that turn the order of a line around as they are; here
/// they are escaped, so that it may be looked at on a terminal. Outside of strings there are none.
std::string dump(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
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

std::string heading(const std::string& name) {
  return is_time(name) ? name.substr(0, name.size() - kUnit.size()) : name;
}

/// The beginning of a message: one line, with single spaces.
std::string excerpt(std::string_view text) {
  std::string line = printable(text);
  const auto both_spaces = [](char a, char b) { return a == ' ' && b == ' '; };
  line.erase(std::unique(line.begin(), line.end(), both_spaces), line.end());
  return shortened(line, kExcerpt);
}

std::string shown(const std::string& name, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return is_time(name) ? iso_time(*number) : std::to_string(*number);
  }
  if (const auto* yes = std::get_if<bool>(&value)) return *yes ? "yes" : "no";
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr || text->empty()) return "-";
  return name == "last_text" ? excerpt(*text) : printable(*text);
}

struct Table {
  std::vector<std::vector<std::string>> lines;
  std::vector<bool> to_the_right;  // the columns of numbers

  void print(std::vector<std::size_t>& widths) const {
    widths.resize(to_the_right.size());
    for (const auto& line : lines) {
      for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width(line[i]));
    }
    for (const auto& line : lines) {
      std::string out;
      for (std::size_t i = 0; i < line.size(); ++i) {
        const std::string padding(widths[i] - width(line[i]), ' ');
        if (to_the_right[i]) out += padding;
        out += line[i];
        if (i + 1 == line.size()) break;
        if (!to_the_right[i]) out += padding;
        out.append(kGap, ' ');
      }
      std::cout << out << '\n';
    }
  }
};

}  // namespace

Record& Record::add(std::string name, Value value) {
  names_.push_back(std::move(name));
  values_.push_back(std::move(value));
  return *this;
}

void Record::print(bool json) const {
  if (json) {
    Json object = Json::object();
    for (std::size_t i = 0; i < names_.size(); ++i) object[names_[i]] = to_json(values_[i]);
    std::cout << dump(object) << '\n';
    return;
  }
  Table table;
  table.lines.resize(2);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    table.lines[0].push_back(heading(names_[i]));
    table.lines[1].push_back(shown(names_[i], values_[i]));
    table.to_the_right.push_back(std::holds_alternative<std::int64_t>(values_[i]) && !is_time(names_[i]));
  }
  std::vector<std::size_t> widths;
  table.print(widths);
}

Listing::Listing(bool json, std::string name, std::vector<std::string> shown)
    : json_(json), name_(std::move(name)), shown_(std::move(shown)) {}

void Listing::add_property(std::string name, Value value) {
  properties_.emplace_back(std::move(name), std::move(value));
}

void Listing::begin() {
  if (std::exchange(begun_, true)) return;
  if (json_) {
    std::cout << '{';
    for (const auto& [name, value] : properties_) {
      std::cout << dump(Json(name)) << ':' << dump(to_json(value)) << ',';
    }
    std::cout << dump(Json(name_)) << ":[";
    return;
  }
  Table table;
  table.to_the_right = {false, false};
  for (const auto& [name, value] : properties_) table.lines.push_back({heading(name), shown(name, value)});
  std::vector<std::size_t> widths;
  table.print(widths);
  if (!properties_.empty()) std::cout << '\n';
}

void Listing::add_page(const Rows& rows) {
  add_page(rows, std::numeric_limits<std::size_t>::max());
}

void Listing::add_page(const Rows& rows, std::size_t most) {
  begin();
  if (json_) {
    add_json(rows, most);
  } else {
    add_table(rows, most);
  }
  has_rows_ = true;
}

void Listing::add_json(const Rows& rows, std::size_t most) {
  for (std::size_t row = 0; row < std::min(rows.count(), most); ++row) {
    Json object = Json::object();
    for (std::size_t i = 0; i < rows.columns(); ++i) object[rows.name(i)] = to_json(cell(rows, row, i));
    std::cout << (std::exchange(has_rows_, true) ? ",\n" : "\n") << dump(object);
  }
}

void Listing::add_table(const Rows& rows, std::size_t most) {
  std::vector<std::size_t> columns;
  Table table;
  std::vector<std::string> headings;
  for (std::size_t i = 0; i < rows.columns(); ++i) {
    const std::string name = rows.name(i);
    if (!shown_.empty() && std::find(shown_.begin(), shown_.end(), name) == shown_.end()) continue;
    columns.push_back(i);
    headings.push_back(heading(name));
    table.to_the_right.push_back(rows.is_number(i) && !is_time(name));
  }
  if (!has_rows_) table.lines.push_back(headings);
  for (std::size_t row = 0; row < std::min(rows.count(), most); ++row) {
    auto& line = table.lines.emplace_back();
    for (const std::size_t i : columns) line.push_back(shown(rows.name(i), cell(rows, row, i)));
  }
  table.print(widths_);
}

void Listing::end() {
  begin();
  if (json_) std::cout << "\n]}\n";
}

void flush_output() {
  std::cout.flush();
  if (!std::cout) throw Stop(kError, "the output could not be written");
}

}  // namespace cli
