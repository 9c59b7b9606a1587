// What is kept of the reasons that handlers and hosts give: a class, and behind a colon a detail, which is
// the operator's alone and goes when the client it may be about is erased.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/context.hpp"

namespace bccast {

inline std::string_view class_of(std::string_view reason) {
  return reason.substr(0, reason.find(':'));
}

/// Says whose reasons may be stored with their detail: a report may come after its client was erased, and
/// then only the class is kept. Made for one transaction.
class Reasons {
 public:
  explicit Reasons(const Tables& tables) : tables_(tables) {}

  /// What may be stored of a reason about the client at this place.
  std::string kept(ProviderNo provider, Place place, const std::string& reason);
  bool may_have_detail(ProviderNo provider, Place place);

 private:
  const Tables& tables_;
  std::map<std::pair<ProviderNo, SliceNo>, Slice> dead_;
};

}  // namespace bccast
