// Questions to the person at the terminal.
#pragma once

#include <string>

namespace cli {

/// Throws Stop when there is nobody to ask: `instead` says what to do.
void require_terminal(const std::string& instead);
/// Asks on stderr; everything but y or yes is a no, and so are Ctrl-C and Ctrl-D.
bool ask(const std::string& question);

}  // namespace cli
