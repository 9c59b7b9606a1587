// A blast's recipients, and what became of each of them on each channel.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "check.hpp"
#include "table.hpp"

namespace sim {
namespace {

using Answer = Item::Answer;

constexpr int kMostTries = 8;

bool is_open(const std::string& state) {
  return state == "pending" || state == "in_flight" || state == "retry";
}

struct Counts {
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::int64_t skipped = 0;
  std::int64_t pending = 0;
  void add(const std::string& state) {
    ++(state == "done" ? done : state == "failed" ? failed : state == "skipped" ? skipped : pending);
  }
  bool operator==(const Counts&) const = default;
  std::string print() const {
    return std::to_string(done) + " done, " + std::to_string(failed) + " failed, " + std::to_string(skipped) +
           " skipped, " + std::to_string(pending) + " pending";
  }
};

const char* ended_as(Answer answer) {
  return answer == Answer::done ? "done" : answer == Answer::failed ? "failed" : "skipped";
}

/// Whether an item may be in this state.
/// `told_for`: another was told who had an address in common with it.
void check_state(const Item& item, const std::string& state, const std::string& reason, bool told_for,
                 const std::string& what) {
  if (item.alike) return;
  if (state == "done")
    require(item.given || item.uncertain, "R2", what + " is done, and was given to nobody");
  if (item.ended() && !item.dropped) {
    const bool tried_out = item.answer == Answer::failed && state == "failed";
    require(state == ended_as(item.answer) || tried_out, "R2",
            what + " is " + state + ", and was reported " + ended_as(item.answer));
    return;
  }
  if (item.dropped || is_open(state)) return;
  const bool unsure = item.given && (!item.stored || item.uncertain || item.unclear);
  if (state == "skipped" && reason == "same_address") {
    require(told_for, "P12", what + " is left out, and nobody was told at its address");
  } else if (state == "skipped") {
    require(item.may_skip || (unsure && item.answer == Answer::skipped), "R2",
            what + " is left out for no reason");
  } else if (state == "failed") {
    require(item.tries >= kMostTries || (unsure && item.answer == Answer::failed), "R2",
            what + " is failed, and nobody said so");
  } else {
    require(unsure && item.answer == Answer::done, "R2", what + " is done, and nobody said so");
  }
}

bool another_was_told(const Model& model, const Blast& blast, const Item& item) {
  return std::ranges::any_of(blast.threads, [&](const auto& own) {
    const auto found = model.items_of.find(own.second);
    return own.first != item.person && found != model.items_of.end() &&
           std::ranges::any_of(found->second, [&](std::size_t i) {
             const Item& other = model.items[i];
             return other.seq == 1 && other.channel == item.channel && !other.to_provider &&
                    (other.given || other.alike) && model.share_address(item, other);
           });
  });
}

Table call_rows(std::int32_t code, bccast_rows* rows, const char* what) {
  require(code == BCCAST_OK, "R1", std::string(what) + ": " + bccast_error_message());
  return Table(rows);
}

std::map<std::string, Counts> check_recipients(World& world, Model& model, Blast& blast, Counts& people) {
  const auto& provider = model.providers[Model::at(blast.provider)].id;
  std::map<std::string, Counts> counts;
  std::map<std::pair<std::string, std::string>, int> rows_of;
  std::map<std::string, std::vector<std::string>> states;  // by thread, which the erased have too
  std::map<std::string, ThreadNo> by_id;
  for (const auto& [person, thread] : blast.threads) by_id[model.threads[Model::at(thread)].id] = thread;
  std::size_t nameless = 0;
  std::string cursor;
  do {
    bccast_rows* raw = nullptr;
    const auto code = bccast_blast_recipients(world.engine(), provider.c_str(), blast.id.c_str(), nullptr,
                                              cursor.empty() ? nullptr : cursor.c_str(), 1000, &raw);
    const Table rows = call_rows(code, raw, "recipients");
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto client = rows.text(i, "client");
      const auto channel = rows.text(i, "channel");
      const auto state = rows.text(i, "state");
      const auto thread_id = rows.text(i, "thread");
      if (!channel.empty()) counts[channel].add(state);
      states[thread_id].push_back(channel.empty() ? "done" : state);
      if (client.empty()) {
        ++nameless;
        continue;
      }
      if (i == 0 && world.plant(Plant::lost_recipient)) continue;
      const auto who = model.person(client);
      require(who && blast.recipients.contains(*who), "R1", client + " has a blast that it should not have");
      require(++rows_of[{client, channel}] == 1, "R1", client + " has a blast twice");
      Thread& thread = model.threads[Model::at(blast.threads.at(*who))];
      if (thread.id.empty()) thread.id = thread_id;
      require(thread.id == thread_id, "R1", client + " has a blast in another thread than before");
      for (const auto item : model.items_of[blast.threads.at(*who)]) {
        const Item& it = model.items[item];
        if (it.seq != 1 || model.channels[Model::at(it.channel)].name != channel) continue;
        const auto reason = rows.text(i, "reason");
        const bool told_for = reason == "same_address" && another_was_told(model, blast, it) &&
                              !world.plant(Plant::left_out_for_nobody);
        check_state(
            it, state, reason, told_for,
            "the blast " + blast.id.substr(0, 8) + " for " + client + " on " + channel + " (" + reason + ")");
      }
    }
    cursor = rows.next();
  } while (!cursor.empty());
  const auto each = std::max<std::size_t>(blast.channels.size(), 1);
  std::size_t living = 0;
  for (const auto person : blast.recipients) living += model.people[Model::at(person)].erased ? 0U : 1U;
  require(rows_of.size() == living * each, "R1",
          std::to_string(rows_of.size()) + " rows of recipients, not " + std::to_string(living * each));
  require(nameless == (blast.recipients.size() - living) * each, "R1",
          "another number of recipients were erased");
  for (const auto& one : states) {
    const auto& all = one.second;  // a structured binding cannot be captured
    const auto is = [&all](const char* state) { return std::ranges::find(all, state) != all.end(); };
    people.add(std::ranges::any_of(all, is_open) ? "pending"
               : is("failed")                    ? "failed"
               : is("done")                      ? "done"
                                                 : "skipped");
  }
  return counts;
}

}  // namespace

