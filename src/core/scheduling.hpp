// Sending later: at a time, or after a hold in which it can be taken back.
#pragma once

#include <optional>
#include <string_view>

#include <bccast/error.hpp>

#include "core/context.hpp"

namespace bccast {

/// Puts a draft on the schedule, or moves it, within the caller's transaction. Throws Error(state) without a
/// text, Error(conflict) when `digest` is given and not today's, Error(too_few) when it has fewer than
/// `fewest` recipients today.
void put_on_schedule(Tables& tables, const Context& context, const Provider& provider, Blast blast, Ms at,
                     std::string_view digest, std::int64_t fewest);
/// Makes what is scheduled a draft again, and says why.
void miss(Tables& tables, const Context& context, Blast blast, MissReason reason);

class Scheduling {
 public:
  explicit Scheduling(Context& context) : context_(context) {}

  void schedule(std::string_view provider, std::string_view blast, Ms at, std::string_view digest);
  /// exists: it is a draft.
  Code unschedule(std::string_view provider, std::string_view blast);
  /// Sends the first that is due, or makes it a draft again when it cannot go. False: none was due.
  bool send_due();

 private:
  std::optional<bool> try_to_send_due();
  Context& context_;
};

}  // namespace bccast
