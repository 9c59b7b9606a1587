#include "core/in_parts.hpp"

#include <utility>
#include <vector>

#include "base/error.hpp"
#include "core/access.hpp"
#include "core/events.hpp"
#include "core/line_update.hpp"
#include "core/retracting.hpp"
#include "core/scheduling.hpp"

namespace bccast {
namespace {

/// A part of an act, in a transaction of its own.
template <typename Part>
void attempt(Context& context, const Part& part) {
  try {
    context.store.write(part);
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
  }
}

/// The same of each of these lines, as it is stored now.
template <typename Part>
void attempt_each(Context& context, const std::vector<Line>& lines, const Part& part) {
  for (const auto& one : lines)
    attempt(context, [&](Tables& tables) {
      if (const auto line = tables.work().line(one.no)) part(tables, *line);
    });
}

void set_line_paused(Tables& tables, Line line, bool paused) {
  if (!line.open || line.paused == paused) return;
  line.paused = paused;
  tables.work().update_line(line);
  tables.work().park_items(line.no, paused);
}

/// For a line that delivered one that takes back. It may have delivered all of it already: then nothing that
/// is dropped later lets the new one go on.
void retract(Tables& tables, const Line& line) {
  auto blast = tables.blasts().blast(line.provider_no, line.blast_no);
  if (!blast) throw Error(Code::corrupt, "a line has lost its blast");
  const auto added = add_retracting(tables, *blast, {line});
  if (added == 0) return;
  blast->open_lines += added;
  blast->finished_at = 0;
  tables.blasts().update_blast(*blast);
  unlock_followers(tables, line);
}

}  // namespace

Code InParts::recall(std::string_view provider_id, std::string_view blast_id) {
  struct Recalled {
    Blast blast;
    std::vector<Line> lines;
  };
  const auto recalled = context_.store.write([&](Tables& tables) {
    Provider provider = access::open_provider(tables, provider_id);
    Blast blast = access::blast(tables, context_, provider, blast_id);
    blast.state = access::next(blast, BlastVerb::recall, blast_id);
    blast.recalled_at = context_.clock.wall_ms();
    if (blast.open_lines == 0 && blast.finished_at == 0) blast.finished_at = blast.recalled_at;
    auto lines = tables.work().sound_lines(provider.no, blast.no);
    tables.blasts().update_blast(blast);
    ++provider.recalls;
    tables.directory().update_provider(provider);
    emit(tables, context_, EventKind::blast_recalled, provider.no, blast.no);
    return Recalled{std::move(blast), std::move(lines)};
  });
  const auto& lines = recalled.lines;
  attempt(context_, [&](Tables& tables) { keep_who_knows(tables, recalled.blast, lines); });
  attempt_each(context_, lines, retract);
  attempt_each(context_, lines,
               [](Tables& tables, const Line& line) { set_line_paused(tables, line, false); });
  attempt_each(context_, lines, [&](Tables& tables, const Line& line) {
    if (line.open) drop_not_handed_out(tables, context_, line, SkipReason::recalled);
  });
  return Code::partial;
}

Code InParts::set_paused(std::string_view provider_id, std::string_view blast_id, bool paused) {
  const auto lines = context_.store.write([&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id);
    Blast blast = access::blast(tables, context_, provider, blast_id);
    blast.state = access::next(blast, paused ? BlastVerb::pause : BlastVerb::resume, blast_id);
    auto all = tables.work().sound_lines(provider.no, blast.no);
    tables.blasts().update_blast(blast);
    emit(tables, context_, paused ? EventKind::blast_paused : EventKind::blast_resumed, provider.no,
         blast.no);
    return all;
  });
  attempt_each(context_, lines,
               [&](Tables& tables, const Line& line) { set_line_paused(tables, line, paused); });
  return Code::partial;
}

Code InParts::archive_provider(std::string_view provider_id) {
  struct Archived {
    ProviderNo no;
    std::vector<Line> lines;
  };
  const auto archived = context_.store.write([&](Tables& tables) {
    Provider provider = access::provider(tables, provider_id);
    auto lines = tables.work().sound_open_lines(provider.no);
    provider.archived_at = context_.clock.wall_ms();
    tables.directory().update_provider(provider);
    return Archived{provider.no, std::move(lines)};
  });
  // A scheduled one is missed when its time comes, all the same.
  attempt(context_, [&](Tables& tables) {
    for (const auto& blast : tables.blasts().unsent(archived.no)) {
      if (blast.state == BlastState::scheduled) {
        miss(tables, context_, blast, MissReason::provider_archived);
      } else {
        tables.blasts().delete_blast(archived.no, blast.no);
      }
    }
  });
  attempt_each(context_, archived.lines, [&](Tables& tables, const Line& line) {
    if (line.open) drop_rest(tables, context_, line, SkipReason::provider_archived, InFlight::left);
  });
  attempt(context_, [&](Tables& tables) {
    for (const auto& channel : tables.work().channels())
      tables.work().delete_waiting_notices(channel.no, archived.no);
  });
  return Code::partial;
}

Code InParts::remove_channel(std::string_view name) {
  struct Removed {
    ChannelNo no;
    std::vector<Line> lines;
  };
  const auto removed = context_.store.write([&](Tables& tables) {
    auto channel = tables.work().channel(name);
    if (!channel) throw Error(Code::not_found, "there is no such channel");
    auto lines = tables.work().sound_open_lines_of_channel(channel->no);
    channel->removed = true;
    tables.work().update_channel(*channel);
    return Removed{channel->no, std::move(lines)};
  });
  attempt_each(context_, removed.lines, [&](Tables& tables, const Line& line) {
    if (line.open) drop_rest(tables, context_, line, SkipReason::channel_removed, InFlight::sound_dropped);
  });
  attempt(context_, [&](Tables& tables) {
    std::vector<Claim> claims;
    tables.work().sound_item_claims(removed.no, [&](const Claim& claim) { claims.push_back(claim); });
    for (const auto& claim : claims) tables.work().delete_claim(claim);
    tables.work().delete_notices(removed.no);
  });
  return Code::partial;
}

}  // namespace bccast
