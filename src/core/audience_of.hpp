// The audience of a draft, slice by slice, and its digest: what preview shows and send makes true.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/function_ref.hpp"
#include "core/context.hpp"

namespace bccast {

/// Calls f(slice, audience) for each slice of the roster, ascending, but for those of which nobody can be a
/// recipient: where the rule is "nobody" only slices with somebody who was chosen are read.
void for_each_audience(const Tables& tables, const RosterWork& roster, const Blast& draft,
                       FunctionRef<void(SliceNo, const Audience&)> f);

/// Collects what a provider would be sending. Keyed, so that it says nothing about who or what.
class AudienceDigest {
 public:
  AudienceDigest(const Context& context, const Blast& draft, std::string_view text);
  void add(SliceNo slice, const Slice& recipients);
  /// The same of somebody, as Slice::encode() gives it.
  void add_encoded(SliceNo slice, std::span<const std::uint8_t> recipients);
  std::string finish();

 private:
  Digest digest_;
};

}  // namespace bccast
