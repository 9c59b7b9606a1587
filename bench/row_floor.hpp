// As little as a design with a row for each recipient can do: one job row, which is the thread as well.
#pragma once

#include "design.hpp"

namespace bench {

Figures row_floor_work(const Task& task);

}  // namespace bench
