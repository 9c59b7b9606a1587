#include "model/same_address.hpp"

namespace bccast {

std::string folded_address(std::string_view address) {
  std::string folded(address);
  if (address.find('@') == std::string_view::npos) return folded;
  for (char& c : folded)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return folded;
}

}  // namespace bccast
