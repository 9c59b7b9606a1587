#include "messages.hpp"

#include <iostream>
#include <string>

#include "text.hpp"
#include "value.hpp"

namespace cli {

void print_message(const Rows& rows, std::size_t row) {
  const std::string_view id = rows.text(row, "author");
  const std::string_view name = rows.text(row, "author_name");
  std::string author = id.empty() ? std::string(kErased) : printable(name.empty() ? id : name);
  if (rows.has("actor") && !rows.text(row, "actor").empty()) {
    author += " (by " + printable(rows.text(row, "actor")) + ")";
  }
  std::cout << '#' << rows.number(row, "seq") << "  " << iso_time(rows.number(row, "at_ms")) << "  " << author
            << '\n';
  if (rows.number(row, "removed") != 0) {
    std::cout << "    (removed)\n";
  } else {
    // Indented, so that no text can look like the heading of another message.
    std::cout << printable_lines(rows.text(row, "text"), "    ");
  }
}

}  // namespace cli
