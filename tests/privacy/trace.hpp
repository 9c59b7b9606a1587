// What ana sees, as lines that can be compared: every answer in full, with ids and cursors numbered in the
// order in which she first saw them. And what must hold of each answer by itself.
#pragma once

#include <bccast/bccast.h>

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/host.hpp"

namespace privacy {

inline bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}
inline bool is_id(std::string_view text) {
  if (text.size() != 32) return false;
  for (const char c : text)
    if (!is_hex(c)) return false;
  return true;
}

/// The runs of hexadecimal letters in a text that are long enough to be an id, or part of one.
inline std::vector<std::string> hex_runs(std::string_view text) {
  constexpr std::size_t kShortest = 16;  // and longer than a time in milliseconds
  std::vector<std::string> runs;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    while (end < text.size() && is_hex(text[end])) ++end;
    if (end - begin >= kShortest) runs.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return runs;
}

/// One answer to ana, or one of her notifications.
struct Observation {
  std::string what;  // threads, messages, unread, ...
  test::Answer answer;
  std::int32_t retriable = 0;
  std::int32_t native = 0;
  std::vector<std::pair<std::string, std::int64_t>> outs{};

  bool operator==(const Observation&) const = default;
};

class Trace {
 public:
  void add(const Observation& seen) {
    const auto& rows = seen.answer.rows;
    std::ostringstream line;
    line << seen.what << " -> " << bccast_code_name(seen.answer.code) << " \"" << renamed(seen.answer.message)
         << "\"";
    if (seen.retriable != 0 || seen.native != 0)
      line << " retriable " << seen.retriable << " native " << seen.native;
    for (const auto& [name, value] : seen.outs) line << " " << name << "=" << value;
    if (!rows.columns.empty()) line << " rows " << rows.size() << " next " << renamed(rows.next);
    lines.push_back(line.str());
    for (const auto& row : rows) {
      line.str("");
      for (const auto& cell : row.cells)
        line << " " << cell.column << ":" << cell.type << "=" << (cell.null ? "NULL" : renamed(cell.value));
      lines.push_back(line.str());
    }
  }
  /// Nothing of the library: what is needed to read the trace.
  void note(const std::string& text) { lines.push_back("-- " + text); }

  /// The number of an id that she has seen; none: a word for it.
  std::string number_of(const std::string& id) const {
    const auto at = numbers_.find(id);
    return at == numbers_.end() ? "<new>" : "<" + std::to_string(at->second) + ">";
  }

  std::vector<std::string> lines;

 private:
  std::string renamed(const std::string& text) {
    std::string result = text;
    for (const auto& run : hex_runs(text)) {
      const auto number = numbers_.try_emplace(run, numbers_.size()).first->second;
      result.replace(result.find(run), run.size(),
                     "<" + std::to_string(number) + " of " + std::to_string(run.size()) + ">");
    }
    return result;
  }
  std::map<std::string, std::size_t> numbers_;
};

/// What is wrong, and who noticed.
struct Finding {
  std::string detector;  // two worlds, shape, alike, pairs, export
  std::string text;
};
using Findings = std::vector<Finding>;

/// What must hold of every answer: the columns are those that the manual names, times are whole seconds, ids
/// have the one shape, seqs follow each other, and an id stands for one thing only.
class Shape {
 public:
  Shape(std::string client, Findings& findings) : client_(std::move(client)), findings_(findings) {}

  void check(const Observation& seen, const std::string& thread = "") {
    static const std::map<std::string, std::string> kColumns{
        {"threads",
         "thread provider provider_name kind title unread last_at_ms last_text removed last_author "
         "last_author_name closed read_seq"},
        {"messages", "seq author author_name text at_ms removed"},
        {"members", "member member_name since_ms me"},
        {"export",
         "record name thread provider provider_name kind title seq author author_name text at_ms removed"},
        {"told", "id to_kind to address to_name thread at_ms locale"},
        {"delivered",
         "id to_kind to address to_name thread at_ms locale provider provider_name client kind title seq "
         "author "
         "author_name action text"}};
    const auto& rows = seen.answer.rows;
    for (const auto& [name, value] : seen.outs)
      if (name.ends_with("_ms")) whole_second(seen, name, value);
    const auto columns = kColumns.find(seen.what);
    if (columns == kColumns.end() || seen.answer.code < 0) return;
    std::string names;
    for (const auto& [name, type] : rows.columns) names += (names.empty() ? "" : " ") + name;
    if (names != columns->second) report(seen, "columns: " + names);
    std::int64_t seq = 0;
    for (const auto& row : rows) {
      for (const auto& cell : row.cells) {
        if (cell.null || cell.value.empty()) continue;
        if (cell.column.ends_with("_ms")) whole_second(seen, cell.column, std::stoll(cell.value));
        if (cell.column == "thread") id_of(seen, cell.value, "thread");
        if (cell.column == "id") id_of(seen, cell.value, "notification");
        if (cell.column == "kind" && cell.value != "private" && cell.value != "community")
          report(seen, "kind: " + cell.value);
        if (cell.column == "to_kind" && cell.value != "client") report(seen, "to_kind: " + cell.value);
        if (cell.column == "member" && row.cell("me").value != "1" && cell.value == client_)
          report(seen, "not me");
      }
      if (seen.what == "members") {
        const bool me = row.number("me") == 1;
        if (me != (row.text("member") == client_)) report(seen, "me: " + row.text("member"));
        if (!me) id_of(seen, row.text("member"), "member of " + thread);
      }
      if (seen.what == "messages") {
        const auto n = row.number("seq");
        if (n < 1 || (seq != 0 && n != seq + 1 && n != seq - 1)) report(seen, "seq: " + std::to_string(n));
        seq = n;
      }
    }
  }

 private:
  void report(const Observation& seen, const std::string& what) {
    findings_.push_back({"shape", seen.what + ", " + what});
  }
  void whole_second(const Observation& seen, const std::string& name, std::int64_t ms) {
    if (ms % 1000 != 0) report(seen, name + ": " + std::to_string(ms));
  }
  void id_of(const Observation& seen, const std::string& id, const std::string& what) {
    if (!is_id(id)) return report(seen, what + ": " + id);
    const auto first = things_.try_emplace(id, what).first->second;
    if (first != what) report(seen, "one id for a " + first + " and a " + what);
  }

  std::string client_;
  Findings& findings_;
  std::map<std::string, std::string> things_;
};

}  // namespace privacy
