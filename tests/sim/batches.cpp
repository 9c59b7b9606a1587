// Batches: what they hold, what the handlers say, and what the host claims; what R2 promises of them.
#include <algorithm>
#include <memory>
#include <string_view>

#include "check.hpp"
#include "table.hpp"
#include "world.hpp"

namespace sim {
namespace {

using Answer = Item::Answer;

constexpr std::int64_t kLeaseMs = 60'000;
constexpr std::size_t kMostPending = 4;

}  // namespace

// ---- Being given items

Held World::take_batch(ChannelNo channel, bccast_batch* batch, bool by_handler) {
  const CalmDisk calm;
  check_schedules(*this, model, false);
  Held it;
  it.batch = batch;
  it.number = ++batches_;
  it.channel = channel;
  const Table rows(bccast_batch_rows(batch));
  const Channel& way = model.channels[Model::at(channel)];
  require(rows.size() > 0, "R2", "a batch without items");
  if (way.deliver && rows.text(0, "action") == "retract") return take_back(batch);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    std::string id = rows.text(row, "id");
    const auto to = rows.text(row, "to");
    const auto thread_id = rows.text(row, "thread");
    const bool to_provider = rows.text(row, "to_kind") == "provider";
    const auto at_ms = rows.number(row, "at_ms");
    const std::string what = "item " + id.substr(0, 8) + " of " + to + " on " + way.name;
    require(id.size() == 32, "P11", what + ": an id of another shape");
    require(at_ms % 1000 == 0, "P11", what + ": a time that is not in whole seconds");
    const auto who = model.person(to);
    require(to_provider || who, "R2", what + ": to somebody who is no client");
    std::optional<ThreadNo> thread;
    for (std::size_t t = 0; t < model.threads.size() && !thread; ++t) {
      auto& one = model.threads[t];
      if (one.id == thread_id) thread = static_cast<ThreadNo>(t);
    }
    require(thread.has_value(), "R2", what + ": of a thread that is not known, " + thread_id);
    const auto seq = way.deliver ? static_cast<int>(rows.number(row, "seq")) : 0;
    if (model.item_ids.contains(id) && plant(Plant::change_item_id)) id.back() = id.back() == '0' ? '1' : '0';
    const auto found = model.match(id, channel, to_provider, to_provider ? -1 : *who, *thread, at_ms, seq);
    require(found.has_value(), "R2", what + ": nothing in this thread is to be told to them so often");
    if (by_handler && !model.items[*found].given && plant(Plant::drop_notification)) continue;
    const int times = plant(Plant::double_notification) ? 2 : 1;
    for (int i = 0; i < times; ++i) {
      Item& item = model.items[*found];
      require(!item.ended(), "R2", what + ": given again after it had ended");
      const bool may_wait = item.given && item.clock_steps == clock.steps;
      if (item.given && !item.stored && !item.uncertain && !item.unclear)
        require(!may_wait || clock.wall_ms() >= item.lease_until, "R2",
                what + ": given again within its lease");
      if (item.stored && item.answer == Answer::retry)
        require(!may_wait || clock.wall_ms() >= item.not_before, "R2",
                what + ": given again before its time");
      if (item.uncertain || (item.given && !item.stored)) ++item.tries;
      ++tally_.given;
      if (item.given) ++tally_.repeated;
      item.given = item.open = true;
      item.stored = item.uncertain = item.unclear = false;
      item.answer = Answer::none;
      item.extended = false;
      item.batch = it.number;
      item.address = rows.text(row, "address");
      item.lease_until = clock.wall_ms() + kLeaseMs;
      item.clock_steps = clock.steps;
    }
    const Item& item = model.items[*found];
    const Thread& of = model.threads[Model::at(*thread)];
    if (of.kind == Thread::Kind::blast && item.seq == 1 && !item.alike) {
      auto state = model.blasts[Model::at(of.blast)].state;
      if (plant(Plant::recalled_is_told)) state = Blast::State::recalled;
      if (plant(Plant::paused_is_told)) state = Blast::State::paused;
      require(state != Blast::State::recalled, "P8", what + ": told of what was recalled");
      require(state != Blast::State::paused, "P8", what + ": told of what is paused");
    }
    if (way.deliver) {
      const char* text = nullptr;
      std::size_t length = 0;
      require(bccast_rows_get_text(bccast_batch_rows(batch), row, "text", &text, &length) == BCCAST_OK &&
                  std::string_view(text, length) ==
                      model.threads[Model::at(*thread)].messages[Model::at(item.seq - 1)].text,
              "R1", what + ": delivered with another text");
    } else {
      require(item.alike || !model.too_early(item), "R2", what + ": told before it was delivered");
    }
    if (!to_provider && !way.deliver) {
      const auto& person = model.people[Model::at(*who)];
      const auto* entry = model.entry(model.threads[Model::at(*thread)].provider, *who);
      require(entry != nullptr && person.notify && entry->notify, "R2",
              what + ": notified, and does not wish it");
      require(
          person.addresses.contains(way.name) && person.addresses.at(way.name) == rows.text(row, "address"),
          "R2", what + ": at an address that is not theirs");
      require(model.active(model.threads[Model::at(*thread)].provider, *who), "R2",
              what + ": notified, and archived");
    }
    trace("  given " + way.name + " " + to + " " + id.substr(0, 8) + " of message " +
          std::to_string(item.seq) + " in " + thread_id.substr(0, 8));
    it.items.push_back(*found);
    it.rounds.push_back(item.round);
    check_turn(*this, model, *found);
  }
  for (const auto item : it.items) model.items[item].alone = it.items.size() == 1;
  check_pace(*this, model, it);
  return it;
}

