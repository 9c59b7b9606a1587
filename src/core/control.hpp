// What a provider can still do about a blast that was sent: hold it up, go on, take it back.
#pragma once

#include <string_view>

#include <bccast/error.hpp>

#include "core/context.hpp"

namespace bccast {

class Control {
 public:
  explicit Control(Context& context) : context_(context) {}

  /// Batches in flight are still reported; nothing else is handed out. exists: it was paused.
  /// Cost: a row a channel, and those of its retries.
  Code pause(std::string_view provider, std::string_view blast);
  /// exists: it was not paused.
  Code resume(std::string_view provider, std::string_view blast);
  /// Takes it back from everybody, in one transaction. exists: it was recalled.
  /// Cost: a few bitmaps a slice and channel, an index entry for each retry, failure and conversation of it;
  /// nothing for a recipient.
  Code recall(std::string_view provider, std::string_view blast);

  /// Overwrites the text of a recalled blast. exists: it was. False in `emptied`: done, but the bytes are
  /// still in the store's log, which somebody reads.
  Code purge(std::string_view provider, std::string_view blast, bool& emptied);
  /// The same for all that were recalled before that time; how many. partial in `result`: damaged ones were
  /// passed by.
  std::int64_t purge_before(Ms before, bool& emptied, Code& result);

  /// Brings a few threads and items up to date with a recall. False: none was to be.
  bool sweep();

 private:
  Context& context_;
};

}  // namespace bccast
