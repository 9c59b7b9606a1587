// Direct threads, replies, read marks and communities.
#include <memory>

#include "world.hpp"

namespace sim {
namespace {

std::string some_text(std::uint32_t salt) {
  return "Message " + std::to_string(salt) + std::string(salt % 30, '!');
}

/// `person` -1: the provider. With a key the same call again gives the first answer.
void reply(World& world, ThreadNo number, PersonNo person, std::uint32_t salt) {
  const Thread& thread = world.model.threads[Model::at(number)];
  const auto& provider = world.model.providers[Model::at(thread.provider)];
  const std::string who = person == -1 ? provider.id : world.model.people[Model::at(person)].id;
  const std::string text = some_text(salt);
  const std::string key = salt % 3 == 0 ? "k" + std::to_string(salt / 3 % 4) : "";
  const std::string whose = std::to_string(person) + " " + key;
  std::vector<std::int32_t> allowed{BCCAST_OK};
  const auto known = key.empty() ? thread.keys.end() : thread.keys.find(whose);
  const bool erased = thread.person != -1 && world.model.people[Model::at(thread.person)].erased;
  const bool first = thread.messages.empty();
  if (provider.archived || (person == -1 && erased)) {
    allowed = {BCCAST_E_STATE};
    if (known != thread.keys.end()) allowed.push_back(BCCAST_EXISTS);
  } else if (person == -1 && first && thread.person != -1 &&
             !world.model.active(thread.provider, thread.person)) {
    allowed = {BCCAST_E_STATE};
  } else if (known != thread.keys.end()) {
    allowed = {BCCAST_EXISTS};
  }
  if (thread.fate == Thread::Fate::open) return;  // not before it is known whether it is there
  if (thread.fate == Thread::Fate::gone) allowed = {BCCAST_E_NOT_FOUND, BCCAST_E_STATE};
  // Notices of one thread are told apart by their time.
  if (!first && salt % 10 != 0) world.clock.pass_ms(1000);
  const auto at_ms = std::make_shared<std::int64_t>(kUnknown);
  std::int64_t seq = 0;
  const auto code = world.act(
      (person == -1 ? "provider_reply " : "client_reply ") + who + " in " + thread.id.substr(0, 8), allowed,
      [&] {
        return (person == -1 ? bccast_provider_reply : bccast_client_reply)(
            world.engine(), who.c_str(), thread.id.c_str(), key.empty() ? nullptr : key.c_str(), text.data(),
            text.size(), &seq, at_ms.get());
      },
      [=](Model& to) {
        const int made = to.write(number, person, text, *at_ms > 0 ? *at_ms : kUnknown);
        if (!key.empty()) to.threads[Model::at(number)].keys[whose] = made;
      });
  if (code != BCCAST_OK && code != BCCAST_EXISTS) return;
  const Thread& now = world.model.threads[Model::at(number)];
  const auto expected = code == BCCAST_OK ? static_cast<int>(now.messages.size()) : now.keys.at(whose);
  require(seq == expected, "R1",
          who + " wrote message " + std::to_string(seq) + ", not " + std::to_string(expected));
}

void read(World& world, ThreadNo number, PersonNo person, std::uint32_t up_to) {
  const Thread& thread = world.model.threads[Model::at(number)];
  const std::string who = person == -1 ? world.model.providers[Model::at(thread.provider)].id
                                       : world.model.people[Model::at(person)].id;
  const auto seq = static_cast<int>(up_to % (thread.messages.size() + 3));
  if (thread.fate == Thread::Fate::open) return;
  const auto expected = thread.fate == Thread::Fate::gone ? BCCAST_E_NOT_FOUND : BCCAST_OK;
  world.act(
      "read " + who + " in " + thread.id.substr(0, 8) + " up to " + std::to_string(seq), {expected},
      [&] {
        return (person == -1 ? bccast_provider_read : bccast_client_read)(world.engine(), who.c_str(),
                                                                          thread.id.c_str(), seq);
      },
      [=](Model& to) { to.read(number, person, seq); });
}

void direct(World& world, const Step& step) {
  const auto p = some_provider(world, step.a);
  const auto who = world.model.person(client_id(step.b));
  if (!p || !who) return;
  const auto& provider = world.model.providers[Model::at(*p)];
  const auto known = world.model.direct.find({*p, *who});
  const bool there =
      known != world.model.direct.end() && !world.model.threads[Model::at(known->second)].messages.empty();
  char thread[BCCAST_ID_SIZE] = "";
  const auto code =
      bccast_provider_direct(world.engine(), provider.id.c_str(), client_id(step.b).c_str(), thread);
  if (world.model.entry(*p, *who) == nullptr) {
    if (code != BCCAST_E_NOT_FOUND && !world.excused(code, 0))
      throw Failure("code", "direct, not on the roster");
    return;
  }
  if (code == BCCAST_E_STATE) {
    require(!there && (!world.model.active(*p, *who) || provider.archived), "code", "direct gave STATE");
    return;
  }
  if (world.excused(code, 0) || (code < 0 && code != BCCAST_E_NOT_FOUND && Disk::instance().struck() > 0))
    return;
  require(code == BCCAST_OK, "code", std::string("direct gave ") + bccast_code_name(code));
  const auto number = world.model.direct_thread(*p, *who);
  auto& id = world.model.threads[Model::at(number)].id;
  require(id.empty() || id == thread, "R1", "a direct thread has another id than before");
  id = thread;
  reply(world, number, -1, step.c);
}

void client_act(World& world, const Step& step) {
  const auto who = world.model.person(client_id(step.a));
  if (!who) return;
  const auto inbox = world.model.inbox(*who);
  if (inbox.empty()) return;
  const auto thread = inbox[inbox.size() - 1 - step.b % inbox.size() / 2];
  if (world.model.threads[Model::at(thread)].id.empty()) return;
  if (step.kind == Kind::client_read) return read(world, thread, *who, step.c);
  reply(world, thread, *who, step.c);
}

void provider_act(World& world, const Step& step) {
  const auto count = world.model.threads.size();
  if (count == 0) return;
  const auto number = static_cast<ThreadNo>(step.b % count);
  const Thread& thread = world.model.threads[Model::at(number)];
  if (thread.id.empty()) return;
  if (step.kind == Kind::provider_read && !thread.messages.empty()) return read(world, number, -1, step.c);
  if (step.kind == Kind::provider_reply) reply(world, number, -1, step.c);
}

void community(World& world, const Step& step) {
  const auto p = some_provider(world, step.a);
  if (!p) return;
  const auto& provider = world.model.providers[Model::at(*p)];
  const std::string title = "Group " + std::to_string(step.b % 1000);
  const auto id = std::make_shared<std::string>();
  world.act(
      "community " + provider.id, {provider.archived ? BCCAST_E_STATE : BCCAST_OK},
      [&] {
        char out[BCCAST_ID_SIZE] = "";
        const auto code = bccast_provider_community(world.engine(), provider.id.c_str(), title.c_str(), out);
        *id = out;
        return code;
      },
      [=](Model& to) {
        Thread thread;
        thread.kind = Thread::Kind::community;
        thread.provider = *p;
        thread.id = *id;
        thread.title = title;
        to.threads.push_back(std::move(thread));
      });
}

void member(World& world, const Step& step) {
  std::vector<ThreadNo> them;
  for (std::size_t i = 0; i < world.model.threads.size(); ++i)
    if (world.model.threads[i].kind == Thread::Kind::community) them.push_back(static_cast<ThreadNo>(i));
  if (them.empty()) return;
  const auto number = them[step.a % them.size()];
  const Thread& thread = world.model.threads[Model::at(number)];
  const auto& provider = world.model.providers[Model::at(thread.provider)];
  const auto client = client_id(step.b);
  const auto who = world.model.person(client);
  const bool add = step.kind == Kind::member_add;
  const bool on_roster = who && world.model.entry(thread.provider, *who) != nullptr;
  const bool is = who && thread.members.contains(*who);
  std::vector<std::int32_t> allowed{BCCAST_OK};
  if (add) {
    if (!on_roster) {
      allowed = {BCCAST_E_NOT_FOUND};
    } else if (!world.model.active(thread.provider, *who)) {
      allowed = {BCCAST_E_STATE};
    } else if (is) {
      allowed = {BCCAST_EXISTS};
    }
  } else if (!is) {
    allowed = {BCCAST_E_NOT_FOUND};
  }
  if (provider.archived) {
    if (allowed.front() >= 0) allowed.clear();
    allowed.push_back(BCCAST_E_STATE);
  }
  world.act((add ? "member_add " : "member_remove ") + client, allowed,
            [&] {
              return (add ? bccast_provider_community_add : bccast_provider_community_remove)(
                  world.engine(), provider.id.c_str(), thread.id.c_str(), client.c_str());
            },
            [=](Model& to) {
              auto& it = to.threads[Model::at(number)];
              if (add) {
                const auto since = static_cast<int>(it.messages.size());
                it.members[*who] = {since, since};
              } else {
                it.members.erase(*who);
              }
            });
}

}  // namespace

void thread_step(World& world, const Step& step) {
  switch (step.kind) {
    case Kind::direct:
      return direct(world, step);
    case Kind::client_reply:
    case Kind::client_read:
      return client_act(world, step);
    case Kind::provider_reply:
    case Kind::provider_read:
      return provider_act(world, step);
    case Kind::community:
      return community(world, step);
    case Kind::member_add:
    case Kind::member_remove:
      return member(world, step);
    default:
      return;
  }
}

}  // namespace sim
