// Damage that the store itself reports: where its transaction goes on, others still get theirs, as with
// SQLite; where the transaction has ended with it, nothing more is read or written in it.
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../support/temporary_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "code_of.hpp"
#include "core/channels.hpp"
#include "core/directory.hpp"
#include "core/drafting.hpp"
#include "core/sending.hpp"
#include "core/work.hpp"
#include "hooked_store.hpp"
#include "model/retry.hpp"
#include "still_clock.hpp"

namespace {

using namespace bccast;

/// As on a server: what it reports has ended the transaction.
class EndingTables final : public HookedTables {
 public:
  using HookedTables::HookedTables;
  bool goes_on_after(const Error& error) const noexcept override { return error.native() == 0; }
};

/// Two clients and a blast to both; from damage() on the store reports damage at each call of one port, and
/// notes what is called after it.
template <typename TablesOf>
struct World {
  World() {
    channels.put("email", "notify");
    directory.provider_put("lee", "Dr. Lee");
    for (const char* client : {"ann", "bob"}) {
      directory.client_put(client, client, std::string(client) + "@example.org");
      directory.roster_add("lee", client);
    }
    blast = drafting.create("lee", {}).blast;
    drafting.act_all("lee", blast, Drafting::Act::select);
    drafting.write("lee", blast, "text");
  }
  void damage(const char* port, std::int32_t native) {
    damaged = port;
    number = native;
  }
  void call(const PortCall& call) {
    if (met) ++calls_after;
    if (call.name != damaged) return;
    met = true;
    throw Error(Code::corrupt, "a page is damaged", number);
  }
  std::unique_ptr<Assignment> claimed() {
    auto next = work.advance(bccast::verb::pump, 1, nullptr, 10).next;
    REQUIRE(next);
    work.load(*next);
    return next;
  }
  void report(Assignment& batch, const ItemOutcome& outcome) {
    for (std::size_t i = 0; i < batch.batch.size(); ++i) batch.batch.set(i, outcome);
    Report report;
    report.assignment = &batch;
    work.advance(bccast::verb::pump, 1, &report, 0);
  }

  std::string_view damaged;
  std::int32_t number = 0;
  bool met = false;
  int calls_after = 0;
  std::string blast;
  test::TemporaryFolder folder;
  test::StillClock clock;
  test::BasicHookedStore<TablesOf> store{std::make_unique<sqlite::SqliteStore>(folder.file()),
                                         [this](const PortCall& one) { call(one); }};
  Context context{store, clock};
  Directory directory{context};
  Drafting drafting{context};
  Sending sending{context};
  Channels channels{context};
  Work work{context};
};

constexpr std::int32_t kFoundByStore = 11;
constexpr std::int32_t kFoundBySum = 0;

using Outcome = std::pair<std::optional<Code>, bool>;

/// Reports both as failed while `port` is damaged. The code that is thrown, if one is, and whether anything
/// was called after the damage.
template <typename TablesOf>
Outcome report_past(const char* port, std::int32_t native) {
  World<TablesOf> world;
  world.sending.send("lee", world.blast, {});
  const auto batch = world.claimed();
  REQUIRE(batch->batch.size() == 2);
  world.damage(port, native);
  const auto code = test::code_of([&] {
    world.report(*batch, {ItemStatus::failed, "bounced: no such box", -1});
  });
  CHECK(world.met);
  return {code, world.calls_after > 0};
}

}  // namespace

TEST_CASE("A report goes on past damage, unless the store's transaction has ended with it") {
  // Whether a reason may keep its detail; the batch's own claim.
  for (const char* port : {"roster_slice", "claim"}) {
    CAPTURE(port);
    CHECK(report_past<HookedTables>(port, kFoundBySum) == Outcome{std::nullopt, true});
    CHECK(report_past<HookedTables>(port, kFoundByStore) == Outcome{std::nullopt, true});
    CHECK(report_past<EndingTables>(port, kFoundBySum) == Outcome{std::nullopt, true});
    CHECK(report_past<EndingTables>(port, kFoundByStore) == Outcome{Code::corrupt, false});
  }
}
