// When two addresses are one: what is told to the one is told to the other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bccast {

/// An address as it is compared, in UTF-8. Of one with an @ (the last is what counts):
/// - before it, case is folded as Unicode does, and how marks were typed makes no difference; the marks stay:
/// josé and
///   jose are two people. A quoted string is what it quotes (RFC 5321, 4.1.2), in quotes only where it needs
///   them.
/// - behind it, the domain has one form (UTS #46), however it was typed, and no dot at its end.
/// Where the domain is none, or the quotes are not closed, the address stands for itself with its case
/// folded; without an @, for itself.
std::string folded_address(std::string_view address);

/// A keyed hash of a channel and a folded address (Context::address_hash).
using AddressHash = std::int64_t;

}  // namespace bccast
