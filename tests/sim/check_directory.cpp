// Who is there, and in what state: providers, clients, rosters, members, channels.
#include <algorithm>
#include <map>
#include <set>

#include "check.hpp"
#include "table.hpp"

namespace sim {
namespace {

constexpr const char* kCheck = "directory";

Table rows_of(std::int32_t code, bccast_rows* rows) {
  require(code == BCCAST_OK, kCheck, bccast_error_message());
  return Table(rows);
}

void check_clients(World& world, const Model& model) {
  for (std::uint32_t i = 0; i < kClientIds; ++i) {
    const auto id = client_id(i);
    const auto known = model.person(id);
    bccast_rows* raw = nullptr;
    const auto code = bccast_directory_client_get(world.engine(), id.c_str(), &raw);
    const Table row(raw);
    require(code == (known ? BCCAST_OK : BCCAST_E_NOT_FOUND), kCheck, id + " is there, or is not");
    if (!known) continue;
    const Person& person = model.people[Model::at(*known)];
    require(row.text(0, "client_name") == person.name, kCheck, id + " has another name");
    require((row.number(0, "archived") != 0) == person.archived, kCheck, id + " is archived, or is not");
    const auto address = person.addresses.find("email");
    require(row.text(0, "address") == (address == person.addresses.end() ? "" : address->second), kCheck,
            id + " has another address");
  }
}

void check_roster(World& world, const Model& model, ProviderNo number) {
  const Provider& provider = model.providers[Model::at(number)];
  bccast_rows* raw = nullptr;
  const auto code = bccast_provider_roster(world.engine(), provider.id.c_str(), nullptr, nullptr, 1000, &raw);
  const Table rows = rows_of(code, raw);
  require(rows.size() == provider.roster.size(), kCheck, provider.id + "'s roster is longer, or shorter");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto client = rows.text(i, "client");
    const auto who = model.person(client);
    require(who && model.entry(number, *who) != nullptr, kCheck, client + " is not on the roster");
    require((rows.text(i, "state") == "active") == model.active(number, *who), kCheck,
            client + " is " + rows.text(i, "state") + " with " + provider.id);
  }
}

void check_members(World& world, const Model& model, const Thread& thread) {
  bccast_rows* raw = nullptr;
  const auto code = bccast_provider_members(
      world.engine(), model.providers[Model::at(thread.provider)].id.c_str(), thread.id.c_str(), &raw);
  const Table rows = rows_of(code, raw);
  require(rows.size() == thread.members.size(), kCheck, "a community has more members, or fewer");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto who = model.person(rows.text(i, "client"));
    require(who && thread.members.contains(*who), kCheck, rows.text(i, "client") + " is no member");
  }
}

void check_channels(World& world, const Model& model) {
  bccast_rows* raw = nullptr;
  const auto code = bccast_channel_list(world.engine(), &raw);
  const Table rows = rows_of(code, raw);
  require(rows.size() == model.living_channels().size(), kCheck, "there are more channels, or fewer");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto name = rows.text(i, "channel");
    const auto known = model.channel(name);
    require(known.has_value(), kCheck, "there is a channel " + name);
    const Channel& channel = model.channels[Model::at(*known)];
    require((rows.text(i, "role") == "deliver") == channel.deliver, kCheck, name + " has another role");
    require((rows.number(i, "paused") != 0) == channel.paused, kCheck, name + " is paused, or is not");
  }
}

}  // namespace

std::set<std::string> failing_channels(bccast_engine* engine) {
  bccast_rows* raw = nullptr;
  const auto code = bccast_channel_list(engine, &raw);
  const Table rows = rows_of(code, raw);
  std::set<std::string> failing;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (!rows.empty(i, "failing_since_ms")) failing.insert(rows.text(i, "channel"));
  return failing;
}

void check_directory(World& world, Model& model) {
  learn_pauses(world, model);
  bccast_rows* raw = nullptr;
  const auto code = bccast_directory_provider_list(world.engine(), nullptr, 1000, &raw);
  const Table providers = rows_of(code, raw);
  require(providers.size() == model.providers.size(), kCheck, "there are more providers, or fewer");
  for (std::size_t i = 0; i < providers.size(); ++i) {
    const auto found = std::ranges::find(model.providers, providers.text(i, "provider"), &Provider::id);
    require(found != model.providers.end(), kCheck, "there is another provider");
    require(providers.text(i, "provider_name") == found->name, kCheck, found->id + " has another name");
    require((providers.number(i, "archived") != 0) == found->archived, kCheck,
            found->id + " is archived, or is not");
  }
  check_clients(world, model);
  for (std::size_t i = 0; i < model.providers.size(); ++i)
    check_roster(world, model, static_cast<ProviderNo>(i));
  for (const auto& thread : model.threads)
    if (thread.kind == Thread::Kind::community) check_members(world, model, thread);
  check_channels(world, model);
}

}  // namespace sim
