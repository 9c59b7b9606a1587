#include "check.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "table.hpp"

namespace sim {
namespace {

using Answer4 = std::pair<std::int32_t, std::string>;  // what P4 compares

Answer4 of(std::int32_t code, bccast_rows* rows = nullptr) {
  Answer4 answer{code, bccast_error_message()};
  bccast_rows_free(rows);
  return answer;
}

void same(const Answer4& unknown, const Answer4& foreign, const char* what) {
  require(unknown == foreign, "P4",
          std::string(what) + ": unknown gives " + bccast_code_name(unknown.first) + " (" + unknown.second +
              "), foreign " + bccast_code_name(foreign.first) + " (" + foreign.second + ")");
  require(unknown.first == BCCAST_E_NOT_FOUND, "P4", std::string(what) + " was not refused");
}

/// What a client asks for a thread, answered.
std::vector<Answer4> ask(bccast_engine* engine, const char* client, const char* thread) {
  std::vector<Answer4> answers;
  bccast_rows* rows = nullptr;
  auto code = bccast_client_messages(engine, client, thread, 0, 1, 10, &rows);
  answers.push_back(of(code, rows));
  code = bccast_client_members(engine, client, thread, &rows);
  answers.push_back(of(code, rows));
  answers.push_back(of(bccast_client_read(engine, client, thread, 1)));
  answers.push_back(of(bccast_client_reply(engine, client, thread, nullptr, "x", 1, nullptr, nullptr)));
  return answers;
}

std::vector<Answer4> ask_roster(bccast_engine* engine, const char* provider, const char* client) {
  char thread[BCCAST_ID_SIZE];
  std::vector<Answer4> answers;
  answers.push_back(of(bccast_provider_direct(engine, provider, client, thread)));
  answers.push_back(of(bccast_directory_roster_archive(engine, provider, client)));
  answers.push_back(of(bccast_directory_roster_set(engine, provider, client, "chat", "on")));
  return answers;
}

}  // namespace

void check_probes(World& world, const Model& model, Prng& prng) {
  if (model.clients.empty() || model.providers.empty()) return;
  auto it = model.clients.begin();
  std::advance(it, static_cast<std::ptrdiff_t>(prng.below(model.clients.size())));
  const auto& [client, person] = *it;
  for (int i = 0; i < 3 && !model.threads.empty(); ++i) {
    const auto& thread = model.threads[prng.below(model.threads.size())];
    if (thread.id.empty() || model.sees(thread, person)) continue;
    // A direct thread of one's own exists once there is a message.
    std::string made_up;
    for (int h = 0; h < 32; ++h) made_up += "0123456789abcdef"[prng.below(16)];
    const auto unknown = ask(world.engine(), client.c_str(), made_up.c_str());
    auto foreign = ask(world.engine(), client.c_str(), thread.id.c_str());
    if (world.plant(Plant::foreign_is_told_apart)) foreign.back().second += " of another";
    constexpr std::array kVerbs{"messages", "members", "read", "reply"};
    for (std::size_t v = 0; v < kVerbs.size(); ++v) same(unknown[v], foreign[v], kVerbs[v]);
  }
  const auto number = static_cast<ProviderNo>(prng.below(model.providers.size()));
  const auto& provider = model.providers[Model::at(number)];
  if (provider.archived) return;
  const auto unknown = ask_roster(world.engine(), provider.id.c_str(), "nobody");
  for (const auto& [id, other] : model.clients) {
    if (model.entry(number, other) != nullptr) continue;
    const auto foreign = ask_roster(world.engine(), provider.id.c_str(), id.c_str());
    constexpr std::array kVerbs{"direct", "roster_archive", "roster_set"};
    for (std::size_t v = 0; v < kVerbs.size(); ++v) same(unknown[v], foreign[v], kVerbs[v]);
    break;
  }
}

void check_store(World& world) {
  bccast_rows* raw = nullptr;
  const auto code = bccast_operate_verify(world.engine(), &raw);
  require(code == BCCAST_OK, "verify", bccast_error_message());
  const Table rows(raw);
  require(rows.size() == 0 && !world.plant(Plant::unsound_store), "verify",
          rows.size() == 0 ? "" : rows.print(0));
}

void find_unknown(World& world, Model& model) {
  for (auto& blast : model.blasts) {
    if (!blast.id.empty() || blast.state == Blast::State::discarded) continue;
    const auto& provider = model.providers[Model::at(blast.provider)].id;
    bccast_rows* raw = nullptr;
    const auto code = bccast_blast_list(world.engine(), provider.c_str(), "state=draft", nullptr, 1000, &raw);
    require(code == BCCAST_OK, "R1", bccast_error_message());
    const Table rows(raw);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto id = rows.text(i, "blast");
      if (std::ranges::find(model.blasts, id, &Blast::id) == model.blasts.end()) blast.id = id;
    }
    require(!blast.id.empty(), "R1", "a draft is not there");
  }
  for (auto& thread : model.threads) {
    if (thread.kind != Thread::Kind::community || !thread.id.empty()) continue;
    const auto& provider = model.providers[Model::at(thread.provider)].id;
    bccast_rows* raw = nullptr;
    const auto code = bccast_provider_threads(world.engine(), provider.c_str(), nullptr, nullptr, 1000, &raw);
    require(code == BCCAST_OK, "R1", bccast_error_message());
    const Table rows(raw);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto id = rows.text(i, "thread");
      if (rows.text(i, "kind") == "community" &&
          std::ranges::find(model.threads, id, &Thread::id) == model.threads.end())
        thread.id = id;
    }
    require(!thread.id.empty(), "R1", "a community is not there");
  }
}

