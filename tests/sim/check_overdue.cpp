// What is late is said to be late, and nothing else.
#include <map>
#include <string>

#include "check.hpp"
#include "table.hpp"

namespace sim {
namespace {

constexpr const char* kCheck = "overdue";

struct Late {
  std::int64_t deadline = 0;
  std::int64_t pending = 0;
  std::int64_t deferred = 0;
};

/// By blast, from all pages.
std::map<std::string, Late> listed(World& world) {
  std::map<std::string, Late> them;
  std::int64_t latest = INT64_MIN;
  std::string cursor;
  do {
    bccast_rows* raw = nullptr;
    const auto code =
        bccast_operate_overdue(world.engine(), nullptr, cursor.empty() ? nullptr : cursor.c_str(), 3, &raw);
    require(code == BCCAST_OK, kCheck, bccast_error_message());
    const Table rows(raw);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Late late{rows.number(i, "deadline_ms"), rows.number(i, "pending"), rows.number(i, "deferred")};
      require(late.deadline >= latest, kCheck, "the list is out of order");
      latest = late.deadline;
      require(them.emplace(rows.text(i, "blast"), late).second, kCheck, "a blast is listed twice");
      require(!rows.text(i, "why").empty(), kCheck, "it is not said why");
    }
    cursor = rows.next();
  } while (!cursor.empty());
  return them;
}

/// Of a schedule: nobody carried it out in time.
bool waits_too_long(const World& world, const Blast& blast) {
  return blast.state == Blast::State::scheduled && blast.due < world.clock.wall_ms();
}

}  // namespace

void check_overdue(World& world, Model& model, bool all) {
  auto them = listed(world);
  for (auto& blast : model.blasts) {
    const std::string what = "the blast " + blast.id.substr(0, 8);
    const auto found = them.find(blast.id);
    bool is = found != them.end() && !(world.plant(Plant::overdue_not_listed));
    if (blast.state == Blast::State::scheduled) {
      require(is == waits_too_long(world, blast), kCheck, what + " is scheduled, and late, or is not");
    } else if (blast.sent()) {
      bccast_rows* raw = nullptr;
      const auto code = bccast_blast_status(
          world.engine(), model.providers[Model::at(blast.provider)].id.c_str(), blast.id.c_str(), &raw);
      require(code == BCCAST_OK, kCheck, bccast_error_message());
      const Table rows(raw);
      Late sum;
      for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
        sum.pending += rows.number(i, "pending");
        sum.deferred += rows.number(i, "deferred");
        require(rows.number(i, "deferred") <= rows.number(i, "pending"), kCheck,
                what + ": more waits than is pending");
      }
      const auto last = rows.size() - 1;
      sum.deadline = rows.number(last, "deadline_ms");
      const bool past = sum.deadline < world.clock.wall_ms();
      const bool late = blast.state != Blast::State::recalled && past && sum.pending > sum.deferred;
      require(is == late, kCheck, what + (late ? " is late, and not listed" : " is listed, and not late"));
      require((rows.number(last, "overdue") != 0) == late, kCheck, what + ": its status says something else");
      if (is)
        require(found->second.deadline == sum.deadline && found->second.pending == sum.pending &&
                    found->second.deferred == sum.deferred,
                kCheck, what + ": the list says something else than its status");
    } else {
      require(!is, kCheck, what + " was not sent, and is listed");
      continue;
    }
    if (is && all) blast.late = true;
    if (found != them.end()) them.erase(found);
  }
  require(them.empty(), kCheck, "a blast is listed that is not there");
}

}  // namespace sim
