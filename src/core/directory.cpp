#include "core/directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "core/access.hpp"
#include "core/events.hpp"
#include "core/resolve.hpp"
#include "core/roster_update.hpp"
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

/// The entries of a roster; dead places are none.
std::int64_t clients_of(const Tables& tables, const Provider& provider) {
  std::int64_t clients = provider.next_place;
  for (SliceNo s = 0; s < slices_for(provider.next_place); ++s)
    clients -= tables.directory().roster_slice(provider.no, s).dead.count();
  return clients;
}

ProviderRow row_of(const Tables& tables, const Provider& p) {
  return {p.id,
          p.name,
          p.locale,
          p.zone,
          std::string(p.addresses.get(kEmail)),
          clients_of(tables, p),
          p.archived_at != 0};
}

[[noreturn]] void no_such_key() {
  throw Error(Code::argument, "there is no such setting");
}

}  // namespace

void Directory::provider_put(std::string_view id, std::string_view name) {
  check_id(id, "provider id");
  check_name(name);
  context_.store.write([&](Tables& tables) {
    auto provider = tables.directory().provider(id);
    if (!provider) {
      provider.emplace();
      provider->id = id;
      provider->name = name;
      if (tables.directory().insert_provider(*provider) > kMaxProviders)
        throw Error(Code::limit, "the store is full: it has too many providers");
    } else if (provider->name != name) {
      provider->name = name;
      tables.directory().update_provider(*provider);
    }
  });
}

void Directory::provider_set(std::string_view id, std::string_view key, std::string_view value) {
  context_.store.write([&](Tables& tables) {
    auto provider = access::provider(tables, id);
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
  return context_.store.write([&](Tables& tables) {
    std::vector<Code> results = checked;
    RosterUpdate rosters(tables, context_);
    std::optional<ClientNo> first_new;
    std::unordered_set<ClientNo> changed;  // those that were there before
    Client fresh;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (results[i] != Code::ok) continue;
      fresh.id = ids[i];
      fresh.name = names.empty() ? std::string_view() : names[i];
      fresh.addresses = Addresses();
      if (!addresses.empty()) fresh.addresses.set(kEmail, addresses[i]);
      if (const auto no = tables.directory().insert_client(fresh)) {
        if (!first_new) first_new = no;
        continue;
      }
      const auto before = tables.directory().client(ids[i]);
      if (!before) throw Error(Code::corrupt, "a client is missing");
      if ((first_new && before->no >= *first_new) || !changed.insert(before->no).second) {
        results[i] = Code::exists;
        continue;
      }
      Client after = *before;
      if (!names.empty()) after.name = names[i];
      if (!addresses.empty()) after.addresses.set(kEmail, addresses[i]);
      if (after.name != before->name || after.addresses != before->addresses) rosters.change_client(after);
    }
    rosters.finish();
    if (!changed.empty())
      emit(tables, context_, EventKind::roster_changed, 0, changed.size() == 1 ? *changed.begin() : 0);
    return results;
  });
}

void Directory::client_set(std::string_view id, std::string_view key, std::string_view value) {
  context_.store.write([&](Tables& tables) {
    const Client before = access::client(tables, id);
    Client after = before;
    if (key == "chat") {
      set_flag(after.flags, flag::client_chat_off, !parse_switch(value));
    } else if (key == "notify") {
      set_flag(after.flags, flag::client_notify_off, !parse_switch(value));
    } else if (!set_common(after, key, value, context_.zones)) {
      no_such_key();
    }
    RosterUpdate rosters(tables, context_);
    rosters.change_client(after);
    rosters.finish();
    emit(tables, context_, EventKind::roster_changed, 0, after.no);
  });
}

Code Directory::client_archive(std::string_view id, bool archived) {
  return context_.store.write([&](Tables& tables) {
    const Client before = access::client(tables, id);
    Client after = before;
    set_flag(after.flags, flag::client_archived, archived);
    if (after.flags == before.flags) return Code::exists;
    RosterUpdate rosters(tables, context_);
    rosters.change_client(after);
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
  return context_.store.write([&](Tables& tables) {
    std::vector<Code> results(ids.size(), Code::ok);
    Provider provider = access::provider(tables, provider_id);
    RosterUpdate rosters(tables, context_);
    ClientNo last_added = 0;
    const Place first = provider.next_place;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      try {
        check_id(ids[i], "client id");
      } catch (const Error& error) {
        results[i] = error.code();
        continue;
      }
      const auto client = tables.directory().client(ids[i]);
      if (!client) {
        results[i] = Code::not_found;
      } else if (!rosters.add(provider, *client, archived ? flag::archived : 0)) {
        results[i] = Code::exists;
      } else {
        last_added = client->no;
      }
    }
    if (provider.next_place == first) return results;
    tables.directory().update_provider(provider);
    rosters.finish();
    emit(tables, context_, EventKind::roster_changed, provider.no, ids.size() == 1 ? last_added : 0);
    return results;
  });
}

void Directory::roster_set(std::string_view provider_id, std::string_view client, std::string_view key,
                           std::string_view value) {
  context_.store.write([&](Tables& tables) {
    const Provider provider = access::provider(tables, provider_id);
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
  return context_.store.write([&](Tables& tables) {
    const Provider provider = access::provider(tables, provider_id);
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
  return context_.store.write([&](Tables& tables) {
    std::vector<Code> results(ids.size(), Code::ok);
    const Provider provider = access::provider(tables, provider_id);
    const auto places = resolve_places(tables, provider, ids);
    RosterUpdate rosters(tables, context_);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      results[i] = places[i].code;
      if (places[i].code != Code::ok) continue;
      const auto before = tables.directory().entry(provider.no, places[i].place);
      if (!before) throw Error(Code::corrupt, "a roster entry is missing");
      RosterEntry entry = *before;
      entry.flags |= flag::archived;
      if (entry.flags == before->flags) {
        results[i] = Code::exists;
      } else {
        rosters.change(entry, *before);
      }
    }
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
    for (std::size_t i = 0; i < std::min(providers.size(), most); ++i)
      page.items.push_back(row_of(tables, providers[i]));
    if (providers.size() > most) page.next = context_.cursors.seal(kList, providers[most - 1].id);
    return page;
  });
}

ProviderRow Directory::provider_get(std::string_view id) {
  return context_.store.read(
      [&](const Tables& tables) { return row_of(tables, access::provider(tables, id)); });
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
    count.archived = provider.next_place;
    for (SliceNo s = 0; s < slices_for(provider.next_place); ++s) {
      const auto slice = tables.directory().roster_slice(provider.no, s);
      count.active += slice.active.count();
      count.archived -= slice.active.count() + slice.dead.count();
    }
    return count;
  });
}

}  // namespace bccast
