#include "core/directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <unordered_set>
#include <vector>

#include "core/access.hpp"
#include "core/begin_anew.hpp"
#include "core/events.hpp"
#include "core/resolve.hpp"
#include "core/roster_update.hpp"
#include "core/set_pages.hpp"
#include "model/text_rules.hpp"

namespace bccast {
namespace {

constexpr std::string_view kEmail = "email";
constexpr std::string_view kAddressPrefix = "address.";

/// "on", "off", or "" (as if never set: on).
bool parse_switch(std::string_view value) {
  if (value == "off") return false;
  if (value == "on" || value.empty()) return true;
  throw Error(Code::argument, "the value must be on or off");
}

void set_flag(std::uint32_t& flags, std::uint32_t bit, bool set) {
  flags = set ? flags | bit : flags & ~bit;
}

/// Sets what providers and clients have in common. False when the key is another.
template <typename Person>
bool set_common(Person& person, std::string_view key, std::string_view value, const Zones& zones) {
  if (key.starts_with(kAddressPrefix)) {
    const auto channel = key.substr(kAddressPrefix.size());
    check_key(channel, "channel");
    check_address(value);
    person.addresses.set(channel, value);
    return true;
  }
  if (key != "locale" && key != "timezone") return false;
  if (!value.empty()) check_key(value, key == "locale" ? "locale" : "time zone");
  if (key == "timezone" && !value.empty() && !zones.has(value))
    throw Error(Code::argument, "the system knows no time zone of that name");
  (key == "locale" ? person.locale : person.zone) = value;
  return true;
}

/// Calls f(provider, slice) for all slices of these rosters, and gives how many places each has.
template <typename F>
std::map<ProviderNo, Place> for_each_roster_slice(const Tables& tables, std::span<const ProviderNo> providers,
                                                  F&& f) {
  std::map<ProviderNo, Place> ends;
  std::vector<RosterSliceKey> keys;
  const auto works = tables.directory().roster_works(providers);
  for (const auto no : providers) {
    const auto* work = works.find(no);
    if (work == nullptr) throw Error(Code::corrupt, "a roster has lost its row");
    ends.emplace(no, work->next_place);
    for (SliceNo s = 0; s < slices_for(work->next_place); ++s) keys.push_back({no, s});
  }
  for_each_page(
      std::span<const RosterSliceKey>(keys),
      [&](std::span<const RosterSliceKey> page, std::size_t) {
        const auto slices = tables.directory().roster_slices(page);
        for (std::size_t i = 0; i < page.size(); ++i) f(page[i].provider_no, slices.at(i));
      },
      kSlicesTogether);
  return ends;
}

/// With how many clients each has: the entries of its roster; dead places are none.
std::vector<ProviderRow> rows_of(const Tables& tables, std::span<const Provider> providers) {
  std::vector<ProviderNo> numbers;
  for (const auto& p : providers) numbers.push_back(p.no);
  std::map<ProviderNo, std::int64_t> dead;
  const auto ends = for_each_roster_slice(
      tables, numbers, [&](ProviderNo no, const RosterSlice& slice) { dead[no] += slice.dead.count(); });
  std::vector<ProviderRow> rows;
  for (const auto& p : providers)
    rows.push_back({p.id, p.name, p.locale, p.zone, std::string(p.addresses.get(kEmail)),
                    std::int64_t{ends.at(p.no)} - dead[p.no], p.archived_at != 0});
  return rows;
}

/// A list of clients that are put, page by page.
class ClientPut {
 public:
  /// Names and addresses stand where the ids do, or there are none: then they stay as they are.
  ClientPut(Tables& tables, const Context& context, std::span<const std::string_view> names,
            std::span<const std::string_view> addresses)
      : tables_(tables), context_(context), rosters_(tables, context), names_(names), addresses_(addresses) {}

