// Who can be told that there is something new.
#pragma once

#include <span>
#include <vector>

#include "core/context.hpp"

namespace bccast {

/// By the channels there are. Where some notify: whoever has an address on one of them. Where all deliver:
/// everybody, since delivering needs no address. Where there is none yet: whoever has an address at all.
class Contact {
 public:
  explicit Contact(std::vector<Channel> channels);

  bool reaches(const Addresses& addresses) const;
  /// Takes away who can be told, of no more than kSlicesTogether slices.
  void take_reached(const Tables& tables, ProviderNo provider, std::span<PlacesOfSlice> slices) const;

 private:
  std::vector<Channel> notifying_;
  bool everybody_;  // they all deliver
};

}  // namespace bccast
