#include "core/access.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "core/recalled.hpp"
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

Provider existing(std::optional<Provider> provider) {
  if (!provider) throw Error(Code::not_found, "there is no such provider");
  return std::move(*provider);
}
Client existing(std::optional<Client> client) {
  if (!client) throw Error(Code::not_found, "there is no such client");
  return std::move(*client);
}
Blast existing(std::optional<Blast> blast) {
  if (!blast) throw no_blast();
  return std::move(*blast);
}
Community existing(std::optional<Community> community) {
  if (!community) throw no_thread();
  return std::move(*community);
}

Blast required_sent(Blast blast, std::string_view blast_id) {
  if (is_unsent(blast.state))
    throw Error(Code::state, fmt::format("blast {} is {}: it has no recipients yet", blast_id,
                                         blast.state == BlastState::draft ? "a draft" : "scheduled"));
  return blast;
}

/// The key that is the provider's own.
BlastKey key_of(const Context& context, const Provider& provider, std::string_view blast_id) {
  const auto parts = context.ids.decode(blast_id, IdKind::blast);
  if (!parts || parts->provider != provider.no) throw no_blast();
  return {provider.no, parts->number};
}
CommunityNo community_no(const Context& context, const Provider& provider, std::string_view thread_id) {
  const auto key = context.thread_key(thread_id);
  if (!key || key->provider_no != provider.no || !key->of_community()) throw no_thread();
  return key->community();
}

Error entry_missing(const RosterKey& key) {
  return {Code::corrupt,
          fmt::format("roster entry {} of provider {} is missing", key.place, key.provider_no)};
}

struct Visible {
  Thread thread;
  bool stored = false;
};
/// The entry at a place, if it was given out.
std::optional<RosterEntry> entry_if_any(const Tables& tables, const RosterKey& key) {
  auto entry = tables.directory().entry(key.provider_no, key.place);
  if (entry) return entry;
  const auto work = tables.directory().roster_work(key.provider_no);
  if (work && key.place < work->next_place) throw entry_missing(key);
  return std::nullopt;
}

/// The thread by its key, if it can be seen at all.
std::optional<Visible> visible_thread(const Tables& tables, const ThreadKey& key) {
  if (const auto stored = tables.threads().thread(key)) {
    auto seen = as_seen(tables, *stored);
    if (!seen) return std::nullopt;
    return Visible{std::move(*seen), true};
  }
  if (!key.of_blast()) return std::nullopt;
  const auto blast = tables.blasts().blast(key.provider_no, key.origin);
  if (!blast || is_unsent(blast->state)) return std::nullopt;
  if (!tables.blasts().has_thread(key.provider_no, key.place, blast->seq)) return std::nullopt;
  const Thread thread = untouched(key, blast->sent_at, blast->activity);
  return Visible{blast->state == BlastState::recalled ? without_message(thread) : thread};
}

}  // namespace

RosterEntry entry_at(const Tables& tables, ProviderNo provider, Place place) {
  auto entry = tables.directory().entry(provider, place);
  if (!entry) throw entry_missing({provider, place});
  return std::move(*entry);
}

const RosterEntry& entry_in(const Found<RosterKey, RosterEntry>& entries, const RosterKey& key) {
  const auto* entry = entries.find(key);
  if (entry == nullptr) throw entry_missing(key);
  return *entry;
}

void require_open(const Provider& provider) {
  if (provider.archived_at != 0)
    throw Error(Code::state, "the provider is archived: nothing can be written or changed");
}

Provider provider(const Tables& tables, std::string_view id) {
  check_id(id, "provider id");
  return existing(tables.directory().provider(id));
}

Provider provider(Tables& tables, std::string_view id, Hold hold) {
  check_id(id, "provider id");
  tables.lock().provider(id, hold);
  return provider(tables, id);
}

Provider open_provider(const Tables& tables, std::string_view id) {
  auto found = provider(tables, id);
  require_open(found);
  return found;
}

Provider open_provider(Tables& tables, std::string_view id, Hold hold) {
  auto found = provider(tables, id, hold);
  require_open(found);
  return found;
}

RosterWork roster_work(const Tables& tables, ProviderNo provider) {
  const auto work = tables.directory().roster_work(provider);
  if (!work) throw Error(Code::corrupt, fmt::format("the roster of provider {} has lost its row", provider));
  return *work;
}

RosterWork lock_roster(Tables& tables, ProviderNo provider) {
  tables.lock().rosters({&provider, 1});
  return roster_work(tables, provider);
}

Client client(const Tables& tables, std::string_view id) {
  check_id(id, "client id");
  return existing(tables.directory().client(id));
}

Client client(Tables& tables, std::string_view id, Hold hold) {
  check_id(id, "client id");
  tables.lock().clients({&id, 1}, hold);
  return client(tables, id);
}

RosterEntry entry(const Tables& tables, const Provider& provider, std::string_view client_id) {
  check_id(client_id, "client id");
  const auto place = tables.directory().place_of(provider.no, client_id);
  if (!place) throw not_on_roster();
  return entry_at(tables, provider.no, *place);
}

Blast blast(const Tables& tables, const Context& context, const Provider& provider,
            std::string_view blast_id) {
  return existing(tables.blasts().blast(provider.no, key_of(context, provider, blast_id).second));
}

Blast blast(Tables& tables, const Context& context, const Provider& provider, std::string_view blast_id,
            Hold hold) {
  const auto key = key_of(context, provider, blast_id);
  tables.lock().blasts({&key, 1}, hold);
  return existing(tables.blasts().blast(key.first, key.second));
}

