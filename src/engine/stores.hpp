// Which store a URL opens.
#pragma once

#include <memory>
#include <string_view>

#include "ports/store.hpp"

namespace bccast {

/// Opens the store, and makes it when there is none. Throws Error(argument) for a URL that names none.
/// Alone in its file: a test's program that defines it itself opens another one (tests/twice/).
std::unique_ptr<Store> open_store(std::string_view url);

}  // namespace bccast
