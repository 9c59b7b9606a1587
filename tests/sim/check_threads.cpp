// What clients and providers see.
#include <algorithm>
#include <map>
#include <utility>

#include "check.hpp"
#include "table.hpp"

namespace sim {
namespace {

Table list_threads(bccast_engine* engine, const std::string& client, const std::string& cursor) {
  bccast_rows* rows = nullptr;
  const auto code = bccast_client_threads(engine, client.c_str(), nullptr,
                                          cursor.empty() ? nullptr : cursor.c_str(), 5, &rows);
  require(code == BCCAST_OK, "R1", client + " cannot list its threads: " + bccast_error_message());
  return Table(rows);
}

Table list_messages(bccast_engine* engine, bool as_client, const std::string& who,
                    const std::string& thread) {
  bccast_rows* rows = nullptr;
  const auto code = (as_client ? bccast_client_messages : bccast_provider_messages)(
      engine, who.c_str(), thread.c_str(), 0, 1, 1000, &rows);
  require(code == BCCAST_OK, "R1", who + " cannot read in its thread: " + bccast_error_message());
  return Table(rows);
}

bool is_id(const std::string& id) {
  return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// The time of a message, learnt when it is seen first.
void check_time(Message& message, std::int64_t at_ms, bool exact, const std::string& what) {
  if (message.at == kUnknown) message.at = at_ms;
  require(exact ? message.at / 1000 == at_ms / 1000 : message.at / 1000 * 1000 == at_ms, "R1",
          what + ": a message with another time");
}

void check_messages(World& world, Model& model, ThreadNo number, PersonNo person) {
  Thread& thread = model.threads[Model::at(number)];
  const bool as_client = person != -1;
  const auto& provider = model.providers[Model::at(thread.provider)].id;
  const std::string who = as_client ? model.people[Model::at(person)].id : provider;
  const Table rows = list_messages(world.engine(), as_client, who, thread.id);
  const int first = as_client ? model.first_seen(thread, person) : 1;
  const std::string what = who + " in thread " + thread.id.substr(0, 8);
  const auto expected = thread.messages.size() - Model::at(first - 1);
  require(rows.size() == expected, "R1",
          what + ": " + std::to_string(rows.size()) + " messages, not " + std::to_string(expected));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Message& message = thread.messages[Model::at(first - 1) + i];
    require(rows.number(i, "seq") == first + static_cast<int>(i), "P11",
            what + ": a message with another number");
    const bool no_text = message.recalled && (as_client || model.blasts[Model::at(thread.blast)].purged);
    require(rows.text(i, "text") == (no_text ? "" : message.text), "R1", what + ": another text");
    require((rows.number(i, "removed") != 0) == (message.removed || message.recalled), "R1",
            what + ": removed or not");
    check_time(message, rows.number(i, "at_ms"), !as_client, what);
    const auto author = rows.text(i, "author");
    if (message.removed) {
      require(author.empty(), "R1", what + ": an author who was erased");
    } else if (message.author == -1) {
      require(author == provider, "R1", what + ": not the provider's message");
    } else if (!as_client || message.author == person) {
      require(author == model.people[Model::at(message.author)].id, "R1", what + ": another's message");
    } else {
      require(is_id(author), "R1", what + ": a member's id that is none");
    }
  }
}

}  // namespace

void check_client(World& world, Model& model, PersonNo person) {
  const auto id = model.people[Model::at(person)].id;
  settle_fates(world, model, person);
  const auto expected = model.inbox(person);
  std::map<std::string, ThreadNo> left;
  for (const auto thread : expected) left[model.threads[Model::at(thread)].id] = thread;
  std::int64_t newest = INT64_MAX;
  std::int64_t unread_threads = 0;
  std::int64_t unread_messages = 0;
  std::vector<std::string> seen;
  Table rows;
  std::string cursor;
  do {
    std::string shape;
    rows = list_threads(world.engine(), id, cursor);
    const Table again = list_threads(world.engine(), id, cursor);
    require(rows.size() == again.size(), "P5", id + ": another number of threads at a second look");
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto thread_id = rows.text(i, "thread");
      if (world.plant(Plant::foreign_thread)) thread_id.front() = thread_id.front() == '0' ? '1' : '0';
      const auto found = left.find(thread_id);
      require(found != left.end(), "R1", id + " sees a thread that is not its own, or twice: " + thread_id);
      const auto number = found->second;
      left.erase(found);
      const Thread& thread = model.threads[Model::at(number)];
      const std::string what = id + "'s thread " + thread_id.substr(0, 8);
      const auto& provider = model.providers[Model::at(thread.provider)];
      const bool community = thread.kind == Thread::Kind::community;
      require(is_id(thread_id), "P11", what + ": an id of another shape");
      require(rows.text(i, "kind") == (community ? "community" : "private"), "P11", what + ": kind");
      require(rows.text(i, "title") == thread.title, "P11", what + ": title");
      require(rows.text(i, "provider") == provider.id && rows.text(i, "provider_name") == provider.name, "R1",
              what + ": provider");
      const auto unread = rows.number(i, "unread");
      require(unread == model.unread(thread, person), "R1",
              what + ": " + std::to_string(unread) + " unread, not " +
                  std::to_string(model.unread(thread, person)));
      unread_threads += unread > 0 ? 1 : 0;
      unread_messages += unread;
      require((rows.number(i, "closed") != 0) == model.closed(thread), "R1", what + ": closed or not");
      const auto at_ms = rows.number(i, "last_at_ms");
      require(at_ms % 1000 == 0 && at_ms <= newest, "P11",
              what + ": its time is out of order, or finer than a second");
      newest = at_ms;
      const Message& last = thread.messages.back();
      require(rows.text(i, "last_text") == (last.recalled ? "" : last.text), "R1",
              what + ": another last text");
      auto second = again.print(i);
      if (thread.kind == Thread::Kind::blast && world.plant(Plant::touched_looks_different))
        second += "touched=1";
      require(rows.print(i) == second, "P5", what + " looks different at a second look");
      seen.push_back(thread_id);
      check_messages(world, model, number, person);
      if (thread.kind == Thread::Kind::blast && world.plant(Plant::blast_looks_different))
        shape = "origin:1 ";
    }
    shape += rows.shape();
    require(shape == again.shape(), "P11", id + ": lists of another shape");
    cursor = rows.next();
  } while (!cursor.empty());
  require(left.empty(), "R1",
          id + " does not see a thread of its own: " + (left.empty() ? "" : left.begin()->first));
  std::int64_t threads = 0;
  std::int64_t messages = 0;
  const auto code = bccast_client_unread(world.engine(), id.c_str(), &threads, &messages);
  require(code == BCCAST_OK && threads == unread_threads && messages == unread_messages, "R1",
          id + ": its sum of what is unread is another");
}

