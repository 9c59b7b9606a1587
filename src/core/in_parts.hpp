// Acts on many things in a store where something that one of them needs is damaged.
//
// An act is one transaction. Where damage forbids that, what it is about comes first (a blast is recalled, a
// channel is removed), and then each of its lines in a transaction of its own: what is sound is done, what is
// damaged stays as it is. Nothing is handed out of a line that is damaged; what is still handed out of one
// that could not be dropped is left out when a batch is filled. All give Code::partial; Error(corrupt) where
// what the act is about is damaged itself.
//
// The first transaction also writes a row that says which act is under way, and each part how far it is. So
// what a crash has left undone is done by the agenda, of whatever process, from where it stood. Where that
// row is damaged, nobody knows what it was about: all acts that it may have been are done anew.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "core/context.hpp"

namespace bccast {

class InParts {
 public:
  explicit InParts(Context& context) : context_(context) {}

  Code recall(std::string_view provider, std::string_view blast);
  Code set_paused(std::string_view provider, std::string_view blast, bool paused);
  Code archive_provider(std::string_view provider);
  Code remove_channel(std::string_view channel);

  /// Goes on with an act that was not finished, until it is or, after some parts, the monotonic clock has
  /// passed `until_us`. False: there is none.
  bool finish_some(std::int64_t until_us);

 private:
  Code finish(ActNo act);

  Context& context_;
};

/// Finishes what is under way.
inline void finish_acts(Context& context) {
  while (InParts(context).finish_some(std::numeric_limits<std::int64_t>::max())) {
  }
}

/// The same of what damage does not forbid.
inline void finish_acts_that_can_be(Context& context) {
  try {
    finish_acts(context);
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
  }
}

/// `whole`, or else `in_parts`. What is said to be done already may be under way still, where a process died
/// that did it in parts: that is finished first.
template <typename Whole, typename Parts>
Code whole_or_in_parts(Context& context, const Whole& whole, const Parts& in_parts) {
  std::optional<Code> done;
  try {
    done = whole();
  } catch (const Error& error) {
    if (error.code() == Code::not_found) finish_acts_that_can_be(context);  // a channel is no more
    if (error.code() != Code::corrupt) throw;
  }
  if (!done) return in_parts();
  if (*done == Code::exists) finish_acts_that_can_be(context);
  return *done;
}

}  // namespace bccast