  /// Those of the ids with these numbers. exists: the id stood in the list before.
  void page(std::span<const std::string_view> ids, std::span<const std::size_t> numbers,
            std::vector<Code>& results) {
    std::vector<Client> fresh(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      fresh[i].id = ids[numbers[i]];
      give(fresh[i], numbers[i]);
    }
    const auto inserted = tables_.directory().insert_clients(fresh);
    std::vector<std::size_t> known;
    std::vector<std::string_view> known_ids;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (!inserted[i]) {
        known.push_back(numbers[i]);
        known_ids.push_back(ids[numbers[i]]);
      } else {
        made_.insert(*inserted[i]);
      }
    }
    if (known.empty()) return;
    tables_.lock().clients(known_ids, Hold::exclusive);
    const auto found = tables_.directory().clients(known_ids);
    for (std::size_t i = 0; i < known.size(); ++i) {
      const auto* before = found.find(known_ids[i]);
      if (before == nullptr) {
        if (tables_.lock().others_write()) throw FoundAnother();  // it was erased: it can be inserted
        throw Error(Code::corrupt, "a client is missing");
      }
      if (made_.count(before->no) > 0 || !known_.insert(before->no).second) {
        results[known[i]] = Code::exists;
        continue;
      }
      Client after = *before;
      give(after, known[i]);
      if (after.name != before->name || after.addresses != before->addresses)
        changed_.push_back(std::move(after));
    }
    if (!tables_.lock().others_write()) change();
  }

  void finish() {
    change();
    rosters_.finish();
    if (!known_.empty())
      emit(tables_, context_, EventKind::roster_changed, 0, known_.size() == 1 ? *known_.begin() : 0);
  }

 private:
  /// All clients are locked before any of their rosters is.
  void change() {
    if (!changed_.empty()) rosters_.change_clients(changed_);
    changed_.clear();
  }
  void give(Client& client, std::size_t number) const {
    if (!names_.empty()) client.name = names_[number];
    if (!addresses_.empty()) client.addresses.set(kEmail, addresses_[number]);
  }

  Tables& tables_;
  const Context& context_;
  RosterUpdate rosters_;
  std::span<const std::string_view> names_;
  std::span<const std::string_view> addresses_;
  std::vector<Client> changed_;
  std::unordered_set<ClientNo> made_;   // by this list
  std::unordered_set<ClientNo> known_;  // those that were there before
};

/// Page by page; shared, for a roster that they come to.
std::vector<Found<std::string_view, Client>> lock_clients(Tables& tables,
                                                          std::span<const std::string_view> ids,
                                                          std::span<const std::size_t> numbers) {
  std::vector<Found<std::string_view, Client>> all;
  for_each_page(numbers, [&](auto page, std::size_t) {
    std::vector<std::string_view> page_ids;
    for (const auto i : page) page_ids.push_back(ids[i]);
    tables.lock().clients(page_ids, Hold::shared);
    all.push_back(tables.directory().clients(page_ids));
  });
  return all;
}

[[noreturn]] void no_such_key() {
  throw Error(Code::argument, "there is no such setting");
}

}  // namespace

void Directory::provider_put(std::string_view id, std::string_view name) {
  check_id(id, "provider id");
  check_name(name);
  context_.write(verb::provider_put, id, [&](Tables& tables) {
    auto provider = tables.directory().provider(id);
    if (!provider) {
      Provider fresh;
      fresh.id = id;
      fresh.name = name;
      if (const auto no = tables.directory().insert_provider(fresh)) {
        if (*no > kMaxProviders) throw Error(Code::limit, "the store has no numbers left for providers");
        return;
      }
    }
    provider = access::provider(tables, id, Hold::exclusive);  // there, or another was faster
    if (provider->name == name) return;
    provider->name = name;
    tables.directory().update_provider(*provider);
  });
}

void Directory::provider_set(std::string_view id, std::string_view key, std::string_view value) {
  context_.write(verb::provider_set, id, [&](Tables& tables) {
    auto provider = access::provider(tables, id, Hold::exclusive);
    if (!set_common(provider, key, value, context_.zones)) no_such_key();
    tables.directory().update_provider(provider);
  });
}

void Directory::client_put(std::string_view id, std::optional<std::string_view> name,
                           std::optional<std::string_view> address) {
  const auto results =
      client_put_many(std::span(&id, 1), name ? std::span(&*name, 1) : std::span<std::string_view>(),
                      address ? std::span(&*address, 1) : std::span<std::string_view>());
  if (results[0] == Code::ok) return;
  check_id(id, "client id");  // say what is wrong
  if (name) check_name(*name);
  if (address) check_address(*address);
}

std::vector<Code> Directory::client_put_many(std::span<const std::string_view> ids,
                                             std::span<const std::string_view> names,
                                             std::span<const std::string_view> addresses) {
  std::vector<Code> checked(ids.size(), Code::ok);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    try {
      check_id(ids[i], "client id");
      if (!names.empty()) check_name(names[i]);
      if (!addresses.empty()) check_address(addresses[i]);
    } catch (const Error& error) {
      checked[i] = error.code();
    }
  }
  const auto put_all = [&](Tables& tables) {
    ClientPut put(tables, context_, names, addresses);
    std::vector<Code> results = checked;
    std::vector<std::size_t> sound;
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (results[i] == Code::ok) sound.push_back(i);
    for_each_page(std::span<const std::size_t>(sound),
                  [&](auto page, std::size_t) { put.page(ids, page, results); });
    put.finish();
    return results;
  };
  return context_.write(verb::client_put, {}, put_all);
}

