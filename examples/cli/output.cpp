#include "output.hpp"

#include <algorithm>
#include <iostream>
#include <limits>
#include <optional>

#include "table.hpp"

namespace cli {
namespace {

/// How far the one JSON document on stdout is.
enum class Document { none, in_list, complete };
Document document = Document::none;

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string object(const std::vector<std::pair<std::string, Value>>& properties) {
  std::string out = "{";
  for (const auto& [name, value] : properties) {
    out.append(out.size() == 1 ? "" : ",").append(as_json(name)).append(":").append(as_json(value));
  }
  return out + "}";
}

/// An empty cell may be that of somebody who was erased: a table says so.
bool is_erased(const Rows& rows, std::size_t row, const std::string& column) {
  return column == "client" && !(rows.has("kind") && rows.text(row, "kind") == "community");
}

}  // namespace

Record& Record::add(std::string name, Value value) {
  properties_.emplace_back(std::move(name), std::move(value));
  return *this;
}

Record& Record::add_row(const Rows& rows, std::size_t row, const std::vector<std::string>& without) {
  for (std::size_t i = 0; i < rows.columns(); ++i) {
    if (!holds(without, rows.name(i))) add(rows.name(i), cell(rows, row, i));
  }
  return *this;
}

void Record::print(bool json) const {
  if (json) {
    std::cout << object(properties_) << '\n';
    document = Document::complete;
    return;
  }
  Table table;
  table.lines.resize(2);
  for (const auto& [name, value] : properties_) {
    table.lines[0].push_back(heading(name));
    table.lines[1].push_back(shown(name, value));
    table.to_the_right.push_back(std::holds_alternative<std::int64_t>(value) && !is_time(name));
  }
  std::vector<std::size_t> widths;
  table.print(widths);
}

void print_id(bool json, const std::string& name, const std::string& id) {
  if (json) {
    Record().add(name, id).print(true);
  } else {
    std::cout << id << '\n';
  }
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
    for (const auto& [name, value] : properties_) std::cout << as_json(name) << ':' << as_json(value) << ',';
    std::cout << as_json(name_) << ":[";
    document = Document::in_list;
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
    for (std::size_t row = 0; row < std::min(rows.count(), most); ++row) {
      add_json(rows.json(row));
    }
  } else {
    add_table(rows, most);
  }
}

void Listing::add(const std::vector<Record>& records) {
  begin();
  Table table;
  for (const Record& record : records) {
    if (json_) {
      add_json(object(record.properties()));
      continue;
    }
    if (!std::exchange(has_rows_, true)) {
      auto& headings = table.lines.emplace_back();
      for (const auto& property : record.properties()) headings.push_back(heading(property.first));
    }
    auto& line = table.lines.emplace_back();
    for (const auto& [name, value] : record.properties()) line.push_back(shown(name, value));
    table.to_the_right.resize(line.size());
  }
  table.print(widths_);
}

void Listing::add_json(std::string_view object) {
  std::cout << (std::exchange(has_rows_, true) ? ",\n" : "\n") << object;
}

void Listing::add_table(const Rows& rows, std::size_t most) {
  const std::size_t count = std::min(rows.count(), most);
  Table table;
  table.lines.resize(count + 1);
  for (std::size_t i = 0; i < rows.columns(); ++i) {
    const std::string name = rows.name(i);
    if (!shown_.empty() && !holds(shown_, name)) continue;
    table.to_the_right.push_back(rows.is_number(i) && !is_time(name));
    table.lines[0].push_back(heading(name));
    if (rows.is_number(i)) {
      for (std::size_t row = 0; row < count; ++row) {
        table.lines[row + 1].push_back(shown(name, cell(rows, row, i)));
      }
      continue;
    }
    const auto texts = rows.texts(i);
    for (std::size_t row = 0; row < count; ++row) {
      const bool erased = texts[row].empty() && is_erased(rows, row, name);
      table.lines[row + 1].push_back(erased ? std::string(kErased) : shown(name, texts[row]));
    }
  }
  // Its headings stand above the first page.
  if (std::exchange(has_rows_, true)) table.lines.erase(table.lines.begin());
  table.print(widths_);
}

void Listing::end() {
  begin();
  if (!json_) return;
  std::cout << "\n]}\n";
  document = Document::complete;
}

void print_error(bool json, const Error& error) {
  if (!json || document == Document::complete) return;
  std::cout << (document == Document::in_list ? "\n]," : "{") << "\"error\":"
            << object(Record()
                          .add("exit_code", std::int64_t{error.exit_code})
                          .add("code", error.code.empty() ? Value() : Value(error.code))
                          .add("message", error.message)
                          .add("retriable", error.retriable)
                          .add("native", std::int64_t{error.native})
                          .properties())
            << "}\n";
  document = Document::complete;
}

void flush_output() {
  std::cout.flush();
  if (!std::cout) throw Stop(kError, "the output could not be written");
}

}  // namespace cli
