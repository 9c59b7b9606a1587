#include "events.hpp"

#include <algorithm>
#include <memory>

#include "table.hpp"

namespace sim {
namespace {

std::string name_of_reader(std::uint32_t number) {
  return "reader" + std::to_string(number % 2);
}

void note(Reader& reader, const Table& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto event = rows.text(i, "event");
    if (i < reader.unacknowledged.size()) {
      require(reader.unacknowledged[i] == event, "events", "another event than when it was looked at before");
      continue;
    }
    require(reader.seen.insert(event).second, "events", "an event that was acknowledged, again");
    reader.unacknowledged.push_back(event);
    const auto kind = rows.text(i, "kind");
    if (kind.starts_with("blast.")) ++reader.blasts[kind + " " + rows.text(i, "object")];
  }
}

void note_before(Reader& reader, const Blast& blast, BlastNo number) {
  if (blast.sent()) reader.sent_before.insert(number);
  if (blast.state == Blast::State::recalled) reader.recalled_before.insert(number);
  reader.missed_before[number] = blast.misses;
  if (blast.sent() || blast.state == Blast::State::scheduled) reader.late_before.insert(number);
}

template <typename Count>
void check_policy_events(World& world, const Reader& reader, const Blast& blast, BlastNo number,
                         const Count& count) {
  const bool recalled = blast.state == Blast::State::recalled && !reader.recalled_before.contains(number);
  require(count("blast.recalled") == (recalled ? 1 : 0), "events", "told of another number of recalls");
  const auto before = reader.missed_before.find(number);
  const int missed = blast.misses - (before == reader.missed_before.end() ? 0 : before->second);
  require(count("blast.missed") == missed, "events",
          "told " + std::to_string(count("blast.missed")) + " times of what was missed " +
              std::to_string(missed));
  auto overdue = count("blast.overdue");
  if (overdue == blast.sendings && overdue > 0 && world.plant(Plant::overdue_said_twice)) ++overdue;
  require(overdue <= blast.sendings, "events", "overdue more than once for each deadline");
  if (!blast.late || reader.late_before.contains(number)) return;
  if (world.plant(Plant::overdue_not_said)) overdue = 0;
  require(overdue > 0, "events", "overdue was not said");
}

}  // namespace

void look_at_events(World& world, std::uint32_t number, std::uint32_t limit) {
  if (world.clock.spread_ms() >= kEventsKeptMs) return;  // old ones are forgotten by now
  const auto name = name_of_reader(number);
  Table rows;
  const bool first = !world.model.readers[name].known;
  const auto code = world.act(
      "events " + name, {BCCAST_OK},
      [&] {
        bccast_rows* raw = nullptr;
        const auto result = bccast_events(world.engine(), name.c_str(), limit, &raw);
        rows = Table(raw);
        return result;
      },
      [=](Model& to) {
        Reader& it = to.readers[name];
        if (it.known) return;
        it.known = true;
        for (std::size_t i = 0; i < to.blasts.size(); ++i)
          note_before(it, to.blasts[i], static_cast<BlastNo>(i));
      },
      true);
  if (code != BCCAST_OK) return;
  require(!first || rows.size() == 0, "events", "a reader is told of what was before its first call");
  Reader& reader = world.model.readers[name];
  require(rows.size() >= std::min<std::size_t>(limit, reader.unacknowledged.size()), "events",
          "events that were not acknowledged are gone");
  note(reader, rows);
}

void acknowledge_event(World& world, std::uint32_t number, std::uint32_t which) {
  if (world.clock.spread_ms() >= kEventsKeptMs) return;
  const auto name = name_of_reader(number);
  const Reader& reader = world.model.readers[name];
  if (reader.unacknowledged.empty()) return;
  const auto count = 1 + which % reader.unacknowledged.size();
  const auto event = reader.unacknowledged[count - 1];
  world.act(
      "acknowledge " + name + " " + std::to_string(count), {BCCAST_OK},
      [&] { return bccast_events_ack(world.engine(), name.c_str(), event.c_str()); },
      [=](Model& to) {
        auto& left = to.readers[name].unacknowledged;
        left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(count));
      },
      true);
}

void check_events(World& world) {
  if (world.clock.spread_ms() >= kEventsKeptMs) return;
  for (std::uint32_t number = 0; number < 2; ++number) {
    const auto name = name_of_reader(number);
    if (!world.model.readers[name].known) continue;
    for (;;) {
      const auto before = world.model.readers[name].seen.size();
      look_at_events(world, number, 1000);
      const Reader& reader = world.model.readers[name];
      if (reader.seen.size() == before && reader.unacknowledged.empty()) break;
      if (!reader.unacknowledged.empty())
        acknowledge_event(world, number, static_cast<std::uint32_t>(reader.unacknowledged.size() - 1));
    }
    const Reader& reader = world.model.readers[name];
    for (std::size_t i = 0; i < world.model.blasts.size(); ++i) {
      const Blast& blast = world.model.blasts[i];
      const auto count = [&](const char* kind) {
        const auto found = reader.blasts.find(kind + (" " + blast.id));
        return found == reader.blasts.end() ? 0 : found->second;
      };
      check_policy_events(world, reader, blast, static_cast<BlastNo>(i), count);
      if (!blast.sent()) continue;
      const bool before = reader.sent_before.contains(static_cast<BlastNo>(i));
      require(count("blast.sent") == (before ? 0 : 1), "events",
              name + " was told " + std::to_string(count("blast.sent")) + " times that a blast was sent");
      require(before || !blast.finished || count("blast.finished") >= 1, "events",
              name + " was not told that a blast has finished");
    }
  }
}

}  // namespace sim
