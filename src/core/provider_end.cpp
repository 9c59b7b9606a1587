#include "core/provider_end.hpp"

#include <optional>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "core/access.hpp"
#include "core/in_parts.hpp"
#include "core/line_update.hpp"
#include "core/scheduling.hpp"

namespace bccast {
namespace {

bool is_paused(const Found<BlastKey, Blast>& blasts, const Line& line) {
  try {
    const auto* blast = blasts.find({line.provider_no, line.blast_no});
    return blast != nullptr && blast->state == BlastState::paused;
  } catch (const Error& error) {
    if (error.code() != Code::corrupt) throw;
    return false;  // nothing of it is handed out
  }
}

/// Those that are open, and others of their blasts, which go on when they end.
void lock_lines(Tables& tables, ProviderNo provider) {
  if (!tables.lock().others_write()) return;
  std::vector<BlastKey> blasts;
  for (const auto& line : tables.work().sound_open_lines(provider))
    blasts.emplace_back(line.provider_no, line.blast_no);
  tables.lock().lines({}, blasts);
}

void lock_blasts(Tables& tables, std::span<const Blast> unsent, std::span<const Line> lines) {
  std::vector<BlastKey> keys;
  for (const auto& blast : unsent) keys.emplace_back(blast.provider_no, blast.no);
  for (const auto& line : lines) keys.emplace_back(line.provider_no, line.blast_no);
  tables.lock().blasts(keys, Hold::exclusive);
}

/// What of paused blasts was in flight, and was left to whoever had it, is paused with the rest again.
void pause_what_is_left(Tables& tables, ProviderNo provider) {
  auto lines = tables.work().sound_open_lines(provider);
  std::vector<BlastKey> keys;
  for (const auto& line : lines) keys.emplace_back(line.provider_no, line.blast_no);
  const auto blasts = tables.blasts().blasts(keys);
  for (auto& line : lines) {
    if (line.paused || line.kind == LineKind::retract || !is_paused(blasts, line)) continue;
    line.paused = true;
    tables.work().update_line(line);
    tables.work().park_items(line.no, true);
  }
}

}  // namespace

Code ProviderEnd::archive(std::string_view provider_id) {
  return context_.write(verb::provider_archive, provider_id, [&](Tables& tables) {
    Provider provider = access::provider(tables, provider_id, Hold::exclusive);
    if (provider.archived_at != 0) return Code::exists;
    lock_lines(tables, provider.no);
    const auto unsent = tables.blasts().unsent(provider.no);
    const auto lines = tables.work().open_lines(provider.no);
    lock_blasts(tables, unsent, lines);
    for (const auto& blast : unsent) {
      if (blast.state == BlastState::scheduled) {
        miss(tables, context_, blast, MissReason::provider_archived);
      } else {
        tables.blasts().delete_blast(provider.no, blast.no);
      }
    }
    for (const auto& line : lines)
      drop_rest(tables, context_, line, SkipReason::provider_archived, InFlight::left);
    for (const auto& channel : tables.work().channels())
      tables.work().delete_waiting_notices(channel.no, provider.no);
    provider.archived_at = context_.clock.wall_ms();
    tables.directory().update_provider(provider);
    return Code::ok;
  });
}

Code ProviderEnd::restore(std::string_view provider_id) {
  for (;;) {
    const auto result =
        context_.write(verb::provider_restore, provider_id, [&](Tables& tables) -> std::optional<Code> {
          Provider provider = access::provider(tables, provider_id, Hold::exclusive);
          if (provider.archived_at == 0) return Code::exists;
          // Its end may be under way: what that has not dropped yet would be handed out again.
          if (tables.store().first_act()) return std::nullopt;
          lock_lines(tables, provider.no);
          provider.archived_at = 0;
          tables.directory().update_provider(provider);
          pause_what_is_left(tables, provider.no);
          return Code::ok;
        });
    if (result) return *result;
    finish_acts(context_);
  }
}

}  // namespace bccast