namespace {

void check_drafts(World& world, const Model& model) {
  for (std::size_t p = 0; p < model.providers.size(); ++p) {
    std::set<std::string> expected;
    for (const auto& blast : model.blasts)
      if (blast.provider == static_cast<ProviderNo>(p) && blast.state != Blast::State::discarded)
        expected.insert(blast.id + (blast.state == Blast::State::draft       ? " draft"
                                    : blast.state == Blast::State::scheduled ? " scheduled"
                                    : blast.state == Blast::State::recalled  ? " recalled"
                                                                             : " sent"));
    bccast_rows* raw = nullptr;
    const auto code =
        bccast_blast_list(world.engine(), model.providers[p].id.c_str(), nullptr, nullptr, 1000, &raw);
    require(code == BCCAST_OK, "R1", bccast_error_message());
    const Table rows(raw);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto state = rows.text(i, "state");
      const auto it =
          rows.text(i, "blast") +
          (state == "draft" || state == "scheduled" || state == "recalled" ? " " + state : " sent");
      require(expected.erase(it) == 1, "R1", "a blast that should not be there: " + it);
    }
    require(expected.empty(), "R1", "a blast is not there: " + (expected.empty() ? "" : *expected.begin()));
  }
  for (const auto& blast : model.blasts) {
    if (blast.state != Blast::State::draft && blast.state != Blast::State::scheduled) continue;
    bccast_rows* raw = nullptr;
    const auto code = bccast_blast_preview(
        world.engine(), model.providers[Model::at(blast.provider)].id.c_str(), blast.id.c_str(), &raw);
    require(code == BCCAST_OK, "R1", bccast_error_message());
    const Table rows(raw);
    const auto expected = static_cast<std::int64_t>(model.audience(blast).size());
    require(rows.number(0, "recipients") == expected, "R1",
            "a draft would go to " + std::to_string(rows.number(0, "recipients")) + ", not " +
                std::to_string(expected));
  }
}

}  // namespace

void check_all(World& world, Model& model) {
  check_schedules(world, model, false);
  check_directory(world, model);
  check_drafts(world, model);
  check_overdue(world, model, false);
  for (std::size_t i = 0; i < model.blasts.size(); ++i) check_blast(world, model, static_cast<BlastNo>(i));
  for (std::size_t i = 0; i < model.people.size(); ++i)
    if (!model.people[i].erased) check_client(world, model, static_cast<PersonNo>(i));
  for (std::size_t i = 0; i < model.providers.size(); ++i)
    check_provider(world, model, static_cast<ProviderNo>(i));
}

void check_some(World& world, Prng& prng) {
  Model& model = world.model;
  check_schedules(world, model, false);
  // The newest blasts change most.
  const auto count = model.blasts.size();
  for (std::size_t i = 0; i < std::min<std::size_t>(count, 3); ++i)
    check_blast(world, model, static_cast<BlastNo>(i < 2 ? count - 1 - i : prng.below(count)));
  for (int i = 0; i < 2 && !model.clients.empty(); ++i) {
    auto it = model.clients.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(prng.below(model.clients.size())));
    check_client(world, model, it->second);
  }
  if (!model.providers.empty() && prng.percent(25))
    check_provider(world, model, static_cast<ProviderNo>(prng.below(model.providers.size())));
  if (prng.percent(10)) check_drafts(world, model);
  if (prng.percent(20)) check_overdue(world, model, false);
  if (prng.percent(10)) check_directory(world, model);
}

}  // namespace sim
