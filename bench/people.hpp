// The clients of every measurement: the i-th has the same id, name and address in each design.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

inline constexpr const char* kProvider = "provider-1";

/// 200 letters, the length of a short announcement.
std::string_view blast_text();

std::string client_id(std::uint64_t client);
std::string client_name(std::uint64_t client);
std::string client_address(std::uint64_t client);

}  // namespace bench
