// Messages as people read them: a line with who and when, and the text, indented.
#pragma once

#include <cstddef>

#include "handles.hpp"

namespace cli {

/// Row `row` of a table with the columns seq author author_name text at_ms removed, and perhaps actor.
void print_message(const Rows& rows, std::size_t row);

}  // namespace cli
