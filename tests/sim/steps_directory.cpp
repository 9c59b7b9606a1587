// Providers, clients and rosters.
#include <array>

#include "world.hpp"

namespace sim {
namespace {

/// Some have one of a few addresses that families share, in letters of either case.
std::string address_of(const std::string& id, std::uint32_t number) {
  constexpr std::array kShared{"family@example.org", "Family@Example.org", "home-1", "home-1"};
  if (id.front() == 'c' && number % 3 == 0) return kShared[number / 3 % kShared.size()];
  return id + "." + std::to_string(number % 1000) + "@example.org";
}

const char* zone_of(std::uint32_t number) {
  constexpr std::array kZones{"", "UTC", "Etc/GMT-5", "Etc/GMT+7"};
  return kZones[number % kZones.size()];
}

void provider(World& world, const Step& step) {
  const auto number = step.a % 3;
  const std::string id = "p" + std::to_string(number);
  const std::string name = "Dr. " + std::to_string(step.b % 100);
  auto& providers = world.model.providers;
  std::size_t at = 0;
  while (at < providers.size() && providers[at].id != id) ++at;
  world.act(
      "provider_put " + id, {BCCAST_OK},
      [&] { return bccast_directory_provider_put(world.engine(), id.c_str(), name.c_str()); },
      [=](Model& to) {
        if (at == to.providers.size()) to.providers.push_back({id, {}, false, {}, {}});
        to.providers[at].name = name;
      });
}

void provider_address(World& world, const Step& step) {
  const auto p = some_provider(world, step.a);
  if (!p) return;
  const auto id = world.model.providers[Model::at(*p)].id;
  const std::string channel = channel_name(step.b);
  const std::string address = step.c % 4 == 0 ? "" : address_of(id, step.c);
  world.act(
      "provider_set " + id + " " + channel, {BCCAST_OK},
      [&] {
        return bccast_directory_provider_set(world.engine(), id.c_str(), ("address." + channel).c_str(),
                                             address.c_str());
      },
      [=](Model& to) {
        auto& addresses = to.providers[Model::at(*p)].addresses;
        address.empty() ? static_cast<void>(addresses.erase(channel))
                        : static_cast<void>(addresses[channel] = address);
      },
      true);
}

void provider_zone(World& world, const Step& step) {
  const auto p = some_provider(world, step.a);
  if (!p) return;
  const auto id = world.model.providers[Model::at(*p)].id;
  const std::string zone = zone_of(step.b);
  world.act(
      "provider_set " + id + " " + zone, {BCCAST_OK},
      [&] { return bccast_directory_provider_set(world.engine(), id.c_str(), "timezone", zone.c_str()); },
      [=](Model& to) { to.providers[Model::at(*p)].zone = zone; }, true);
}

void provider_end(World& world, const Step& step) {
  const auto p = some_provider(world, step.a);
  if (!p) return;
  const auto& it = world.model.providers[Model::at(*p)];
  const bool archive = step.kind == Kind::provider_archive;
  if (archive && step.b % 2 == 0) return;
  world.act((archive ? "provider_archive " : "provider_restore ") + it.id,
            {it.archived == archive ? BCCAST_EXISTS : BCCAST_OK},
            [&] {
              return (archive ? bccast_directory_provider_archive : bccast_directory_provider_restore)(
                  world.engine(), it.id.c_str());
            },
            [=](Model& to) {
              if (archive) {
                to.archive_provider(*p);
              } else {
                to.providers[Model::at(*p)].archived = false;
              }
            });
}

void client(World& world, const Step& step) {
  const auto id = client_id(step.a);
  const std::string name = "Client " + std::to_string(step.b % 100);
  const bool with_address = step.c % 5 != 0;
  const auto address = address_of(id, step.c);
  const auto known = world.model.person(id);
  const auto next = static_cast<PersonNo>(world.model.people.size());
  world.act(
      "client_put " + id, {BCCAST_OK},
      [&] {
        return bccast_directory_client_put(world.engine(), id.c_str(), name.c_str(),
                                           with_address ? address.c_str() : nullptr);
      },
      [=](Model& to) {
        if (!known) {
          to.people.push_back({id, {}, {}});
          to.clients[id] = next;
        }
        auto& it = to.people[Model::at(known.value_or(next))];
        it.name = name;
        if (with_address) to.put_address(known.value_or(next), "email", address);
      });
}

void client_set(World& world, const Step& step) {
  const auto id = client_id(step.a);
  const auto known = world.model.person(id);
  std::string key;
  std::string value;
  if (step.kind == Kind::client_flag) {
    key = step.b % 2 == 0 ? "chat" : "notify";
    value = step.c % 3 == 0 ? "off" : "on";
  } else if (step.kind == Kind::client_zone) {
    key = "timezone";
    value = zone_of(step.b);
  } else {
    key = std::string("address.") + channel_name(step.b);
    value = step.c % 5 == 0 ? "" : address_of(id, step.c);
  }
  world.act(
      "client_set " + id + " " + key + " " + value, {known ? BCCAST_OK : BCCAST_E_NOT_FOUND},
      [&] { return bccast_directory_client_set(world.engine(), id.c_str(), key.c_str(), value.c_str()); },
      [=](Model& to) {
        auto& it = to.people[Model::at(*known)];
        if (key == "chat") {
          it.chat = value == "on";
        } else if (key == "notify") {
          it.notify = value == "on";
        } else if (key == "timezone") {
          it.zone = value;
        } else {
          to.put_address(*known, key.substr(8), value);
        }
      },
      true);
}

void client_state(World& world, const Step& step) {
  const auto id = client_id(step.a);
  const auto known = world.model.person(id);
  const bool archive = step.kind == Kind::client_archive;
  const bool is = known && world.model.people[Model::at(*known)].archived;
  world.act((archive ? "client_archive " : "client_restore ") + id,
            {!known          ? BCCAST_E_NOT_FOUND
             : is == archive ? BCCAST_EXISTS
                             : BCCAST_OK},
            [&] {
              return (archive ? bccast_directory_client_archive : bccast_directory_client_restore)(
                  world.engine(), id.c_str());
            },
            [=](Model& to) {
              if (archive) {
                to.archive_person(*known);
              } else {
                to.people[Model::at(*known)].archived = false;
              }
            });
}

void client_erase(World& world, const Step& step) {
  const auto id = client_id(step.a);
  const auto known = world.model.person(id);
  world.act(
      "client_erase " + id,
      {known ? BCCAST_OK : BCCAST_E_NOT_FOUND, known ? BCCAST_PARTIAL : BCCAST_E_NOT_FOUND},
      [&] { return bccast_directory_client_erase(world.engine(), id.c_str()); },
      [=](Model& to) { to.erase(*known); });
}

void roster(World& world, const Step& step) {
  const auto p = some_provider(world, step.a);
  if (!p) return;
  const auto provider = world.model.providers[Model::at(*p)].id;
  const auto id = client_id(step.b);
  const auto known = world.model.person(id);
  const auto* entry = known ? world.model.entry(*p, *known) : nullptr;
  const std::string who = provider + " " + id;
  if (step.kind == Kind::roster_add) {
    world.act(
        "roster_add " + who,
        {!known             ? BCCAST_E_NOT_FOUND
         : entry != nullptr ? BCCAST_EXISTS
                            : BCCAST_OK},
        [&] { return bccast_directory_roster_add(world.engine(), provider.c_str(), id.c_str()); },
        [=](Model& to) { to.add_to_roster(*p, *known); });
    return;
  }
  if (step.kind == Kind::roster_flag) {
    const bool chat = step.c % 2 == 0;
    const bool on = step.c % 3 != 0;
    world.act(
        "roster_set " + who + (chat ? " chat " : " notify ") + (on ? "on" : "off"),
        {entry == nullptr ? BCCAST_E_NOT_FOUND : BCCAST_OK},
        [&] {
          return bccast_directory_roster_set(world.engine(), provider.c_str(), id.c_str(),
                                             chat ? "chat" : "notify", on ? "on" : "off");
        },
        [=](Model& to) { (chat ? to.entry(*p, *known)->chat : to.entry(*p, *known)->notify) = on; }, true);
    return;
  }
  const bool archive = step.kind == Kind::roster_archive;
  world.act((archive ? "roster_archive " : "roster_restore ") + who,
            {entry == nullptr             ? BCCAST_E_NOT_FOUND
             : entry->archived == archive ? BCCAST_EXISTS
                                          : BCCAST_OK},
            [&] {
              return (archive ? bccast_directory_roster_archive : bccast_directory_roster_restore)(
                  world.engine(), provider.c_str(), id.c_str());
            },
            [=](Model& to) {
              if (archive) {
                to.archive_entry(*p, *known);
              } else {
                to.entry(*p, *known)->archived = false;
              }
            });
}

}  // namespace

void directory_step(World& world, const Step& step) {
  switch (step.kind) {
    case Kind::provider:
      return provider(world, step);
    case Kind::provider_address:
      return provider_address(world, step);
    case Kind::provider_zone:
      return provider_zone(world, step);
    case Kind::provider_archive:
    case Kind::provider_restore:
      return provider_end(world, step);
    case Kind::client:
      return client(world, step);
    case Kind::client_address:
    case Kind::client_flag:
    case Kind::client_zone:
      return client_set(world, step);
    case Kind::client_archive:
    case Kind::client_restore:
      return client_state(world, step);
    case Kind::client_erase:
      return step.b % 2 == 0 ? client_erase(world, step) : void();
    case Kind::roster_add:
    case Kind::roster_archive:
    case Kind::roster_restore:
    case Kind::roster_flag:
      return roster(world, step);
    default:
      return;
  }
}

}  // namespace sim
