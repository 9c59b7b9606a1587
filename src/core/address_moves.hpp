// Who is told where, while addresses change.
#pragma once

#include <span>
#include <string>

#include "core/context.hpp"

namespace bccast {

/// A place leaves an address, or another comes to the address that it had alone so far.
struct AddressMove {
  RosterKey at;
  std::string channel;
  AddressHash hash = 0;
  bool leaves = true;
};
/// Keeps who is told where, one move after the other, on every blast that is under way. Of an address that
/// was left: where it was told there, or may be just now, it stays told; where it held it for nothing,
/// another may have it. One to which another comes is held by who had it, if it was handed out.
void follow_addresses(Tables& tables, const Context& context, std::span<const AddressMove> moves);

}  // namespace bccast
