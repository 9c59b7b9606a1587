// What commands read from files; "-" is stdin. Texts of messages come in this way only: the arguments of a
// program can be seen by others on the same machine.
#pragma once

#include <istream>
#include <memory>
#include <string>
#include <vector>

namespace cli {

/// Throws Stop when it cannot be read, without saying what is in it.
std::shared_ptr<std::istream> open_input(const std::string& path);
/// A message. A byte order mark at its start and line ends at its end are not part of it.
std::string read_message(const std::string& path);
/// One id a line; empty lines are skipped.
std::vector<std::string> read_ids(const std::string& path);

}  // namespace cli
