// What a command answers, on stdout: an aligned table for people, or with --json one JSON document whose
// names are those of the C API's columns. docs/cli.schema.json describes each command's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handles.hpp"
#include "session.hpp"
#include "value.hpp"

namespace cli {

/// One thing with its properties: in JSON an object, else a heading and one line.
class Record {
 public:
  Record& add(std::string name, Value value);
  /// A row of a table, without its columns `without`.
  Record& add_row(const Rows& rows, std::size_t row, const std::vector<std::string>& without = {});
  void print(bool json) const;
  const std::vector<std::pair<std::string, Value>>& properties() const noexcept { return properties_; }

 private:
  std::vector<std::pair<std::string, Value>> properties_;
};

/// An id: in JSON an object, else the id alone, for scripts.
void print_id(bool json, const std::string& name, const std::string& id);

/// Many things of a kind, printed page by page as they come.
class Listing {
 public:
  /// `shown`: the columns of the table, all of them unless given; JSON has them all.
  Listing(bool json, std::string name, std::vector<std::string> shown = {});
  /// A property of the whole, before the list. Not after the first page.
  void add_property(std::string name, Value value);
  void add_page(const Rows& rows);
  /// At most that many rows of the page.
  void add_page(const Rows& rows, std::size_t most);
  /// Things that are no rows of the library's; all have the same properties.
  void add(const std::vector<Record>& records);
  void end();

 private:
  void begin();
  void add_json(std::string_view object);
  void add_table(const Rows& rows, std::size_t most);

  const bool json_;
  const std::string name_;
  const std::vector<std::string> shown_;
  std::vector<std::pair<std::string, Value>> properties_;
  std::vector<std::size_t> widths_;  // of the table's columns; they only grow
  bool begun_ = false;
  bool has_rows_ = false;
};

/// With --json the one document of a command that failed, or the end of the one that was begun.
void print_error(bool json, const Error& error);

/// Makes sure that all output has arrived where it goes; throws Stop when it has not.
void flush_output();

}  // namespace cli
