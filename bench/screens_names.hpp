// Names that are spread as names of people are: few given names that many have, many family names, some of
// several words, some with marks. The i-th client has the same in every run.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

/// Three clients of a million have it as a later word of their names.
inline constexpr const char* kRareWord = "Quillfeather";
/// About every seventh begins with it.
inline constexpr const char* kCommonWord = "Maria";

/// A number that looks random and depends on both.
std::uint64_t mixed(std::uint64_t client, std::uint64_t what);

std::string person_name(std::uint64_t client);

}  // namespace bench