Held World::take_back(bccast_batch* batch) {
  Held it;
  it.batch = batch;
  it.number = ++batches_;
  it.retracts = true;
  const Table rows(bccast_batch_rows(batch));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto id = rows.text(row, "id");
    const auto known = model.item_ids.find(id);
    require(known != model.item_ids.end(), "R2", "to take back what was never delivered: " + id);
    const Thread& thread = model.threads[Model::at(model.items[known->second].thread)];
    require(thread.kind == Thread::Kind::blast &&
                model.blasts[Model::at(thread.blast)].state == Blast::State::recalled,
            "P8", "to take back what was not recalled");
    require(rows.text(row, "action") == "retract", "R2", "two actions in one batch");
  }
  trace("  take back " + std::to_string(rows.size()));
  return it;
}

// ---- Handlers

bool World::has_its_fill(ChannelNo channel) const {
  const auto kept =
      std::ranges::count_if(held, [&](const Held& it) { return it.by_handler && it.channel == channel; });
  return static_cast<std::size_t>(kept) >= kMostPending;
}

std::int32_t World::on_batch(const std::string& channel, bccast_batch* batch) {
  settle_said();  // nothing more is sent before what was said is stored
  const auto number = model.channel(channel);
  require(number.has_value(), "R2", "a batch for a channel that was removed");
  require(!model.channels[Model::at(*number)].paused, "R2", "a batch for a channel that is paused");
  require(!has_its_fill(*number), "limit", "a fifth batch while the handler keeps four");
  auto taken = take_batch(*number, batch, true);
  if (taken.retracts) return mood == Mood::any && prng.percent(30) ? BCCAST_E_NOTIFIER : BCCAST_OK;
  if (mood == Mood::good || taken.items.size() != bccast_rows_count(bccast_batch_rows(batch))) {
    for (const auto item : taken.items) say(item, Answer::done);
    return BCCAST_OK;
  }
  return answer(taken);
}

