#include "base/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace bccast {

TextFault check_utf8(std::string_view text, bool line_breaks) noexcept {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = p + text.size();
  while (p < end) {
    const unsigned first = *p;
    if (first < 0x80) {
      const bool control = first < 0x20 || first == 0x7f;
      if (control && !(line_breaks && (first == '\t' || first == '\n' || first == '\r')))
        return TextFault::control;
      ++p;
      continue;
    }
    const int more = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 0;
    if (more == 0 || end - p <= more) return TextFault::not_utf8;
    std::uint32_t point = first & (0x3fU >> more);
    for (int i = 1; i <= more; ++i) {
      if ((p[i] & 0xc0U) != 0x80U) return TextFault::not_utf8;
      point = (point << 6) | (p[i] & 0x3fU);
    }
    if ((more == 2 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) ||
        (more == 3 && (point < 0x10000 || point > 0x10ffff)))
      return TextFault::not_utf8;
    if (point < 0xa0) return TextFault::control;
    p += more + 1;
  }
  return TextFault::none;
}

}  // namespace bccast
