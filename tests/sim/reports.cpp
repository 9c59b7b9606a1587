// Reports of batches that were claimed, or kept, and what R3 promises of them.
#include <algorithm>

#include "check.hpp"
#include "world.hpp"

namespace sim {
namespace {

using Answer = Item::Answer;

}  // namespace

/// Of a batch of which all is to be tried again, and nobody says when, the library makes a whole that failed:
/// as after a failure, whoever had it before may still report it. Of one item alone only where its channel
/// fails.
bool World::is_a_whole(const Held& batch) const {
  const CalmDisk calm;
  return batch.items.size() > 1 ||
         failing_channels(engine_).contains(model.channels[Model::at(batch.channel)].name);
}

/// What was not tried takes nothing of the rate. A crash may come before it is known to be stored.
void World::give_back_token(std::size_t item) {
  model.channels[Model::at(model.items[item].channel)].pace.give_back();
}

void World::complete(std::size_t index, std::size_t n, const std::vector<std::int32_t>* statuses) {
  Held& it = held[index];
  const auto left = it.items.size() - it.reported;
  const auto count = n == 0 ? left : std::min(n, left);
  bool closed = false;
  bool unclear = it.retracts;
  // Whoever took an item over may have left it out.
  const auto may_be_gone = [&](const Item& item) {
    return item.unclear || item.may_be_left_out() || it.number <= item.failed_alone_in;
  };
  // A handler said something of it, and whether that is stored is not known.
  const auto said_by_another = [&](const Item& item) {
    return item.batch != it.number && item.answer != Answer::none && !item.stored && !item.unclear;
  };
  for (auto i = it.reported; i < it.reported + count; ++i) {
    const Item& item = model.items[it.items[i]];
    if (item.dropped || ((said_by_another(item) || may_be_gone(item)) && item.round == it.rounds[i])) {
      unclear = true;
    } else if (!item.open || item.round != it.rounds[i]) {
      closed = true;
    }
  }
  const auto answer_of = [&](std::size_t i) {
    if (statuses != nullptr) return kAnswerOf[static_cast<std::size_t>((*statuses)[i - it.reported])];
    return it.set.contains(i) ? it.set.at(i) : Answer::done;
  };
  bool whole = it.reported == 0 && count == it.items.size();
  for (auto i = it.reported; i < it.reported + count; ++i) {
    if (answer_of(i) != Answer::retry || model.items[it.items[i]].batch != it.number) whole = false;
    if (answer_of(i) == Answer::not_tried) give_back_token(it.items[i]);
  }
  whole = whole && is_a_whole(it);
  const auto struck = Disk::instance().struck();
  const auto changes = Disk::instance().changes();
  auto code = bccast_batch_complete(it.batch, n, statuses != nullptr ? statuses->data() : nullptr);
  const std::string message = code < 0 ? bccast_error_message() : "";
  trace("complete " + std::to_string(count) + "/" + std::to_string(left) + ": " + bccast_code_name(code));
  if (statuses != nullptr)
    for (auto i = it.reported; i < it.reported + count; ++i) it.set[i] = answer_of(i);
  const auto counts = [&](std::size_t i) {
    const Item& item = model.items[it.items[i]];
    return item.round == it.rounds[i] && (item.open || item.unclear);
  };
  if (excused(code, struck) || taken_) {
    std::vector<std::pair<std::size_t, Answer>> said;
    for (auto i = it.reported; i < it.reported + count; ++i)
      if (counts(i)) said.emplace_back(it.items[i], answer_of(i));
    const auto effect = [said](Model& to) {
      for (const auto& [item, answer] : said) {
        to.items[item].answer = answer;
        to.items[item].uncertain = true;
      }
    };
    if (!crashed_within(effect)) maybe_.push_back({effect, std::nullopt});
    return;
  }
  if (code == BCCAST_E_CONFLICT && plant(Plant::stale_report_counts)) code = BCCAST_OK;
  if (code == BCCAST_E_CONFLICT) ++tally_.conflicts;
  if (closed && code == BCCAST_OK) throw Failure("R3", "a second report was taken");
  if (!closed && !unclear && code == BCCAST_E_CONFLICT) throw Failure("R3", "the first report was not taken");
  require(code == BCCAST_OK || code == BCCAST_E_CONFLICT, "code",
          "complete gave " + std::string(bccast_code_name(code)) + ": " + message);
  for (auto i = it.reported; i < it.reported + count; ++i) {
    if (!counts(i)) continue;
    Item& item = model.items[it.items[i]];
    if (code != BCCAST_OK && said_by_another(item)) continue;
    if (may_be_gone(item) && code != BCCAST_OK) {
      item.answer = answer_of(i);
      item.uncertain = item.unclear = true;
      continue;
    }
    if (whole) {
      Model::fail_as_a_whole(item);
      continue;
    }
    Model::settle(item, answer_of(i));
    item.not_before = 0;
  }
  it.reported += count;
  it.ended = it.reported == it.items.size();
  written_over(changes);
  const CalmDisk calm;
  learn_pauses(*this, model);
}

void World::free_batch(std::size_t index) {
  const Held it = held[index];
  held.erase(held.begin() + static_cast<std::ptrdiff_t>(index));
  for (auto i = it.reported; i < it.items.size(); ++i) give_back_token(it.items[i]);
  bccast_batch_free(it.batch);
  trace("free");
  for (auto i = it.reported; i < it.items.size(); ++i) {
    Item& item = model.items[it.items[i]];
    if (item.round != it.rounds[i] || item.batch != it.number || item.stored || item.uncertain) continue;
    item.answer = Answer::not_tried;
    item.unclear = true;
  }
  crashed_within(nullptr);
}

}  // namespace sim