void Directory::client_set(std::string_view id, std::string_view key, std::string_view value) {
  context_.write(verb::client_set, id, [&](Tables& tables) {
    const Client before = access::client(tables, id, Hold::exclusive);
    Client after = before;
    if (key == "chat") {
      set_flag(after.flags, flag::client_chat_off, !parse_switch(value));
    } else if (key == "notify") {
      set_flag(after.flags, flag::client_notify_off, !parse_switch(value));
    } else if (!set_common(after, key, value, context_.zones)) {
      no_such_key();
    }
    RosterUpdate rosters(tables, context_);
    rosters.change_clients({&after, 1});
    rosters.finish();
    emit(tables, context_, EventKind::roster_changed, 0, after.no);
  });
}

Code Directory::client_archive(std::string_view id, bool archived) {
  return context_.write(archived ? verb::client_archive : verb::client_restore, id, [&](Tables& tables) {
    const Client before = access::client(tables, id, Hold::exclusive);
    Client after = before;
    set_flag(after.flags, flag::client_archived, archived);
    if (after.flags == before.flags) return Code::exists;
    RosterUpdate rosters(tables, context_);
    rosters.change_clients({&after, 1});
    rosters.finish();
    emit(tables, context_, EventKind::roster_changed, 0, after.no);
    return Code::ok;
  });
}

Code Directory::roster_add(std::string_view provider, std::string_view client) {
  check_id(client, "client id");
  const Code result = roster_add_many(provider, std::span(&client, 1))[0];
  if (result == Code::not_found) throw Error(Code::not_found, "there is no such client");
  return result;
}

std::vector<Code> Directory::roster_add_many(std::string_view provider_id,
                                             std::span<const std::string_view> ids, bool archived) {
  return context_.write(verb::roster_add, provider_id, [&](Tables& tables) {
    std::vector<Code> results(ids.size(), Code::ok);
    std::vector<std::size_t> sound;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      try {
        check_id(ids[i], "client id");
        sound.push_back(i);
      } catch (const Error& error) {
        results[i] = error.code();
      }
    }
    const auto locked = lock_clients(tables, ids, sound);
    const Provider provider = access::provider(tables, provider_id, Hold::shared);
    RosterWork roster = access::lock_roster(tables, provider.no);
    RosterUpdate rosters(tables, context_);
    ClientNo last_added = 0;
    const Place first = roster.next_place;
    std::size_t pages = 0;
    for_each_page(std::span<const std::size_t>(sound), [&](auto page, std::size_t) {
      const auto& found = locked[pages++];
      std::vector<const Client*> clients;
      std::vector<std::size_t> numbers;
      for (const auto i : page) {
        if (const auto* client = found.find(ids[i])) {
          clients.push_back(client);
          numbers.push_back(i);
        } else {
          results[i] = Code::not_found;
        }
      }
      if (clients.empty()) return;
      const auto added = rosters.add(roster, clients, archived ? flag::archived : 0);
      for (std::size_t i = 0; i < clients.size(); ++i) {
        if (added[i]) {
          last_added = clients[i]->no;
        } else {
          results[numbers[i]] = Code::exists;
        }
      }
    });
    if (roster.next_place == first) return results;
    tables.directory().update_roster_work(roster);
    rosters.finish();
    emit(tables, context_, EventKind::roster_changed, provider.no, ids.size() == 1 ? last_added : 0);
    return results;
  });
}

void Directory::roster_set(std::string_view provider_id, std::string_view client, std::string_view key,
                           std::string_view value) {
  context_.write(verb::roster_set, provider_id, [&](Tables& tables) {
    const Provider provider = access::provider(tables, provider_id, Hold::shared);
    tables.lock().rosters({&provider.no, 1});
    const RosterEntry before = access::entry(tables, provider, client);
    RosterEntry entry = before;
    if (key != "chat" && key != "notify") no_such_key();
    set_flag(entry.flags, key == "chat" ? flag::chat_off : flag::notify_off, !parse_switch(value));
    if (entry.flags == before.flags) return;
    RosterUpdate rosters(tables, context_);
    rosters.change(entry, before);
    rosters.finish();
    emit(tables, context_, EventKind::roster_changed, provider.no, entry.client.no);
  });
}

