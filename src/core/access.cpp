#include "core/access.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "model/text_rules.hpp"

namespace bccast::access {
namespace {

// One message for each kind, whatever the cause.
Error no_thread() {
  return {Code::not_found, "there is no such thread"};
}
Error no_blast() {
  return {Code::not_found, "there is no such blast"};
}
Error not_on_roster() {
  return {Code::not_found, "there is no such client on the roster"};
}

/// The thread by its key, if it can be seen at all.
std::optional<Thread> visible_thread(const Tables& tables, const ThreadKey& key) {
  auto stored = tables.threads().thread(key);
  if (stored || key.origin == kDirect) return stored;
  const auto blast = tables.blasts().blast(key.provider_no, key.origin);
  if (!blast || blast->state == BlastState::draft) return std::nullopt;
  if (!tables.blasts().is_recipient(key.provider_no, key.place, blast->seq)) return std::nullopt;
  return untouched(key, blast->sent_at);
}

RosterEntry existing_entry(const Tables& tables, ProviderNo provider, Place place) {
  auto entry = tables.directory().entry(provider, place);
  if (!entry)
    throw Error(Code::corrupt, fmt::format("roster entry {} of provider {} is missing", place, provider));
  return std::move(*entry);
}

}  // namespace

Provider provider(const Tables& tables, std::string_view id) {
  check_id(id, "provider id");
  auto provider = tables.directory().provider(id);
  if (!provider) throw Error(Code::not_found, "there is no such provider");
  return std::move(*provider);
}

Client client(const Tables& tables, std::string_view id) {
  check_id(id, "client id");
  auto client = tables.directory().client(id);
  if (!client) throw Error(Code::not_found, "there is no such client");
  return std::move(*client);
}

RosterEntry entry(const Tables& tables, const Provider& provider, std::string_view client_id) {
  check_id(client_id, "client id");
  const auto place = tables.directory().place_of(provider.no, client_id);
  if (!place) throw not_on_roster();
  return existing_entry(tables, provider.no, *place);
}

Blast blast(const Tables& tables, const Context& context, const Provider& provider,
            std::string_view blast_id) {
  const auto parts = context.ids.decode(blast_id, IdKind::blast);
  if (!parts || parts->provider != provider.no) throw no_blast();
  auto blast = tables.blasts().blast(provider.no, parts->number);
  if (!blast) throw no_blast();
  return std::move(*blast);
}

Blast sent_blast(const Tables& tables, const Context& context, const Provider& provider,
                 std::string_view blast_id) {
  auto found = blast(tables, context, provider, blast_id);
  if (found.state == BlastState::draft)
    throw Error(Code::state, fmt::format("blast {} is a draft: it has no recipients yet", blast_id));
  return found;
}

Blast draft(const Tables& tables, const Context& context, const Provider& provider,
            std::string_view blast_id) {
  auto found = blast(tables, context, provider, blast_id);
  if (!next_state(found.state, BlastVerb::edit))
    throw Error(Code::state, fmt::format("blast {} was already sent: only a draft can be changed", blast_id));
  return found;
}

Reached thread_of_client(const Tables& tables, const Context& context, const Client& client,
                         std::string_view thread_id) {
  const auto parts = context.ids.decode(thread_id, IdKind::thread);
  if (!parts) throw no_thread();
  const auto membership = tables.directory().membership(client.no, parts->provider);
  if (!membership || membership->place != parts->place) throw no_thread();
  auto thread = visible_thread(tables, {parts->provider, parts->place, parts->number});
  if (!thread) throw no_thread();
  auto provider = tables.directory().provider(parts->provider);
  if (!provider) throw Error(Code::corrupt, fmt::format("provider {} is missing", parts->provider));
  return {std::move(*thread), std::move(*provider), existing_entry(tables, parts->provider, parts->place)};
}

Reached thread_of_provider(const Tables& tables, const Context& context, const Provider& provider,
                           std::string_view thread_id, bool may_begin) {
  const auto parts = context.ids.decode(thread_id, IdKind::thread);
  if (!parts || parts->provider != provider.no) throw no_thread();
  const ThreadKey key{provider.no, parts->place, parts->number};
  auto thread = visible_thread(tables, key);
  if (!thread && key.origin == kDirect && may_begin && key.place < provider.next_place) {
    thread.emplace();
    thread->key = key;
  }
  if (!thread) throw no_thread();
  return {std::move(*thread), provider, existing_entry(tables, provider.no, key.place)};
}

}  // namespace bccast::access
