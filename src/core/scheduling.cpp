#include "core/scheduling.hpp"

#include <fmt/format.h>

#include "core/access.hpp"
#include "core/audience_of.hpp"
#include "core/events.hpp"
#include "core/passes_by.hpp"
#include "core/sending.hpp"
#include "core/texts.hpp"

namespace bccast {
namespace {

/// Sends it if it still can be sent; else says why not.
/// `with` nothing: what it goes by is damaged.
std::optional<MissReason> carry_out(Tables& tables, const Context& context, const Provider& provider,
                                    std::optional<ToSend> with, const Blast& blast) {
  if (context.clock.wall_ms() - blast.scheduled_at > context.late_limit) return MissReason::late;
  if (provider.archived_at != 0) return MissReason::provider_archived;
  if (!with) return MissReason::damaged;
  try {
    switch (send_now(tables, context, std::move(*with), blast, blast.digest, blast.scheduled_at).outcome) {
      case SendOutcome::sent:
        return std::nullopt;
      case SendOutcome::too_few:
        return MissReason::too_few;
      case SendOutcome::changed:
        return MissReason::changed;
      case SendOutcome::no_text:
        return MissReason::damaged;
    }
  } catch (const Error& error) {
    // What is read comes before what is written: a damaged draft holds up no other.
    if (!passes_by(tables, error)) throw;
  }
  return MissReason::damaged;
}

std::optional<ToSend> lock_if_sound(Tables& tables, ProviderNo provider) {
  try {
    return lock_what_sends(tables, provider);
  } catch (const Error& error) {
    if (error.code() != Code::corrupt || error.native() != 0) throw;
    return std::nullopt;
  }
}

}  // namespace

void put_on_schedule(Tables& tables, const Context& context, const Provider& provider, Blast blast, Ms at,
                     std::string_view digest, std::int64_t fewest) {
  const std::string id(view(context.blast_id(provider.no, blast.no)));
  blast.state = access::next(blast, BlastVerb::schedule, id);
  const auto text = texts::of_blast(tables, provider.no, blast.no);
  if (!text) throw why_not_sent({SendOutcome::no_text, 0}, id);
  std::int64_t recipients = 0;
  AudienceDigest today(context, blast, *text);
  for_each_audience(tables, access::roster_work(tables, provider.no), blast,
                    [&](SliceNo s, const Audience& audience) {
                      today.add(s, audience.recipients);
                      recipients += audience.recipients.count();
                    });
  if (!digest.empty() && digest != today.finish()) throw why_not_sent({SendOutcome::changed, recipients}, id);
  if (recipients < fewest) throw why_not_sent({SendOutcome::too_few, recipients}, id);
  blast.scheduled_at = at;
  blast.digest = digest;
  blast.deadline_at = at + context.deadline_of(blast);
  blast.overdue = false;
  blast.missed_at = 0;
  blast.missed_reason.clear();
  tables.blasts().update_blast(blast);
}

void miss(Tables& tables, const Context& context, Blast blast, MissReason reason) {
  blast.state = next_state(blast.state, BlastVerb::miss).value();
  blast.missed_at = context.clock.wall_ms();
  blast.missed_reason = name_of(reason);
  blast.deadline_at = 0;
  blast.overdue = false;
  blast.sent_by.clear();
  tables.blasts().update_blast(blast);
  emit(tables, context, EventKind::blast_missed, blast.provider_no, blast.no);
}

void Scheduling::schedule(std::string_view provider_id, std::string_view blast_id, Ms at,
                          std::string_view digest) {
  context_.write(verb::blast_schedule, blast_id, [&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    Blast blast = access::blast(tables, context_, provider, blast_id, Hold::exclusive);
    const Ms now = context_.clock.wall_ms();
    access::next(blast, BlastVerb::schedule, blast_id);
    if (at <= now) throw Error(Code::argument, "the time to send at has passed");
    if (at - now > kFarthestSchedule)
      throw Error(Code::argument, "the time to send at is more than 366 days ahead");
    blast.sent_by = context_.actor;
    put_on_schedule(tables, context_, provider, blast, at, digest, 0);
  });
}

Code Scheduling::unschedule(std::string_view provider_id, std::string_view blast_id) {
  return context_.write(verb::blast_unschedule, blast_id, [&](Tables& tables) {
    const Provider provider = access::open_provider(tables, provider_id, Hold::shared);
    Blast blast = access::blast(tables, context_, provider, blast_id, Hold::exclusive);
    if (blast.state == BlastState::draft) return Code::exists;
    blast.state = access::next(blast, BlastVerb::unschedule, blast_id);
    blast.scheduled_at = 0;
    blast.digest.clear();
    blast.deadline_at = 0;
    blast.overdue = false;
    blast.sent_by.clear();
    tables.blasts().update_blast(blast);
    return Code::ok;
  });
}

bool Scheduling::send_due() {
  for (;;)
    if (const auto one = try_to_send_due()) return *one;
}

/// Nothing: somebody else was faster with the first; another may be due.
std::optional<bool> Scheduling::try_to_send_due() {
  return context_.write(verb::send_due, {}, [&](Tables& tables) -> std::optional<bool> {
    const auto due = tables.blasts().due_schedule(context_.clock.wall_ms());
    if (!due) return false;
    const BlastKey key{due->provider_no, due->no};
    tables.lock().providers({&key.first, 1}, Hold::shared);
    const auto provider = tables.directory().provider(key.first);
    if (!provider) throw Error(Code::corrupt, "a blast has lost its provider");
    auto with = lock_if_sound(tables, key.first);
    tables.lock().blasts({&key, 1}, Hold::exclusive);
    const auto blast = tables.blasts().blast(key.first, key.second);
    const bool still_due =
        blast && blast->state == BlastState::scheduled && blast->scheduled_at <= context_.clock.wall_ms();
    if (!still_due) return std::nullopt;
    if (const auto reason = carry_out(tables, context_, *provider, std::move(with), *blast))
      miss(tables, context_, *blast, *reason);
    return true;
  });
}

}  // namespace bccast
