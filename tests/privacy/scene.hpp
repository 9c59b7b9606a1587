// What there is in one world, and what providers, the operator and all but ana do with it.
#pragma once

#include <bccast/bccast.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "history.hpp"
#include "leak.hpp"
#include "store.hpp"

namespace privacy {

using Ids = std::vector<std::string>;

/// As the operator, a provider, or somebody else: ana does not see the answer. It may be a refusal, but
/// never a failure.
template <typename Function, typename... Given>
test::Answer act(Function function, Given&&... given) {
  auto answer = test::call(function, given...);
  switch (answer.code) {
    case BCCAST_E_NOT_FOUND:
    case BCCAST_E_STATE:
    case BCCAST_E_TOO_FEW:
    case BCCAST_E_CONFLICT:
    case BCCAST_E_LIMIT:
      return answer;
    default:
      if (answer.code < 0) throw std::runtime_error(bccast_code_name(answer.code) + (": " + answer.message));
      return answer;
  }
}

/// One of four idempotency keys, or none.
inline const char* key_of(std::uint32_t n) {
  static constexpr std::array kKeys{"k0", "k1", "k2", "k3"};
  return n % 6 < kKeys.size() ? kKeys[n % 6] : nullptr;
}
inline std::string text_of(const Event& event) {
  return "Text " + std::to_string(event.number);
}

struct Draft {
  std::string id;
  std::string provider;
  bool rule = false;            // all active, by an own event
  int ana = 0;                  // 1: chosen, -1: taken out again, by the last own act on her
  bool rule_by_others = false;  // all active, in the second world only
};
struct Community {
  std::string id;
  std::string provider;
};

/// A world's store, and who and what is in it. The first world has ana, ben (the other one her blasts go to),
/// cal and dan (with whom she may be in communities); the second has kay, to whom nothing ever happens, and
/// many others.
class Scene {
 public:
  Scene(const History& history_of, bool alone_in, bool file)
      : history(history_of),
        alone(alone_in),
        store(file, history_of.setup.deliver),
        noise(mix(history_of.seed, 3)) {
    for (std::uint32_t i = 0; i < history.setup.providers; ++i)
      own_providers.push_back(i == 0 ? "lee" : "kim");
    providers = own_providers;
    if (!alone) providers.emplace_back("zoe");
    import();
  }

  const History& history;
  const bool alone;
  Store store;
  Random noise;
  Facts facts;
  Ids own_providers;  // that ana hears from
  Ids providers;
  Ids disturbed;  // to whom anything may be done
  std::array<Draft, 3> drafts;
  std::vector<Draft> own_blasts;  // sent, to ana too
  std::array<Community, 2> communities;
  Ids own_communities;  // ever
  std::vector<Community> other_communities;
  std::vector<Draft> other_blasts;  // sent, not to ana

  /// In the second world an assistant does every other thing for the provider.
  bccast_engine* engine_for(const Event& event) const {
    return alone || event.number % 2 == 0 ? static_cast<bccast_engine*>(store) : store.assistant();
  }
  const std::string& own_provider(std::uint32_t n) const { return own_providers[n % own_providers.size()]; }
  const std::string& provider(std::uint32_t n) const { return providers[n % providers.size()]; }
  void wrote(const test::Answer& answer) { facts.messages += answer.code == BCCAST_OK ? 1 : 0; }

  bool is_own(const std::string& community) const {
    return std::ranges::find(own_communities, community) != own_communities.end();
  }

  std::string direct_of(const std::string& provider, const std::string& client) const {
    char thread[BCCAST_ID_SIZE] = "";
    act(bccast_provider_direct, store, provider, client, thread);
    return thread;
  }
  test::Rows find(const Draft& blast, const std::string& client) const {
    const test::Column ids({client});
    return act(bccast_blast_find, store, blast.provider, blast.id, 1, ids.bytes, ids.offsets.data()).rows;
  }
  void select_many(const Draft& draft, const Ids& ids, bool out = false) {
    if (ids.empty()) return;
    const test::Column column(ids);
    act(out ? bccast_blast_deselect_many : bccast_blast_select_many, store, draft.provider, draft.id,
        ids.size(), column.bytes, column.offsets.data(), nullptr);
  }

