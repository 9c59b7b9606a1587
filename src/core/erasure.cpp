#include "core/erasure.hpp"

#include "base/error.hpp"
#include "core/access.hpp"
#include "core/debts.hpp"
#include "core/roster_update.hpp"

namespace bccast {

namespace {

/// Of a damaged entry what the client's own row says of it; and it may have stood in any list.
RosterEntry entry_to_erase(Tables& tables, const Client& client, ProviderNo provider, Place place) {
  try {
    return access::entry_at(tables, provider, place);
  } catch (const Error& error) {
    if (error.code() != Code::corrupt || error.native() != 0) throw;
  }
  tables.directory().forget_names(provider, place);
  RosterEntry entry;
  entry.provider_no = provider;
  entry.place = place;
  entry.flags = client.flags | flag::shares_address;
  entry.client = client;
  return entry;
}

}  // namespace

bool Erasure::erase(std::string_view client_id) {
  context_.store.write([&](Tables& tables) {
    const Client client = access::client(tables, client_id);
    RosterUpdate rosters(tables, context_);
    for (const auto& membership : tables.directory().memberships(client.no)) {
      rosters.erase(entry_to_erase(tables, client, membership.provider_no, membership.place));
      tables.threads().remove_texts(membership.provider_no, membership.place);
      tables.work().forget_details(membership.provider_no, membership.place);
      tables.threads().delete_host_refs(membership.provider_no, membership.place);
    }
    tables.work().forget_reason_details();
    rosters.finish();
    tables.events().forget_client(client.no);
    tables.directory().delete_client(client.no);
    tables.store().add_debt();
  });
  return settle_debts(context_, Patience::some);
}

}  // namespace bccast