std::int32_t World::answer(Held& batch) {
  if (prng.percent(6)) plan_crash(1 + prng.below(3), prng.percent(30));
  if (prng.percent(12)) misbehave(batch.batch);
  if (prng.percent(8)) clock.pass_ms(static_cast<std::int64_t>(prng.below(100'000)));
  const auto roll = prng.below(100);
  if (roll < 45) {
    for (const auto item : batch.items) say(item, Answer::done);
    return BCCAST_OK;
  }
  if (roll < 78) return answer_each(batch);
  if (roll < 90) {
    for (const auto item : batch.items) say(item, Answer::whole);
    trace("  fails");
    return prng.percent(50) ? BCCAST_E_NOTIFIER : -10'001;
  }
  trace("  keeps");
  batch.by_handler = true;
  held.push_back(batch);
  return BCCAST_PENDING;
}

std::int32_t World::answer_each(Held& batch) {
  std::vector<Said> said;
  bool whole = true;
  for (std::size_t i = 0; i < batch.items.size(); ++i) {
    const auto roll = prng.below(10);
    const auto status = roll < 4 ? BCCAST_ITEM_DONE : static_cast<std::int32_t>(roll % 5);
    const std::int64_t after = prng.percent(40) ? static_cast<std::int64_t>(prng.below(90'000)) : -1;
    const auto code = bccast_batch_set(batch.batch, i, status,
                                       status == BCCAST_ITEM_DONE ? nullptr : "mailbox_full: x", after);
    require(code == BCCAST_OK, "code", std::string("batch_set gave ") + bccast_code_name(code));
    const auto answer = kAnswerOf[static_cast<std::size_t>(status)];
    const bool waits = answer == Answer::retry && after > 0;
    said.push_back({batch.items[i], answer, waits ? clock.wall_ms() + after : 0, 0});
    if (answer != Answer::retry || after >= 0) whole = false;
    trace("  says " + std::to_string(status));
  }
  whole = whole && is_a_whole(batch);
  for (const auto& one : said) say(one.item, whole ? Answer::whole : one.answer, one.not_before);
  return BCCAST_OK;
}

/// What a handler should not do: it is refused, and changes nothing.
void World::misbehave(bccast_batch* batch) {
  const auto rows = bccast_rows_count(bccast_batch_rows(batch));
  const auto refused = [](std::int32_t code, const char* what) {
    require(code < 0, "R3", std::string(what) + " was not refused");
  };
  refused(bccast_batch_set(batch, rows, BCCAST_ITEM_DONE, nullptr, -1), "an item beyond the batch");
  refused(bccast_batch_set(batch, 0, 17, nullptr, -1), "a status that is none");
  std::uint64_t done = 0;
  std::int64_t next = 0;
  const auto code = bccast_pump(engine_, 0, 0, &done, &next);
  require(code == BCCAST_E_REENTRANT, "R3", "pump within a handler was not refused");
  require(bccast_close(engine_, 0) == BCCAST_E_REENTRANT, "R3", "close within a handler was not refused");
}

/// Until it is known to be stored, a crash may undo it.
void World::say(std::size_t item, Answer answer, std::int64_t not_before) {
  model.items[item].answer = answer;
  if (answer == Answer::not_tried) give_back_token(item);
  said_.push_back({item, answer, not_before, model.items[item].round});
}

void World::settle_said() {
  for (const auto& said : said_) {
    Item& item = model.items[said.item];
    if (item.round != said.round) continue;  // another's report counts
    if (said.answer == Answer::whole) {
      Model::fail_as_a_whole(item);
    } else {
      Model::settle(item, said.answer);
      item.not_before = said.not_before;
      item.clock_steps = clock.steps;
    }
  }
  said_.clear();
}

void World::pump(std::uint32_t max_items, std::uint32_t budget_us) {
  const auto struck = Disk::instance().struck();
  const auto changes = Disk::instance().changes();
  const bool cannot_write = Disk::instance().failing() && Disk::instance().armed() == Fault::write;
  const int batches = batches_;
  const auto began = clock.wall_ms();
  std::uint64_t done = 0;
  std::int64_t next = 0;
  const auto code = bccast_pump(engine_, max_items, budget_us, &done, &next);
  const std::string message = code < 0 ? bccast_error_message() : "";
  trace("pump: " + std::string(bccast_code_name(code)) + " " + std::to_string(done) + " " +
        std::to_string(next));
  if (failed_) throw Failure(*failed_);
  if (crashed_within(nullptr)) return;
  require(!cannot_write || batches == batches_, "R2", "sent what could not be claimed");
  if (code < 0) {
    require(excused(code, struck), "code",
            "pump gave " + std::string(bccast_code_name(code)) + ": " + message);
    return;
  }
  settle_said();
  written_over(changes);
  {
    const CalmDisk still;
    const bool all = code == BCCAST_DONE && clock.steps == 0 && clock.wall_ms() == began;
    check_schedules(*this, model, all);
    learn_pauses(*this, model);
    check_overdue(*this, model, all);
  }
  if (code == BCCAST_OK) {
    require(next == 0 && (max_items != 0 || budget_us != 0), "pump", "stopped by a limit, without a limit");
    return;
  }
  std::int64_t again = 0;
  const CalmDisk calm;
  if (bccast_next(engine_, &again) == BCCAST_OK)
    require(again == next, "next",
            "pump says " + std::to_string(next) + " ms, next says " + std::to_string(again) + " ms");
}

// ---- What the host has claimed, or kept

bool World::claim(const std::string& channel, std::uint32_t most) {
  const auto number = model.channel(channel);
  const auto struck = Disk::instance().struck();
  bccast_batch* batch = nullptr;
  const auto code = bccast_claim(engine_, channel.c_str(), most, &batch);
  const std::string message = code < 0 ? bccast_error_message() : "";
  trace("claim " + channel + " " + std::to_string(most) + ": " + bccast_code_name(code));
  if (taken_) bccast_batch_free(batch);
  if (crashed_within(nullptr) || excused(code, struck)) return false;
  if (!number) {
    require(code == BCCAST_E_NOT_FOUND, "code",
            "claim of no channel gave " + std::string(bccast_code_name(code)));
    return false;
  }
  require(code == BCCAST_OK || code == BCCAST_DONE, "code",
          "claim gave " + std::string(bccast_code_name(code)) + ": " + message);
  require((batch != nullptr) == (code == BCCAST_OK), "code", "claim: a batch and DONE, or OK and none");
  if (batch == nullptr) return false;
  require(!model.channels[Model::at(*number)].paused, "R2", "claimed of a channel that is paused");
  const auto count = bccast_rows_count(bccast_batch_rows(batch));
  held.emplace_back();
  held.back().batch = batch;  // to be freed in any case
  held.back() = take_batch(*number, batch, false);
  require(most == 0 || count <= most, "R2", "more was claimed than asked for");
  return true;
}

}  // namespace sim
