#include "core/erasure.hpp"

#include <span>
#include <vector>

#include "base/error.hpp"
#include "core/access.hpp"
#include "core/debts.hpp"
#include "core/roster_update.hpp"

namespace bccast {

namespace {

/// Of a damaged entry what the client's own row says of it; and it may have stood in any list.
RosterEntry entry_to_erase(Tables& tables, const Client& client, const Found<RosterKey, RosterEntry>& entries,
                           const RosterKey& key) {
  try {
    return access::entry_in(entries, key);
  } catch (const Error& error) {
    if (error.code() != Code::corrupt || error.native() != 0) throw;
  }
  tables.directory().forget_names(key.provider_no, key.place);
  RosterEntry entry;
  entry.provider_no = key.provider_no;
  entry.place = key.place;
  entry.flags = client.flags | flag::shares_address;
  entry.client = client;
  return entry;
}

/// From a page of the client's rosters.
void erase_from(Tables& tables, RosterUpdate& rosters, const Client& client,
                std::span<const HeldMembership> memberships) {
  std::vector<RosterKey> keys;
  for (const auto& one : memberships) keys.push_back({one.membership.provider_no, one.membership.place});
  const auto entries = tables.directory().entries(keys);
  for (const auto& key : keys) {
    rosters.erase(entry_to_erase(tables, client, entries, key));
    tables.threads().remove_texts(key.provider_no, key.place);
    tables.work().forget_details(key.provider_no, key.place);
    tables.threads().delete_host_refs(key.provider_no, key.place);
  }
  rosters.apply();
}

}  // namespace

bool Erasure::erase(std::string_view client_id) {
  context_.write(verb::client_erase, client_id, [&](Tables& tables) {
    const Client client = access::client(tables, client_id, Hold::exclusive);
    // A reason may hold what it is called: nothing is claimed or reported while they are cut.
    RosterUpdate rosters(tables, context_);
    rosters.lock_rosters_of({&client.no, 1});
    tables.lock().all_channel_work();
    for_each_membership_page(tables, {&client.no, 1}, [&](std::span<const HeldMembership> page) {
      erase_from(tables, rosters, client, page);
    });
    tables.work().forget_reason_details();
    rosters.finish();
    tables.events().forget_client(client.no);
    tables.directory().delete_client(client.no);
    tables.store().add_debt();
  });
  return settle_debts(context_, Patience::some);
}

}  // namespace bccast