  void sent(const Draft& blast) {
    ++facts.blasts;
    facts.messages += 1;
    const auto recipients =
        act(bccast_blast_get, store, blast.provider, blast.id).rows[0].number("recipients");
    for (const auto* client : {"ana", "ben"})
      for (const auto& row : find(blast, client))
        facts.sent[row.text("thread")] = {blast.id, facts.blasts, recipients, store.clock.now_ms()};
  }

  static std::string address_of(const std::string& id) { return id + "@example.org"; }
  std::string name_of(const std::string& id) const {
    const bool member = id == "cal" || id == "dan";
    return member && history.setup.same_names ? "Sam" : "Name of " + id;
  }
  void put(const std::string& id) {
    act(bccast_directory_client_put, store, id, name_of(id), address_of(id));
    ++facts.clients;
  }

 private:
  void import() {
    Random order(history.setup.order);
    Ids in_order = own_providers;
    if (!alone) {
      if (history.setup.providers_swapped) std::ranges::reverse(in_order);
      in_order.insert(in_order.begin() + order.below(in_order.size() + 1), "zoe");
    }
    Ids people{"ana", "ben", "cal", "dan"};
    if (!alone) {
      people.emplace_back("kay");
      for (std::uint32_t i = 0; i < history.setup.others; ++i) disturbed.push_back("o" + std::to_string(i));
      people.insert(people.end(), disturbed.begin(), disturbed.end());
      order.shuffle(people);
    }
    disturbed.emplace_back("ben");
    for (const auto& provider : in_order) {
      act(bccast_directory_provider_put, store, provider, "Dr. " + provider);
      act(bccast_directory_provider_set, store, provider, "address.email", address_of(provider));
    }
    for (const auto& id : people) put(id);
    Ids many;
    for (std::uint32_t i = 0; !alone && i < history.setup.many; ++i) many.push_back("m" + std::to_string(i));
    put_many(many);
    for (const auto& provider : in_order) {
      if (!alone) order.shuffle(people);
      roster_add_many(provider,
                      Ids(many.begin(), many.begin() + static_cast<std::ptrdiff_t>(many.size() / 2)));
      for (const auto& id : people) {
        if (provider == "zoe" && id == "ana" && !history.setup.on_other_roster) continue;
        const bool other = id.front() == 'o';
        if (other && order.one_in(6)) continue;
        if (other && order.one_in(6)) {
          const test::Column ids({id});
          act(bccast_directory_roster_add_archived_many, store, provider, 1, ids.bytes, ids.offsets.data(),
              nullptr);
        } else {
          act(bccast_directory_roster_add, store, provider, id);
        }
      }
      roster_add_many(provider, many);
    }
  }

  void put_many(const Ids& ids) {
    if (ids.empty()) return;
    Ids addresses;
    for (const auto& id : ids) addresses.push_back(address_of(id));
    const test::Column id_column(ids);
    const test::Column addresses_column(addresses);
    act(bccast_directory_client_put_many, store, ids.size(), id_column.bytes, id_column.offsets.data(),
        id_column.bytes, id_column.offsets.data(), addresses_column.bytes, addresses_column.offsets.data(),
        nullptr);
    facts.clients += static_cast<std::int64_t>(ids.size());
  }
  void roster_add_many(const std::string& provider, const Ids& ids) {
    if (ids.empty()) return;
    const test::Column column(ids);
    act(bccast_directory_roster_add_many, store, provider, ids.size(), column.bytes, column.offsets.data(),
        nullptr);
  }
};

}  // namespace privacy
