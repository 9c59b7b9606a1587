// Drafts and sending.
#include <algorithm>
#include <array>
#include <memory>

#include "check.hpp"
#include "world.hpp"

namespace sim {
namespace {

/// A blast that is no longer there is one that nobody knows.
std::optional<BlastNo> some_blast(const World& world, std::uint32_t number, bool prefer_draft) {
  const auto& blasts = world.model.blasts;
  if (blasts.empty()) return std::nullopt;
  for (std::size_t i = 0; prefer_draft && i < blasts.size(); ++i) {
    const auto one = (number + i) % blasts.size();
    if (blasts[one].state == Blast::State::draft && !blasts[one].id.empty()) return static_cast<BlastNo>(one);
  }
  return static_cast<BlastNo>(number % blasts.size());
}

std::optional<BlastNo> create(World& world, ProviderNo p) {
  const auto& provider = world.model.providers[Model::at(p)];
  const auto made = static_cast<BlastNo>(world.model.blasts.size());
  const auto id = std::make_shared<std::string>();
  const auto code = world.act(
      "create " + provider.id, {provider.archived ? BCCAST_E_STATE : BCCAST_OK},
      [&] {
        char out[BCCAST_ID_SIZE] = "";
        const auto result = bccast_blast_create(world.engine(), provider.id.c_str(), nullptr, out);
        *id = out;
        return result;
      },
      [=](Model& to) {
        Blast blast;
        blast.provider = p;
        blast.id = *id;
        to.blasts.push_back(std::move(blast));
      });
  return code == BCCAST_OK ? std::optional(made) : std::nullopt;
}

/// What a verb on a draft gives, before anything of its own.
std::vector<std::int32_t> expected_of(const World& world, const Blast& blast) {
  std::vector<std::int32_t> allowed;
  if (blast.state == Blast::State::discarded) allowed.push_back(BCCAST_E_NOT_FOUND);
  if (world.model.providers[Model::at(blast.provider)].archived ||
      (blast.state != Blast::State::draft && blast.state != Blast::State::discarded))
    allowed.push_back(BCCAST_E_STATE);
  if (allowed.empty()) allowed.push_back(BCCAST_OK);
  return allowed;
}

void select_one(World& world, BlastNo number, std::uint32_t client, bool pick) {
  const auto& blast = world.model.blasts[Model::at(number)];
  const auto& provider = world.model.providers[Model::at(blast.provider)].id;
  const auto id = client_id(client);
  const auto who = world.model.person(id);
  auto allowed = expected_of(world, blast);
  if (!who || world.model.entry(blast.provider, *who) == nullptr) {
    if (allowed.front() == BCCAST_OK) allowed.clear();
    allowed.push_back(BCCAST_E_NOT_FOUND);
  }
  world.act((pick ? "select " : "deselect ") + blast.id.substr(0, 8) + " " + id, allowed,
            [&] {
              return (pick ? bccast_blast_select : bccast_blast_deselect)(world.engine(), provider.c_str(),
                                                                          blast.id.c_str(), id.c_str());
            },
            [=](Model& to) {
              auto& it = to.blasts[Model::at(number)];
              (pick ? it.picked : it.deselected).insert(*who);
              (pick ? it.deselected : it.picked).erase(*who);
            },
            true);
}

void select_rule(World& world, BlastNo number, bool all) {
  const auto& blast = world.model.blasts[Model::at(number)];
  const auto& provider = world.model.providers[Model::at(blast.provider)].id;
  world.act((all ? "select_all " : "select_none ") + blast.id.substr(0, 8), expected_of(world, blast),
            [&] {
              return (all ? bccast_blast_select_all_active : bccast_blast_select_none)(
                  world.engine(), provider.c_str(), blast.id.c_str());
            },
            [=](Model& to) {
              auto& it = to.blasts[Model::at(number)];
              it.all = all;
              it.picked.clear();
              it.deselected.clear();
            },
            true);
}

void write(World& world, BlastNo number, std::uint32_t salt) {
  const auto& blast = world.model.blasts[Model::at(number)];
  const auto& provider = world.model.providers[Model::at(blast.provider)].id;
  const std::string text =
      "Text " + std::to_string(salt) + std::string(salt % 50 == 0 ? 5000 : salt % 40, '.');
  world.act(
      "write " + blast.id.substr(0, 8), expected_of(world, blast),
      [&] {
        return bccast_blast_write(world.engine(), provider.c_str(), blast.id.c_str(), text.data(),
                                  text.size());
      },
      [=](Model& to) { to.blasts[Model::at(number)].text = text; }, true);
}

void only_channels(World& world, BlastNo number, std::uint32_t which) {
  const auto& blast = world.model.blasts[Model::at(number)];
  const auto& provider = world.model.providers[Model::at(blast.provider)].id;
  std::string names;
  std::set<std::string> chosen;
  bool known = true;
  for (std::size_t i = 0; i < kChannelNames; ++i) {
    if ((which >> i & 1U) == 0) continue;
    names += (names.empty() ? "" : ",") + std::string(channel_name(i));
    chosen.insert(channel_name(i));
    known = known && world.model.channel(channel_name(i)).has_value();
  }
  auto allowed = expected_of(world, blast);
  if (!known) {
    if (allowed.front() == BCCAST_OK) allowed.clear();
    allowed.push_back(BCCAST_E_NOT_FOUND);
  }
  world.act(
      "set channels " + names, allowed,
      [&] {
        return bccast_blast_set(world.engine(), provider.c_str(), blast.id.c_str(), "channels",
                                names.c_str());
      },
      [=](Model& to) {
        auto& only = to.blasts[Model::at(number)].only;
        only = chosen.empty() ? std::nullopt : std::optional(chosen);
      },
      true);
}

void hold(World& world, BlastNo number, std::uint32_t how) {
  constexpr std::array<std::int64_t, 5> kHolds{0, 1000, 30'000, 600'000, kHour};
  const auto& blast = world.model.blasts[Model::at(number)];
  const auto& provider = world.model.providers[Model::at(blast.provider)].id;
  const auto ms = kHolds[how % kHolds.size()];
  const auto value = ms == 0 && how % 2 == 0 ? "" : std::to_string(ms);
  world.act(
      "set hold_ms " + value, expected_of(world, blast),
      [&] {
        return bccast_blast_set(world.engine(), provider.c_str(), blast.id.c_str(), "hold_ms", value.c_str());
      },
      [=](Model& to) { to.blasts[Model::at(number)].hold_ms = ms; }, true);
}

void deadline(World& world, BlastNo number, std::uint32_t how) {
  constexpr std::array<std::int64_t, 4> kDeadlines{1, 5000, 600'000, 30 * kHour};
  const auto& blast = world.model.blasts[Model::at(number)];
  const auto& provider = world.model.providers[Model::at(blast.provider)].id;
  const auto ms = how % 5 == 0 ? kHour : kDeadlines[how % kDeadlines.size()];
  const auto value = how % 5 == 0 ? "" : std::to_string(ms);
  world.act(
      "set deadline_ms " + value, expected_of(world, blast),
      [&] {
        return bccast_blast_set(world.engine(), provider.c_str(), blast.id.c_str(), "deadline_ms",
                                value.c_str());
      },
      [=](Model& to) { to.blasts[Model::at(number)].deadline_ms = ms; }, true);
}

/// Of a recalled blast all is read: of these nobody is chosen by it.
void select_from(World& world, BlastNo number, const Step& step) {
  const auto& blast = world.model.blasts[Model::at(number)];
  const auto& from = world.model.blasts[step.b % world.model.blasts.size()];
  const auto& provider = world.model.providers[Model::at(blast.provider)].id;
  if (from.id.empty()) return;
  const bool recalled = from.state == Blast::State::recalled;
  constexpr std::array kFilters{"", "replied=0", "replied=1", "opened=0", "opened=1", "opened=1&replied=0"};
  const std::string filter = kFilters[step.c % (recalled ? 3 : kFilters.size())];
  auto allowed = expected_of(world, blast);
  const auto refuse = [&](std::int32_t code) {
    if (allowed.front() == BCCAST_OK) allowed.clear();
    allowed.push_back(code);
  };
  if (from.provider != blast.provider || from.state == Blast::State::discarded) {
    refuse(BCCAST_E_NOT_FOUND);
  } else if (!from.sent()) {
    refuse(BCCAST_E_STATE);
  }
  std::set<PersonNo> them;
  for (const auto& [person, own] : from.threads) {
    const Thread& thread = world.model.threads[Model::at(own)];
    const PersonNo who = person;
    const bool opened = thread.client_read > 0;
    const bool replied =
        std::ranges::any_of(thread.messages, [who](const Message& m) { return m.author == who; });
    const auto fits = [&](const char* key, bool is) {
      const auto at = filter.find(key);
      return at == std::string::npos || (filter[at + std::string(key).size()] == '1') == is;
    };
    if (fits("opened=", opened) && fits("replied=", replied) && !world.model.people[Model::at(who)].erased)
      them.insert(who);
  }
  world.act(
      "select_from " + blast.id.substr(0, 8) + " " + from.id.substr(0, 8) + " " + filter, allowed,
      [&] {
        return bccast_blast_select_from(world.engine(), provider.c_str(), blast.id.c_str(), from.id.c_str(),
                                        filter.empty() ? nullptr : filter.c_str());
      },
      [=](Model& to) {
        auto& it = to.blasts[Model::at(number)];
        for (const auto who : them) {
          it.picked.insert(who);
          it.deselected.erase(who);
        }
      },
      true);
}

void discard(World& world, BlastNo number) {
  const auto& blast = world.model.blasts[Model::at(number)];
  const auto& provider = world.model.providers[Model::at(blast.provider)].id;
  world.act(
      "discard " + blast.id.substr(0, 8), expected_of(world, blast),
      [&] { return bccast_blast_discard(world.engine(), provider.c_str(), blast.id.c_str()); },
      [=](Model& to) { to.blasts[Model::at(number)].state = Blast::State::discarded; });
}

/// `how`: with which digest.
void send(World& world, BlastNo number, std::uint32_t how) {
  const auto& blast = world.model.blasts[Model::at(number)];
  const auto& provider = world.model.providers[Model::at(blast.provider)].id;
  auto allowed = expected_of(world, blast);
  const bool sent = blast.sent();
  if (blast.state == Blast::State::scheduled && !world.model.providers[Model::at(blast.provider)].archived)
    allowed = {BCCAST_OK};
  const auto now = world.clock.wall_ms();
  // The time that it waits is counted from when it was sent.
  const bool waits = blast.state == Blast::State::scheduled && blast.hold_ms > 0 &&
                     blast.scheduled_at <= now + blast.hold_ms;
  if (sent || waits) {
    allowed = {BCCAST_EXISTS};
    if (world.model.providers[Model::at(blast.provider)].archived) allowed.push_back(BCCAST_E_STATE);
  }
  const Digest digest = some_digest(world, number, how);
  if (allowed.front() == BCCAST_OK) {
    const bool few = world.model.audience(blast).size() < 2;
    if (few || !blast.text || !digest.fits) allowed.clear();
    if (!digest.fits) allowed.push_back(BCCAST_E_CONFLICT);
    if (!blast.text) allowed.push_back(BCCAST_E_STATE);
    if (few) allowed.push_back(BCCAST_E_TOO_FEW);
  }
  const bool hold = blast.hold_ms > 0;
  const bool lose = world.settings.plant == Plant::lost_send && allowed.front() == BCCAST_OK && !hold;
  const Image before = lose ? world.image() : Image{};
  const auto code = world.act(
      "send " + blast.id.substr(0, 8), allowed,
      [&] {
        return bccast_blast_send(world.engine(), provider.c_str(), blast.id.c_str(),
                                 digest.text.empty() ? nullptr : digest.text.c_str());
      },
      [=](Model& to) {
        if (!hold) return to.send(number);
        auto& it = to.blasts[Model::at(number)];
        it.state = Blast::State::scheduled;
        it.held = true;
        it.scheduled_at = now + it.hold_ms;
        it.promised = digest.of;
        it.due = it.scheduled_at + it.deadline_ms;
        it.late = false;
        ++it.sendings;
      });
  check_refused(world, code);
  if (code != BCCAST_OK || hold) return;
  world.note_sent();
  const CalmDisk calm;
  check_blast(world, world.model, number);
  if (lose && world.plant(Plant::lost_send)) world.crash(false, &before);
}

void whole_blast(World& world, const Step& step) {
  const auto p = some_provider(world, step.a);
  if (!p) return;
  const auto number = create(world, *p);
  if (!number) return;
  Prng how(step.c);
  const auto lost = [&] { return Model::at(*number) >= world.model.blasts.size(); };  // by a crash within
  if (how.percent(60)) {
    select_rule(world, *number, true);
    for (int i = 0; i < 2 && !lost(); ++i)
      if (how.percent(40))
        select_one(world, *number, static_cast<std::uint32_t>(how.below(kClientIds)), false);
  } else {
    for (int i = 0; i < 8 && !lost(); ++i)
      select_one(world, *number, static_cast<std::uint32_t>(how.below(kClientIds)), true);
  }
  if (!lost()) write(world, *number, step.b);
  if (!lost() && how.percent(12)) hold(world, *number, step.a);
  if (!lost()) send(world, *number, how.percent(30) ? step.b : 1);
}

}  // namespace

void blast_step(World& world, const Step& step) {
  if (step.kind == Kind::blast) return whole_blast(world, step);
  if (step.kind == Kind::create) {
    if (const auto p = some_provider(world, step.a)) create(world, *p);
    return;
  }
  if (step.kind < Kind::select || step.kind > Kind::send) return;
  const auto number = some_blast(world, step.a, step.c % 8 != 0);
  if (!number || world.model.blasts[Model::at(*number)].id.empty()) return;
  switch (step.kind) {
    case Kind::select:
    case Kind::deselect:
      return select_one(world, *number, step.b, step.kind == Kind::select);
    case Kind::select_all:
    case Kind::select_none:
      return select_rule(world, *number, step.kind == Kind::select_all);
    case Kind::write:
      return write(world, *number, step.b);
    case Kind::only_channels:
      return only_channels(world, *number, step.b);
    case Kind::hold:
      return hold(world, *number, step.b);
    case Kind::deadline:
      return deadline(world, *number, step.b);
    case Kind::select_from:
      return select_from(world, *number, step);
    case Kind::discard:
      return discard(world, *number);
    case Kind::send:
      return send(world, *number, step.b);
    default:
      return;
  }
}

}  // namespace sim
