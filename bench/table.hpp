// The results as a plain table for people.
#pragma once

#include "results.hpp"

namespace bench {

void print_machine(const Machine& machine);
/// Everything measured at one size.
void print_size(const Results& results, std::uint64_t size);
void print_extras(const Results& results);

}  // namespace bench
