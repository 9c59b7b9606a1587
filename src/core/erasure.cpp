#include "core/erasure.hpp"

#include "base/error.hpp"
#include "core/access.hpp"
#include "core/debts.hpp"
#include "core/roster_update.hpp"

namespace bccast {

bool Erasure::erase(std::string_view client_id) {
  context_.store.write([&](Tables& tables) {
    const Client client = access::client(tables, client_id);
    RosterUpdate rosters(tables, context_);
    for (const auto& membership : tables.directory().memberships(client.no)) {
      rosters.erase(access::entry_at(tables, membership.provider_no, membership.place));
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
