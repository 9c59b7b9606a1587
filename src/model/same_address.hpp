// When two addresses are one: what is told to the one is told to the other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bccast {

/// An address as it is compared. Of one with an @ the capital letters of ASCII are as the small ones (in the
/// domain by RFC 5321, 2.4; before the @ no mailbox in use tells them apart); any other stands for itself.
std::string folded_address(std::string_view address);

/// A keyed hash of a channel and a folded address (Context::address_hash).
using AddressHash = std::int64_t;

}  // namespace bccast
