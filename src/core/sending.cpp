#include "core/sending.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "core/access.hpp"
#include "core/audience_of.hpp"
#include "core/channels_of.hpp"
#include "core/events.hpp"
#include "core/scheduling.hpp"
#include "core/set_pages.hpp"
#include "core/texts.hpp"

namespace bccast {
namespace {

/// In which a blast is handed out, on all channels alike: lines that follow rely on it.
OrderNumbers order_of(const Context& context, const Blast& blast, const std::vector<Channel>& channels) {
  const auto value =
      Digest(context.store.key(), purpose::order).add(blast.provider_no).add(blast.no).finish();
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < 8; ++i) key = key << 8 | value[i];
  const bool limited = std::any_of(channels.begin(), channels.end(),
                                   [](const Channel& channel) { return channel.rate.limited(); });
  return HandingOrder::choose(blast.roster_size, limited, static_cast<std::int64_t>(key));
}

}  // namespace

ToSend lock_what_sends(Tables& tables, ProviderNo provider) {
  tables.lock().rosters({&provider, 1});
  tables.lock().channels(Hold::shared);
  return {access::roster_work(tables, provider), tables.work().channels()};
}

SendResult send_now(Tables& tables, const Context& context, ToSend with, Blast blast, std::string_view digest,
                    Ms since) {
  RosterWork& roster = with.roster;
  const auto text = texts::of_blast(tables, blast.provider_no, blast.no);
  if (!text) return {SendOutcome::no_text, 0};
  std::vector<AudienceOfSlice> slices;
  std::int64_t count = 0;
  AudienceDigest audience_digest(context, blast, *text);
  for_each_audience(tables, roster, blast, [&](SliceNo s, const Audience& audience) {
    if (audience.nobody()) return;
    const auto recipients = audience.recipients.count();
    const auto& stored = slices.emplace_back(s, audience).second;
    if (recipients > 0) audience_digest.add_encoded(s, stored.recipients);
    count += recipients;
  });
  if (!digest.empty() && digest != audience_digest.finish()) return {SendOutcome::changed, count};
  if (count < kFewestRecipients) return {SendOutcome::too_few, count};

  blast.state = next_state(blast.state, BlastVerb::send).value();
  blast.seq = ++roster.send_seq;
  blast.sent_at = context.clock.wall_ms();
  blast.deadline_at = since + context.deadline_of(blast);
  blast.roster_size = roster.next_place;
  blast.recipients = count;
  for_each_page(
      std::span<const AudienceOfSlice>(slices),
      [&](auto page, std::size_t) {
        tables.blasts().insert_audiences(blast.provider_no, blast.seq, blast.no, page);
      },
      kSlicesTogether);
  const auto channels = channels_of(std::move(with.channels), blast);
  const bool delivered =
      std::any_of(channels.begin(), channels.end(), [](const Channel& channel) { return channel.delivers; });
  const auto order = order_of(context, blast, channels);
  LineNo next = tables.numbers().next(NumberKind::work, static_cast<std::int64_t>(channels.size()) + 1);
  for (const auto& channel : channels) {
    Line line;
    line.no = line.turn = next++;  // behind all that wait
    line.kind = channel.delivers ? LineKind::deliver : LineKind::notify;
    line.follows = delivered && line.kind == LineKind::notify;
    line.provider_no = blast.provider_no;
    line.blast_no = blast.no;
    line.channel_no = channel.no;
    line.seq = blast.seq;
    line.slices = slices_for(roster.next_place);
    line.order = order;
    line.total = count;
    tables.work().insert_line(line);
    ++blast.open_lines;
  }
  blast.activity = next;
  if (blast.open_lines == 0) {  // nobody is to be told
    blast.state = next_state(blast.state, BlastVerb::finish).value();
    blast.finished_at = blast.sent_at;
  }
  tables.blasts().update_blast(blast);
  tables.blasts().delete_draft(blast.provider_no, blast.no);
  tables.directory().update_roster_work(roster);
  emit(tables, context, EventKind::blast_sent, blast.provider_no, blast.no);
  if (blast.open_lines == 0) emit(tables, context, EventKind::blast_finished, blast.provider_no, blast.no);
  return {SendOutcome::sent, count};
}

Error why_not_sent(const SendResult& result, std::string_view blast_id) {
  switch (result.outcome) {
    case SendOutcome::changed:
      return {Code::conflict,
              fmt::format("blast {} has changed since the preview: preview it again", blast_id)};
    case SendOutcome::too_few:
      return {Code::too_few, fmt::format("blast {} has {} recipients; at least {} are needed", blast_id,
                                         result.recipients, kFewestRecipients)};
    case SendOutcome::no_text:
    case SendOutcome::sent:
      break;
  }
  return {Code::state, fmt::format("blast {} has no text yet", blast_id)};
}

Code Sending::send(std::string_view provider_id, std::string_view blast_id, std::string_view digest) {
  return context_.write(verb::blast_send, blast_id, [&](Tables& tables) {
    const Provider provider = access::provider(tables, provider_id, Hold::shared);
    auto with = lock_what_sends(tables, provider.no);
    Blast blast = access::blast(tables, context_, provider, blast_id, Hold::exclusive);
    const Ms now = context_.clock.wall_ms();
    // Before anything is compared: the first answer stands, also while what was sent can still be taken back.
    const bool held =
        blast.state == BlastState::scheduled && blast.hold > 0 && blast.scheduled_at <= now + blast.hold;
    if (held || !next_state(blast.state, BlastVerb::send)) return Code::exists;
    access::require_open(provider);
    blast.sent_by = context_.actor;
    if (blast.hold > 0) {
      put_on_schedule(tables, context_, provider, blast, now + blast.hold, digest, kFewestRecipients);
      return Code::ok;
    }
    const auto sent = send_now(tables, context_, std::move(with), blast, digest, now);
    if (sent.outcome != SendOutcome::sent) throw why_not_sent(sent, blast_id);
    return Code::ok;
  });
}

}  // namespace bccast
