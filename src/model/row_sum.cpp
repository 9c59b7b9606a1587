#include "model/row_sum.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace bccast {

RowSum& RowSum::add(std::string_view bytes) noexcept {
  add(static_cast<std::int64_t>(bytes.size()));
  return add(static_cast<std::int64_t>(XXH3_64bits(bytes.data(), bytes.size())));
}

}  // namespace bccast