void check_provider(World& world, Model& model, ProviderNo number) {
  const Provider& provider = model.providers[Model::at(number)];
  std::map<std::string, ThreadNo> left;
  std::int64_t unread_threads = 0;
  std::int64_t unread_messages = 0;
  for (std::size_t t = 0; t < model.threads.size(); ++t) {
    const Thread& thread = model.threads[t];
    if (thread.provider != number) continue;
    const std::size_t own = thread.kind == Thread::Kind::blast ? 1 : 0;
    if (thread.messages.size() > own || thread.kind == Thread::Kind::community)
      left[thread.id] = static_cast<ThreadNo>(t);
    const int unread = model.provider_unread(thread);
    unread_threads += unread > 0 ? 1 : 0;
    unread_messages += unread;
  }
  std::string cursor;
  do {
    bccast_rows* raw = nullptr;
    const auto code = bccast_provider_threads(world.engine(), provider.id.c_str(), nullptr,
                                              cursor.empty() ? nullptr : cursor.c_str(), 20, &raw);
    require(code == BCCAST_OK, "R1", provider.id + " cannot list its threads: " + bccast_error_message());
    const Table rows(raw);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto found = left.find(rows.text(i, "thread"));
      require(found != left.end(), "R1", provider.id + " sees a thread that it should not, or twice");
      const Thread& thread = model.threads[Model::at(found->second)];
      require(rows.number(i, "unread") == model.provider_unread(thread), "R1",
              provider.id + " in thread " + thread.id.substr(0, 8) + ": another number of unread messages");
      const auto client = rows.text(i, "client");
      const bool nobody = thread.person == -1 || model.people[Model::at(thread.person)].erased;
      require(client == (nobody ? "" : model.people[Model::at(thread.person)].id), "R1",
              provider.id + " in thread " + thread.id.substr(0, 8) + ": another client");
      check_messages(world, model, found->second, -1);
      left.erase(found);
    }
    cursor = rows.next();
  } while (!cursor.empty());
  require(left.empty(), "R1",
          provider.id + " does not see a thread of its own: " + (left.empty() ? "" : left.begin()->first));
  std::int64_t threads = 0;
  std::int64_t messages = 0;
  const auto code = bccast_provider_unread(world.engine(), provider.id.c_str(), &threads, &messages);
  require(code == BCCAST_OK && threads == unread_threads && messages == unread_messages, "R1",
          provider.id + ": its sum of what is unread is another");
  std::int64_t active = 0;
  std::int64_t archived = 0;
  std::int64_t expected = 0;
  for (const auto& [person, entry] : provider.roster) expected += model.active(number, person) ? 1 : 0;
  require(bccast_provider_roster_count(world.engine(), provider.id.c_str(), &active, &archived) == BCCAST_OK,
          "R1", "roster_count");
  require(active == expected && active + archived == static_cast<std::int64_t>(provider.roster.size()), "R1",
          provider.id + ": another number of active and archived clients");
}

}  // namespace sim