void check_blast(World& world, Model& model, BlastNo number) {
  Blast& blast = model.blasts[Model::at(number)];
  if (!blast.sent()) return;
  const auto& provider = model.providers[Model::at(blast.provider)].id;
  Counts people;
  const auto counts = check_recipients(world, model, blast, people);
  bccast_rows* raw = nullptr;
  const auto code = bccast_blast_status(world.engine(), provider.c_str(), blast.id.c_str(), &raw);
  const Table rows = call_rows(code, raw, "status");
  const std::string what = "the blast " + blast.id.substr(0, 8);
  require(rows.size() == blast.channels.size() + 1, "R5", what + ": another number of channels");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto channel = rows.text(i, "channel");
    const Counts said{rows.number(i, "done"), rows.number(i, "failed"), rows.number(i, "skipped"),
                      rows.number(i, "pending")};
    require(rows.number(i, "recipients") == static_cast<std::int64_t>(blast.recipients.size()), "R5",
            what + ": another number of recipients");
    require(said.done + said.failed + said.skipped + said.pending == rows.number(i, "recipients"), "R5",
            what + " on '" + channel + "' does not add up: " + said.print());
    const bool last = channel.empty();
    require(last == (i + 1 == rows.size()), "R5", what + ": the people do not come last");
    const auto found = counts.find(channel);
    const Counts& seen = last ? people : found == counts.end() ? Counts{} : found->second;
    require(
        said == seen, "R5",
        what + " on '" + channel + "': the sums say " + said.print() + ", the recipients " + seen.print());
    auto state = rows.text(i, "state");
    if (said.pending > 0 && world.plant(Plant::finished_early)) state = "finished";
    const bool recalled = last && blast.state == Blast::State::recalled;
    if (last && blast.state == Blast::State::paused) {
      // What was in flight may have been the last of it.
      require(state == (said.pending == 0 ? "finished" : "paused"), "R5",
              what + " was paused, and is " + state);
      if (said.pending == 0) blast.state = Blast::State::sent;
    }
    if (recalled) require(state == "recalled", "R5", what + " was recalled, and is " + state);
    require(
        recalled || (state == "finished") == (said.pending == 0), "R5",
        what + " on '" + channel + "' is " + state + " with " + std::to_string(said.pending) + " pending");
    if (!last) continue;
    require(!blast.finished || said.pending == 0, "R5", what + " was finished, and is no more");
    blast.finished = said.pending == 0;
    if (recalled) continue;  // read is what a recall has made so, too
    std::int64_t opened = 0;
    std::int64_t replied = 0;
    for (const auto& [who, thread] : blast.threads) {
      const PersonNo person = who;
      const Thread& it = model.threads[Model::at(thread)];
      if (it.client_read > 0) ++opened;
      if (std::ranges::any_of(it.messages, [&](const Message& m) { return m.author == person; })) ++replied;
    }
    require(
        rows.number(i, "opened") == opened, "R1",
        what + ": " + std::to_string(rows.number(i, "opened")) + " opened, not " + std::to_string(opened));
    require(
        rows.number(i, "replied") == replied, "R1",
        what + ": " + std::to_string(rows.number(i, "replied")) + " replied, not " + std::to_string(replied));
  }
  bccast_rows* one = nullptr;
  const auto got = bccast_blast_get(world.engine(), provider.c_str(), blast.id.c_str(), &one);
  const Table row = call_rows(got, one, "blast_get");
  const auto sent_at = row.number(0, "sent_at_ms");
  if (blast.sent_at == kUnknown) {
    blast.sent_at = sent_at;
    if (blast.due == kUnknown) blast.due = sent_at + blast.deadline_ms;
    // What waits for its turn, or the end of quiet hours, gets a later one.
    const bool later = std::ranges::any_of(
        model.channels, [](const Channel& way) { return way.pace.rate > 0 || way.pace.quiet.has_value(); });
    const auto deadline = row.number(0, "deadline_at_ms");
    require(deadline == blast.due || (later && deadline > blast.due), "R5", what + " has another deadline");
    for (const auto& [person, thread] : blast.threads)
      model.threads[Model::at(thread)].messages[0].at = sent_at;
  }
  require(sent_at == blast.sent_at, "R1", what + " was sent at another time than before");
  require(row.text(0, "text") == (blast.purged ? "" : *blast.text), "R1", what + " has another text");
}

}  // namespace sim
