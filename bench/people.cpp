#include "people.hpp"

#include <cstdio>

namespace bench {
namespace {

/// Seven digits, so that ids in the order of their numbers are in the order of their bytes.
std::string numbered(const char* before, std::uint64_t client, const char* after) {
  char text[96];
  std::snprintf(text, sizeof text, "%s%07llu%s", before, static_cast<unsigned long long>(client), after);
  return text;
}

}  // namespace

std::string_view blast_text() {
  return "The practice is closed on Monday the 14th and Tuesday the 15th. Appointments of these days move to "
         "the "
         "same hour of the week after. Write here if that does not suit you, and we find another time. "
         "Thanks.";
}

std::string client_id(std::uint64_t client) {
  return numbered("client-", client, "");
}

std::string client_name(std::uint64_t client) {
  return numbered("Alex Example ", client, "");
}

std::string client_address(std::uint64_t client) {
  // Lengths differ, so that a sum of lengths says something.
  static constexpr const char* kDomains[] = {"@example.org", "@mail.example.com", "@example.net"};
  return numbered("alex.", client, kDomains[client % 3]);
}

}  // namespace bench
