// Comma-separated values, RFC 4180: quoted fields may hold commas, quotes (doubled) and line ends. Lines end
// with CRLF or LF. A byte order mark at the start is skipped, empty lines too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <vector>

namespace cli {

class CsvReader {
 public:
  enum class Result {
    record,
    bad,  ///< not a record: see reason()
    end
  };

  explicit CsvReader(std::istream& in);
  /// Reads the next record. A bad one reaches to the end of the line where that was found; where a quote is
  /// never closed, to the end of the file: nothing is guessed out of what could be the inside of a field.
  Result next();
  const std::vector<std::string>& fields() const noexcept { return fields_; }
  /// The line on which the record, or the bad one, begins; the first is 1.
  std::uint64_t line() const noexcept { return line_; }
  /// What is wrong with a bad one. Never holds anything of it.
  const char* reason() const noexcept { return reason_; }

 private:
  int peek(std::size_t ahead = 0);
  int take();
  bool at_line_end();
  bool take_line_end();
  bool read_quoted(std::string& field);
  void read_plain(std::string& field);
  Result bad(const char* reason);

  std::istream& in_;
  std::string buffer_;  // read from in_ ...
  std::size_t at_ = 0;  // ... and from here on not yet looked at
  std::vector<std::string> fields_;
  std::uint64_t line_ = 0;
  std::uint64_t next_line_ = 1;
  const char* reason_ = "";
};

}  // namespace cli
