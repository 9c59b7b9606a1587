// Who may reach what. Every function of the core that acts for somebody finds its objects here, and nowhere
// else.
//
// The host has authenticated the one who acts; here it is checked that the object belongs to them. To a
// client, what does not exist and what is another's are one answer; to a provider, a client that is unknown
// and one not on the roster are.
#pragma once

#include <optional>
#include <string_view>

#include "core/context.hpp"

namespace bccast::access {

/// All throw Error(not_found).
Provider provider(const Tables& tables, std::string_view id);
/// For what changes something. Throws Error(state) when the provider is archived.
Provider open_provider(const Tables& tables, std::string_view id);
void require_open(const Provider& provider);
/// The store is damaged when there is none.
RosterWork roster_work(const Tables& tables, ProviderNo provider);
Client client(const Tables& tables, std::string_view id);
/// The entry of a client on a provider's roster.
RosterEntry entry(const Tables& tables, const Provider& provider, std::string_view client_id);
/// The entry at a place that was given out; the store is damaged when there is none.
RosterEntry entry_at(const Tables& tables, ProviderNo provider, Place place);
/// The same, of those that were read together.
const RosterEntry& entry_in(const Found<RosterKey, RosterEntry>& entries, const RosterKey& key);
Blast blast(const Tables& tables, const Context& context, const Provider& provider,
            std::string_view blast_id);
/// A draft, or one that is scheduled. Throws Error(state) when it was sent.
Blast unsent_blast(const Tables& tables, const Context& context, const Provider& provider,
                   std::string_view blast_id);
/// The state after the verb. Throws Error(state), saying what to do instead, where the table has none.
BlastState next(const Blast& blast, BlastVerb verb, std::string_view blast_id);
/// A blast that was sent. Throws Error(state) for a draft and for one that is scheduled.
Blast sent_blast(const Tables& tables, const Context& context, const Provider& provider,
                 std::string_view blast_id);
/// A blast that may be changed. Throws Error(state) when it is no draft.
Blast draft(const Tables& tables, const Context& context, const Provider& provider,
            std::string_view blast_id);

// The same in what writes: the row is locked, and is what it is until the transaction ends. In the order of
// the ranks of Locks: clients, providers, lines, blasts or communities, threads.
Client client(Tables& tables, std::string_view id, Hold hold);
Provider provider(Tables& tables, std::string_view id, Hold hold);
Provider open_provider(Tables& tables, std::string_view id, Hold hold);
/// Exclusively. The store is damaged when there is none.
RosterWork lock_roster(Tables& tables, ProviderNo provider);
Blast blast(Tables& tables, const Context& context, const Provider& provider, std::string_view blast_id,
            Hold hold);
Blast draft(Tables& tables, const Context& context, const Provider& provider, std::string_view blast_id,
            Hold hold);
/// Exclusively, as all of its lines are.
Blast blast_and_lines(Tables& tables, const Context& context, const Provider& provider,
                      std::string_view blast_id);
Blast sent_blast_and_lines(Tables& tables, const Context& context, const Provider& provider,
                           std::string_view blast_id);

/// A thread as somebody who is in it reaches it.
struct Reached {
  Thread thread;  // as stored, or as the view of an untouched blast
  Provider provider;
  std::optional<RosterEntry> entry;  // the client's; nothing: a community, reached by its provider
  std::int64_t first_seq = 1;        // earlier messages are not shown to the one who reached it
  bool stored = true;                // the thread is a row

  /// Nobody can write there any more.
  bool closed() const noexcept { return provider.archived_at != 0 || (entry && entry->erased()); }
};
Reached thread_of_client(const Tables& tables, const Context& context, const Client& client,
                         std::string_view thread_id);
/// The same, but nothing where there is no such thread, or it is another's.
std::optional<Reached> find_thread_of_client(const Tables& tables, const Context& context,
                                             const Client& client, std::string_view thread_id);
std::optional<Reached> find_thread_of_provider(const Tables& tables, const Context& context,
                                               const Provider& provider, std::string_view thread_id,
                                               bool may_begin = false);
/// With `may_begin` also a direct thread in which nothing was written yet.
Reached thread_of_provider(const Tables& tables, const Context& context, const Provider& provider,
                           std::string_view thread_id, bool may_begin = false);
/// A community of the provider's, by its thread's id.
Community community(const Tables& tables, const Context& context, const Provider& provider,
                    std::string_view thread_id);
Community community(Tables& tables, const Context& context, const Provider& provider,
                    std::string_view thread_id, Hold hold);

/// Whether there is such a thread for anybody: stored, or a recipient's untouched one, or a direct one that
/// could be begun.
bool exists(const Tables& tables, const ThreadKey& key);

}  // namespace bccast::access
