#include "core/sending.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/access.hpp"
#include "core/audience_of.hpp"
#include "core/channels_of.hpp"
#include "core/events.hpp"

namespace bccast {
namespace {

/// Where the work on a blast begins, on all channels alike: a keyed number, so that the order says nothing of
/// the roster.
Place starting_place(const Context& context, const Line& line) {
  const auto value =
      Digest(context.store.key(), purpose::start).add(line.provider_no).add(line.blast_no).finish();
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | value[i];
  return static_cast<Place>(number % (std::uint64_t{line.slices} * Slice::kPlaces));
}

}  // namespace

Code Sending::send(std::string_view provider_id, std::string_view blast_id, std::string_view digest,
                   std::string_view actor) {
  Code result = Code::ok;
  context_.store.write([&](Tables& tables) {
    Provider provider = access::provider(tables, provider_id);
    Blast blast = access::blast(tables, context_, provider, blast_id);
    const auto sent = next_state(blast.state, BlastVerb::send);
    if (!sent) {  // before anything is compared: the first answer stands
      result = Code::exists;
      return;
    }
    access::require_open(provider);
    const auto text = tables.blasts().text(provider.no, blast.no);
    if (!text) throw Error(Code::state, fmt::format("blast {} has no text yet", blast_id));

    std::vector<std::pair<SliceNo, Audience>> slices;
    std::int64_t count = 0;
    AudienceDigest audience_digest(context_, blast, *text);
    for_each_audience(tables, provider, blast, [&](SliceNo s, const Audience& audience) {
      if (audience.nobody()) return;
      audience_digest.add(s, audience.recipients);
      count += audience.recipients.count();
      slices.emplace_back(s, audience);
    });
    if (!digest.empty() && digest != audience_digest.finish())
      throw Error(Code::conflict,
                  fmt::format("blast {} has changed since the preview: preview it again", blast_id));
    if (count < kFewestRecipients)
      throw Error(Code::too_few, fmt::format("blast {} has {} recipients; at least {} are needed", blast_id,
                                             count, kFewestRecipients));

    blast.seq = ++provider.send_seq;
    blast.sent_at = context_.clock.wall_ms();
    blast.activity = ++provider.activity;
    blast.deadline_at = blast.sent_at + (blast.deadline != 0 ? blast.deadline : context_.deadline);
    blast.roster_size = provider.next_place;
    blast.recipients = count;
    blast.sent_by = actor;
    blast.state = *sent;
    for (const auto& [s, audience] : slices)
      tables.blasts().insert_audience(provider.no, s, blast.seq, blast.no, audience);
    const auto channels = channels_of(tables, blast);
    const bool delivered = std::any_of(channels.begin(), channels.end(),
                                       [](const Channel& channel) { return channel.delivers; });
    for (const auto& channel : channels) {
      Line line;
      line.follows = delivered && !channel.delivers;
      line.provider_no = provider.no;
      line.blast_no = blast.no;
      line.channel_no = channel.no;
      line.turn = std::max(tables.work().last_turn(channel.no), channel.items_turn) + 1;
      line.seq = blast.seq;
      line.slices = slices_for(provider.next_place);
      line.start = starting_place(context_, line);
      line.total = count;
      tables.work().insert_line(line);
      ++blast.open_lines;
    }
    if (blast.open_lines == 0) {  // nobody is to be told
      blast.state = next_state(blast.state, BlastVerb::finish).value();
      blast.finished_at = blast.sent_at;
    }
    tables.blasts().update_blast(blast);
    tables.blasts().delete_draft(provider.no, blast.no);
    tables.directory().update_provider(provider);
    emit(tables, context_, EventKind::blast_sent, provider.no, blast.no);
    if (blast.open_lines == 0) emit(tables, context_, EventKind::blast_finished, provider.no, blast.no);
  });
  return result;
}

}  // namespace bccast
