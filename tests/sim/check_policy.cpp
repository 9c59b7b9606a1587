// Schedules, and what a recall leaves to a client.
#include <algorithm>

#include "check.hpp"
#include "table.hpp"

namespace sim {
namespace {

constexpr std::int64_t kLateMs = 3'600'000;
constexpr std::int64_t kBusyMs = 60'000;  // longer than any call waits for another
/// Handlers take time: so much may have passed since the agenda was looked at.
constexpr std::int64_t kSlackMs = 1'800'000;

bool as_promised(const Model& model, const Blast& blast) {
  return !blast.promised ||
         (blast.promised->first == model.audience(blast) && blast.promised->second == *blast.text);
}

void check_missed(World& world, const Model& model, const Blast& blast, const std::string& reason) {
  const auto late = world.clock.wall_ms() - blast.scheduled_at;
  const bool right = reason == "late"      ? late > kLateMs
                     : reason == "too_few" ? model.audience(blast).size() < 2
                     : reason == "changed" ? !as_promised(model, blast)
                                           : false;
  require(right, "R11", "the blast " + blast.id.substr(0, 8) + " missed its time for no reason: " + reason);
}

void check_sent(World& world, const Model& model, const Blast& blast, std::int64_t sent_at) {
  const std::string what = "the blast " + blast.id.substr(0, 8);
  if (world.plant(Plant::sent_early)) sent_at = blast.scheduled_at - 1;
  require(sent_at >= blast.scheduled_at, "R11", what + " was sent before its time");
  require(sent_at <= blast.scheduled_at + kLateMs + kSlackMs, "R11", what + " was sent too late");
  require(model.audience(blast).size() >= 2 && as_promised(model, blast), "R11",
          what + " should not have gone");
}

}  // namespace

void check_schedules(World& world, Model& model, bool all) {
  for (std::size_t i = 0; i < model.blasts.size(); ++i) {
    Blast& blast = model.blasts[i];
    if (blast.state != Blast::State::scheduled) continue;
    bccast_rows* raw = nullptr;
    const auto code = bccast_blast_get(world.engine(), model.providers[Model::at(blast.provider)].id.c_str(),
                                       blast.id.c_str(), &raw);
    require(code == BCCAST_OK, "R11", std::string("a scheduled blast is gone: ") + bccast_error_message());
    const Table row(raw);
    auto state = row.text(0, "state");
    if (blast.held && world.plant(Plant::hold_is_ignored)) state = "sent";
    const bool due = blast.scheduled_at <= world.clock.wall_ms();
    if (state == "scheduled") {
      const auto at = row.number(0, "scheduled_at_ms");
      if (blast.held) {
        // While the disk was locked the clock went on.
        require(at >= blast.scheduled_at && at <= blast.scheduled_at + kBusyMs, "R11",
                "it is held for another time");
        blast.due += at - blast.scheduled_at;
        blast.scheduled_at = at;
        blast.held = false;
      }
      require(at == blast.scheduled_at, "R11", "it is scheduled for another time");
      require(!(due && all) && !world.plant(Plant::schedule_is_lost), "R11", "what was due was not sent");
      continue;
    }
    require(due, "R11", "the blast " + blast.id.substr(0, 8) + " is " + state + " before its time");
    if (state == "draft") {
      check_missed(world, model, blast, row.text(0, "missed_reason"));
      blast.state = Blast::State::draft;
      blast.due = kUnknown;
      ++blast.misses;
    } else {
      check_sent(world, model, blast, row.number(0, "sent_at_ms"));
      model.send(static_cast<BlastNo>(i), true);
      model.note_reasons();
      world.note_sent();
      check_blast(world, model, static_cast<BlastNo>(i));
    }
  }
}

void settle_fates(World& world, Model& model, PersonNo person) {
  const auto& id = model.people[Model::at(person)].id;
  for (auto& thread : model.threads) {
    if (thread.person != person || thread.fate == Thread::Fate::kept || thread.id.empty()) continue;
    bccast_rows* raw = nullptr;
    const auto code = bccast_client_messages(world.engine(), id.c_str(), thread.id.c_str(), 0, 1, 10, &raw);
    const Table rows(raw);
    const bool shown =
        code == BCCAST_OK || (thread.fate == Thread::Fate::gone && world.plant(Plant::recalled_is_shown));
    require(code == BCCAST_OK || code == BCCAST_E_NOT_FOUND, "P8", bccast_error_message());
    require(!shown || thread.fate == Thread::Fate::open, "P8",
            id + " still has what was recalled, and had not known of it: " + thread.id.substr(0, 8));
    if (thread.fate == Thread::Fate::open) thread.fate = shown ? Thread::Fate::kept : Thread::Fate::gone;
  }
}

}  // namespace sim
