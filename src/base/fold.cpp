#include "base/fold.hpp"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>
#include <new>

#include "base/error.hpp"

namespace bccast {

std::string fold(std::string_view text) {
  // Nearly all names have only small and capital letters of ASCII, and spaces.
  std::string folded;
  folded.reserve(text.size());
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) break;
    folded.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  if (folded.size() == text.size()) return folded;

  constexpr auto kHow =
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
                                     UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
  utf8proc_uint8_t* out = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &out, kHow);
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owner(out, std::free);
  if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
  if (size < 0) throw Error(Code::utf8, "a name is not UTF-8");
  return {reinterpret_cast<const char*>(out), static_cast<std::size_t>(size)};
}

}  // namespace bccast
