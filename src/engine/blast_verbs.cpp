// Blasts: chosen, written, sent, looked at.
#include "engine/parts.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

using Act = Drafting::Act;

void check_optional_key(std::string_view key) {
  if (!key.empty()) check_key(key, "key");
}

}  // namespace

Engine::Created Engine::blast_create(std::string_view provider, std::string_view key) {
  check_optional_key(key);
  auto created = nouns_->drafting.create(provider, key);
  return {created.existed, std::move(created.blast)};
}
void Engine::blast_discard(std::string_view provider, std::string_view blast) {
  nouns_->drafting.discard(provider, blast);
}
void Engine::blast_select(std::string_view provider, std::string_view blast, std::string_view client) {
  nouns_->drafting.act(provider, blast, client, Act::select);
}
void Engine::blast_deselect(std::string_view provider, std::string_view blast, std::string_view client) {
  nouns_->drafting.act(provider, blast, client, Act::deselect);
}
std::vector<Code> Engine::blast_select_many(std::string_view provider, std::string_view blast,
                                            std::span<const std::string_view> ids) {
  return nouns_->drafting.act_many(provider, blast, ids, Act::select);
}
std::vector<Code> Engine::blast_deselect_many(std::string_view provider, std::string_view blast,
                                              std::span<const std::string_view> ids) {
  return nouns_->drafting.act_many(provider, blast, ids, Act::deselect);
}
void Engine::blast_select_all_active(std::string_view provider, std::string_view blast) {
  nouns_->drafting.act_all(provider, blast, Act::select);
}
void Engine::blast_select_none(std::string_view provider, std::string_view blast) {
  nouns_->drafting.act_all(provider, blast, Act::deselect);
}
void Engine::blast_select_from(std::string_view provider, std::string_view blast, std::string_view from_blast,
                               std::string_view filter) {
  nouns_->drafting.select_from(provider, blast, from_blast, filter);
}
void Engine::blast_write(std::string_view provider, std::string_view blast, std::string_view text) {
  nouns_->drafting.write(provider, blast, text);
}
void Engine::blast_set(std::string_view provider, std::string_view blast, std::string_view key,
                       std::string_view value) {
  nouns_->drafting.set(provider, blast, key, value);
}
BlastDetail Engine::blast_get(std::string_view provider, std::string_view blast) {
  return nouns_->drafting.get(provider, blast);
}
Page<SelectionRow> Engine::blast_selection(std::string_view provider, std::string_view blast,
                                           std::string_view filter, std::string_view cursor,
                                           std::size_t limit) {
  return nouns_->drafting.selection(provider, blast, filter, cursor, limit);
}
Preview Engine::blast_preview(std::string_view provider, std::string_view blast) {
  return nouns_->drafting.preview(provider, blast);
}
Code Engine::blast_send(std::string_view provider, std::string_view blast, std::string_view digest) {
  return nouns_->sending.send(provider, blast, digest);
}
void Engine::blast_schedule(std::string_view provider, std::string_view blast, std::int64_t at_ms,
                            std::string_view digest) {
  nouns_->scheduling.schedule(provider, blast, at_ms, digest);
}
Code Engine::blast_unschedule(std::string_view provider, std::string_view blast) {
  return nouns_->scheduling.unschedule(provider, blast);
}
Code Engine::blast_pause(std::string_view provider, std::string_view blast) {
  return whole_or_in_parts(
      nouns_->context, [&] { return nouns_->control.pause(provider, blast); },
      [&] { return nouns_->in_parts.set_paused(provider, blast, true); });
}
Code Engine::blast_resume(std::string_view provider, std::string_view blast) {
  const auto result = whole_or_in_parts(
      nouns_->context, [&] { return nouns_->control.resume(provider, blast); },
      [&] { return nouns_->in_parts.set_paused(provider, blast, false); });
  return result;
}
Code Engine::blast_recall(std::string_view provider, std::string_view blast) {
  const auto result = whole_or_in_parts(
      nouns_->context, [&] { return nouns_->control.recall(provider, blast); },
      [&] { return nouns_->in_parts.recall(provider, blast); });
  return result;
}
Engine::Purged Engine::blast_purge(std::string_view provider, std::string_view blast) {
  Purged purged;
  purged.code = nouns_->control.purge(provider, blast, purged.emptied);
  purged.count = purged.code == Code::ok ? 1 : 0;
  return purged;
}
std::vector<StatusRow> Engine::blast_status(std::string_view provider, std::string_view blast) {
  return nouns_->progress.status(provider, blast);
}
Page<RecipientRow> Engine::blast_recipients(std::string_view provider, std::string_view blast,
                                            std::string_view filter, std::string_view cursor,
                                            std::size_t limit) {
  return nouns_->progress.recipients(provider, blast, filter, cursor, limit);
}
std::vector<FoundRow> Engine::blast_find(std::string_view provider, std::string_view blast,
                                         std::span<const std::string_view> ids) {
  return nouns_->progress.find(provider, blast, ids);
}
std::vector<RecipientRow> Engine::blast_why(std::string_view provider, std::string_view blast,
                                            std::string_view client) {
  return nouns_->progress.why(provider, blast, client);
}
Page<BlastSummary> Engine::blast_list(std::string_view provider, std::string_view filter,
                                      std::string_view cursor, std::size_t limit) {
  return nouns_->progress.list(provider, filter, cursor, limit);
}
std::int64_t Engine::blast_retry_failed(std::string_view provider, std::string_view blast) {
  return nouns_->second_tries.retry_failed(provider, blast);
}

}  // namespace bccast