Code Directory::roster_archive(std::string_view provider_id, std::string_view client, bool archived) {
  return context_.write(archived ? verb::roster_archive : verb::roster_restore, provider_id,
                        [&](Tables& tables) {
                          const Provider provider = access::provider(tables, provider_id, Hold::shared);
                          tables.lock().rosters({&provider.no, 1});
                          const RosterEntry before = access::entry(tables, provider, client);
                          RosterEntry entry = before;
                          set_flag(entry.flags, flag::archived, archived);
                          if (entry.flags == before.flags) return Code::exists;
                          RosterUpdate rosters(tables, context_);
                          rosters.change(entry, before);
                          rosters.finish();
                          emit(tables, context_, EventKind::roster_changed, provider.no, entry.client.no);
                          return Code::ok;
                        });
}

std::vector<Code> Directory::roster_archive_many(std::string_view provider_id,
                                                 std::span<const std::string_view> ids) {
  return context_.write(verb::roster_archive, provider_id, [&](Tables& tables) {
    std::vector<Code> results(ids.size(), Code::ok);
    const Provider provider = access::provider(tables, provider_id, Hold::shared);
    tables.lock().rosters({&provider.no, 1});
    const auto places = resolve_places(tables, provider, ids);
    RosterUpdate rosters(tables, context_);
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      results[i] = places[i].code;
      if (places[i].code == Code::ok) found.push_back(i);
    }
    for_each_page(std::span<const std::size_t>(found), [&](auto page, std::size_t) {
      std::vector<RosterKey> keys;
      for (const auto i : page) keys.push_back({provider.no, places[i].place});
      const auto entries = tables.directory().entries(keys);
      for (std::size_t i = 0; i < page.size(); ++i) {
        const RosterEntry& before = access::entry_in(entries, keys[i]);
        RosterEntry entry = before;
        entry.flags |= flag::archived;
        if (entry.flags == before.flags) {
          results[page[i]] = Code::exists;
        } else {
          rosters.change(std::move(entry), before);
        }
      }
      rosters.apply();
    });
    rosters.finish();
    if (std::find(results.begin(), results.end(), Code::ok) != results.end())
      emit(tables, context_, EventKind::roster_changed, provider.no, 0);
    return results;
  });
}

Page<ProviderRow> Directory::provider_list(std::string_view cursor, std::size_t limit) {
  constexpr std::string_view kList = "provider_list";
  const std::size_t most = page_limit(limit);
  std::string after;
  if (!cursor.empty()) {
    const auto opened = context_.cursors.open(kList, cursor);
    if (!opened) throw Error(Code::argument, "the cursor is not one of this list");
    after = *opened;
  }
  return context_.store.read([&](const Tables& tables) {
    Page<ProviderRow> page;
    const auto providers = tables.directory().providers(after, most + 1);
    page.items = rows_of(tables, std::span(providers).first(std::min(providers.size(), most)));
    if (providers.size() > most) page.next = context_.cursors.seal(kList, providers[most - 1].id);
    return page;
  });
}

ProviderRow Directory::provider_get(std::string_view id) {
  return context_.store.read([&](const Tables& tables) {
    const Provider provider = access::provider(tables, id);
    return rows_of(tables, {&provider, 1}).front();
  });
}

ClientRow Directory::client_get(std::string_view id) {
  return context_.store.read([&](const Tables& tables) {
    ClientRow row;
    const Client client = access::client(tables, id);
    row.client = client.id;
    row.client_name = client.name;
    row.locale = client.locale;
    row.timezone = client.zone;
    row.archived = (client.flags & flag::client_archived) != 0;
    row.chat = (client.flags & flag::client_chat_off) == 0;
    row.notify = (client.flags & flag::client_notify_off) == 0;
    row.address = client.addresses.get(kEmail);
    row.rosters = static_cast<std::int64_t>(tables.directory().memberships(client.no).size());
    return row;
  });
}

RosterCount Directory::roster_count(std::string_view provider_id) {
  return context_.store.read([&](const Tables& tables) {
    RosterCount count;
    const Provider provider = access::provider(tables, provider_id);
    const auto ends =
        for_each_roster_slice(tables, {&provider.no, 1}, [&](ProviderNo, const RosterSlice& slice) {
          count.active += slice.active.count();
          count.archived -= slice.active.count() + slice.dead.count();
        });
    count.archived += ends.at(provider.no);
    return count;
  });
}

}  // namespace bccast
