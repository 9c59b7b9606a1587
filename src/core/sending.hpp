// Sending: a draft becomes a blast that every recipient has, in one transaction.
#pragma once

#include <string_view>
#include <vector>

#include <bccast/error.hpp>

#include "base/error.hpp"
#include "core/context.hpp"

namespace bccast {

enum class SendOutcome { sent, no_text, changed, too_few };
struct SendResult {
  SendOutcome outcome;
  std::int64_t recipients;  // that it has, or would have
};
/// What a sending goes by besides the blast, locked: the roster and the store's channels.
struct ToSend {
  RosterWork roster;
  std::vector<Channel> channels;
};
/// After the provider, before the blast.
ToSend lock_what_sends(Tables& tables, ProviderNo provider);
/// Sends a draft or what was scheduled, within the caller's transaction; nothing is written unless `sent`.
/// Its deadline is counted from `since`. `digest` empty: whatever the draft is now. Rows written: one a slice
/// with recipients, one a channel, and a constant; whatever the number of recipients.
SendResult send_now(Tables& tables, const Context& context, ToSend with, Blast blast, std::string_view digest,
                    Ms since);
/// The outcome, one other than `sent`, as an error.
Error why_not_sent(const SendResult& result, std::string_view blast_id);

class Sending {
 public:
  explicit Sending(Context& context) : context_(context) {}

  /// ok, or exists when it was sent before. A draft with a hold is scheduled so far ahead.
  Code send(std::string_view provider, std::string_view blast, std::string_view digest);

 private:
  Context& context_;
};

}  // namespace bccast