Blast blast_and_lines(Tables& tables, const Context& context, const Provider& provider,
                      std::string_view blast_id) {
  const auto key = key_of(context, provider, blast_id);
  tables.lock().lines({}, {&key, 1});
  tables.lock().blasts({&key, 1}, Hold::exclusive);
  return existing(tables.blasts().blast(key.first, key.second));
}

Blast sent_blast(const Tables& tables, const Context& context, const Provider& provider,
                 std::string_view blast_id) {
  return required_sent(blast(tables, context, provider, blast_id), blast_id);
}

Blast sent_blast_and_lines(Tables& tables, const Context& context, const Provider& provider,
                           std::string_view blast_id) {
  return required_sent(blast_and_lines(tables, context, provider, blast_id), blast_id);
}

Blast unsent_blast(const Tables& tables, const Context& context, const Provider& provider,
                   std::string_view blast_id) {
  auto found = blast(tables, context, provider, blast_id);
  if (!is_unsent(found.state)) throw Error(Code::state, fmt::format("blast {} was already sent", blast_id));
  return found;
}

BlastState next(const Blast& blast, BlastVerb verb, std::string_view blast_id) {
  if (const auto state = next_state(blast.state, verb)) return *state;
  const auto advice = [&]() -> std::string_view {
    switch (blast.state) {
      case BlastState::draft:
        return verb == BlastVerb::recall ? ": discard it instead" : "";
      case BlastState::scheduled:
        return ": unschedule it first";
      case BlastState::sent:
      case BlastState::paused:
      case BlastState::finished:
        return verb == BlastVerb::unschedule || verb == BlastVerb::discard ? ": recall it instead"
               : verb == BlastVerb::purge                                  ? ": recall it first"
                                                                           : "";
      case BlastState::recalled:
        return "";
    }
    return "";
  }();
  throw Error(Code::state, fmt::format("blast {} is {}, and cannot be {}{}", blast_id,
                                       blast.state == BlastState::draft ? "a draft" : name_of(blast.state),
                                       participle_of(verb), advice));
}

Blast draft(const Tables& tables, const Context& context, const Provider& provider,
            std::string_view blast_id) {
  auto found = blast(tables, context, provider, blast_id);
  next(found, BlastVerb::edit, blast_id);
  return found;
}

Blast draft(Tables& tables, const Context& context, const Provider& provider, std::string_view blast_id,
            Hold hold) {
  auto found = blast(tables, context, provider, blast_id, hold);
  next(found, BlastVerb::edit, blast_id);
  return found;
}

std::optional<Reached> find_thread_of_client(const Tables& tables, const Context& context,
                                             const Client& client, std::string_view thread_id) {
  auto key = context.thread_key(thread_id);
  if (!key) return std::nullopt;
  const auto membership = tables.directory().membership(client.no, key->provider_no);
  if (!membership) return std::nullopt;
  Reached reached;
  if (key->of_community()) {
    const auto member = tables.communities().member(key->provider_no, key->community(), membership->place);
    if (!member) return std::nullopt;
    reached.first_seq = member->first_seq;
    key->place = membership->place;
  }
  if (membership->place != key->place) return std::nullopt;
  auto visible = visible_thread(tables, *key);
  if (!visible) return std::nullopt;
  auto provider = tables.directory().provider(key->provider_no);
  if (!provider) throw Error(Code::corrupt, fmt::format("provider {} is missing", key->provider_no));
  reached.thread = std::move(visible->thread);
  reached.stored = visible->stored;
  reached.provider = std::move(*provider);
  reached.entry = entry_at(tables, key->provider_no, key->place);
  if (reached.entry->client.no != client.no)
    throw Error(Code::corrupt, "a client's place on a roster is damaged, or another's");
  return reached;
}

Reached thread_of_client(const Tables& tables, const Context& context, const Client& client,
                         std::string_view thread_id) {
  auto found = find_thread_of_client(tables, context, client, thread_id);
  if (!found) throw no_thread();
  return std::move(*found);
}

std::optional<Reached> find_thread_of_provider(const Tables& tables, const Context& context,
                                               const Provider& provider, std::string_view thread_id,
                                               bool may_begin) {
  const auto key = context.thread_key(thread_id);
  if (!key || key->provider_no != provider.no) return std::nullopt;
  auto visible = visible_thread(tables, *key);
  std::optional<RosterEntry> entry;
  if (!visible && key->origin == kDirect && may_begin) {
    entry = entry_if_any(tables, {provider.no, key->place});
    if (!entry) return std::nullopt;
    visible.emplace();
    visible->thread.key = *key;
  }
  if (!visible) return std::nullopt;
  if (!entry && !key->of_community()) entry = entry_at(tables, provider.no, key->place);
  return Reached{std::move(visible->thread), provider, std::move(entry), 1, visible->stored};
}

Reached thread_of_provider(const Tables& tables, const Context& context, const Provider& provider,
                           std::string_view thread_id, bool may_begin) {
  auto found = find_thread_of_provider(tables, context, provider, thread_id, may_begin);
  if (!found) throw no_thread();
  return std::move(*found);
}

Community community(const Tables& tables, const Context& context, const Provider& provider,
                    std::string_view thread_id) {
  const auto no = community_no(context, provider, thread_id);
  return existing(tables.communities().community(provider.no, no));
}

Community community(Tables& tables, const Context& context, const Provider& provider,
                    std::string_view thread_id, Hold hold) {
  const auto no = community_no(context, provider, thread_id);
  tables.lock().community(provider.no, no, hold);
  return existing(tables.communities().community(provider.no, no));
}

bool exists(const Tables& tables, const ThreadKey& key) {
  if (visible_thread(tables, key)) return true;
  if (key.origin != kDirect) return false;
  const auto entry = entry_if_any(tables, {key.provider_no, key.place});
  return entry && !entry->erased();
}

}  // namespace bccast::access
